"""Shipped weights: one folder each, with model.keras, model.json and a card."""

import pathlib

from r2r_tf.errors import InputError

_HERE = pathlib.Path(__file__).parent
# channels of the images -> what `denoise` takes when no model is given, and what for colour images whose noise is not white
DEFAULTS = {1: "unet-awgn-distilled", 3: "unet-awgn-distilled"}
CAMERA = "camera"


def names():
    """The names that `load_pretrained` knows."""
    return sorted(path.parent.name for path in _HERE.glob("*/model.keras"))


def directory(name):
    """The folder of a shipped model."""
    return _HERE / name


def default(channels, white=True):
    """The name of the default for images of this many channels, whose noise is white or that of a camera.

    Raises:
      InputError: none is shipped.
    """
    if channels not in DEFAULTS:
        raise InputError(f"No default weights are shipped for images of {channels} channels: give model. Received: model=None")
    return DEFAULTS[channels] if white else CAMERA
