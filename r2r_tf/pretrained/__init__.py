"""Shipped weights: one folder each, with model.keras, model.json and a card."""

import json
import pathlib

_HERE = pathlib.Path(__file__).parent
# channels that are denoised together -> what `denoise` takes when no model is given; what for colour images whose noise is a
# camera's, soft ones and sharp ones, for noise that is smooth, and for counting noise where it is better on the image itself
DEFAULTS = {1: "unet-awgn-gray", 3: "unet-awgn-rgb"}
CAMERA, SHARP_CAMERA, SMOOTH, MICROSCOPE = "camera", "camera-sharp", "unet-smooth-gray", "microscope"
# for smooth noise that those do not take away, filtered until it is nearly white
FILTERED = "unet-awgn-distilled"
# channels of the images -> what a training starts from
STARTS = DEFAULTS


def names():
    """The names that `load_pretrained` knows."""
    return sorted(path.parent.name for path in _HERE.glob("*/model.keras"))


def directory(name):
    """The folder of a shipped model."""
    return _HERE / name


def name_of(sha256):
    """The name of the shipped weights whose file has this SHA-256, None for others."""
    found = (name for name in names() if json.loads((directory(name) / "model.json").read_text())["sha256"] == sha256)
    return next(found, None)
