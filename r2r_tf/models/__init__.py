"""Networks by name: functional Keras models of built-in layers that take [B, H, W, C] and return the same shape."""

from r2r_tf.errors import InputError
from r2r_tf.models.cnn5 import cnn5
from r2r_tf.models.dncnn import dncnn

MODELS = {"dncnn": dncnn, "cnn5": cnn5}


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
