"""Inference: noisy images in, clean ones out."""
