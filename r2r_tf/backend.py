"""The one place that imports TensorFlow: quietly, and with a clear word when it is missing."""

import os

from r2r_tf.errors import TENSORFLOW_MISSING

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

try:
    import tensorflow as tf
except ModuleNotFoundError as error:
    if error.name != "tensorflow":
        raise
    raise ModuleNotFoundError(TENSORFLOW_MISSING, name="tensorflow") from None

__all__ = ["tf"]
