"""The one place that imports TensorFlow: quietly, and with a clear word when it is missing."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

try:
    import tensorflow as tf
except ModuleNotFoundError as error:
    if error.name != "tensorflow":
        raise
    raise ModuleNotFoundError(
        "TensorFlow is missing: install it with pip install 'r2r_tf[cpu]' or, for NVIDIA GPUs, pip install 'r2r_tf[gpu]'.",
        name="tensorflow",
    ) from None

__all__ = ["tf"]
