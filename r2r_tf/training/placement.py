"""Where a training runs: cores and their shares, GPUs and their strategy, and what the network needs there."""

import os

import keras

from r2r_tf.backend import tf


def share_cores(parts):
    """Gives each part of a batch its own share of the cores; call it before TensorFlow's first operation.

    An operation split over all cores waits for the slowest of its pieces. Parts on cores of their own wait once a step.
    """
    if parts > 1 and not tf.config.list_physical_devices("GPU"):
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        shares = min(parts, cores)
        tf.config.threading.set_inter_op_parallelism_threads(shares)
        tf.config.threading.set_intra_op_parallelism_threads(cores // shares)


def make_strategy(devices=None):
    """`MirroredStrategy` over all visible GPUs, or over the given devices; None for a CPU or another Keras backend."""
    if keras.backend.backend() != "tensorflow":
        return None
    if devices is None and not tf.config.list_physical_devices("GPU"):
        return None
    return tf.distribute.MirroredStrategy(devices)


def gpu_capabilities():
    """The compute capability of each GPU that TensorFlow sees, such as (8, 0)."""
    gpus = tf.config.list_physical_devices("GPU")
    return [tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0)) for gpu in gpus]


def training_options(model, strategy):
    """Arguments of the network that only its training needs; the saved one is built without them."""
    if model != "dncnn" or keras.backend.backend() != "tensorflow":
        return {}
    if strategy is None:
        return {"normalization": "fused"}
    # replicas share their batch statistics: else each keeps its own, and a reloaded network scores differently
    return {"normalization": "synchronized"} if strategy.num_replicas_in_sync > 1 else {}
