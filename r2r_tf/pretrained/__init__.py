"""Shipped weights: one folder each, with model.keras, model.json and a card."""

import pathlib

_HERE = pathlib.Path(__file__).parent


def names():
    """The names that `load_pretrained` knows."""
    return sorted(path.parent.name for path in _HERE.glob("*/model.keras"))


def directory(name):
    """The folder of a shipped model."""
    return _HERE / name
