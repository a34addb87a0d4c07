"""Evaluation: how good an estimate is."""
