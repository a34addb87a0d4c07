"""Networks by name: functional Keras models of built-in layers that take [B, H, W, C] and return the same shape.

Those that are told the noise level take it as one more channel, [B, H, W, C + 1], see `structure`.
"""

import inspect

from r2r_tf.errors import InputError
from r2r_tf.models.cnn5 import cnn5
from r2r_tf.models.dncnn import dncnn
from r2r_tf.models.ffdnet import ffdnet
from r2r_tf.models.unet import unet

MODELS = {"dncnn": dncnn, "cnn5": cnn5, "ffdnet": ffdnet, "unet": unet}


def build(name, **options):
    """The network of that name.

    Args:
      name: one of `MODELS`.
      **options: arguments of its function.
    Raises:
      InputError: no such network; the message ends "Received: model=...".
    """
    if name not in MODELS:
        raise InputError(f"model must be one of {', '.join(MODELS)}. Received: model={name!r}")
    return MODELS[name](**options)


def accepts(name, option):
    """Whether the network of that name has an argument of that name."""
    return option in inspect.signature(MODELS[name]).parameters
