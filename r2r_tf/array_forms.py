"""The forms in which callers give images as arrays, and the one form inside."""

import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.value_range import ValueRange

# more are not colours but, for instance, a stack of pictures whose axes were mistaken
MOST_CHANNELS = 4


def to_batch(array, channel_axis, scale=None):
    """[B, H, W, C] float32 of an array in one of the documented forms, and the function that turns an estimate back.

    Args:
      array, channel_axis: as in `inference.denoise`.
      scale: `ValueRange`; None for that of the dtype.
    """
    array = np.asarray(array)
    if array.dtype not in (np.uint8, np.uint16) and array.dtype.kind != "f":
        raise InputError(f"Images must be float on the [0, 1] scale, uint8 or uint16. Received: dtype {array.dtype}")
    if array.ndim not in (2, 3, 4) or array.size == 0 or (array.ndim == 2 and channel_axis is not None):
        raise InputError(f"Images must be [H, W], [H, W, C] or [B, H, W, C] and not empty. Received: shape {array.shape}")
    last = array if array.ndim == 2 or channel_axis is None else np.moveaxis(array, channel_axis, -1)
    batch = last[None, ..., None] if array.ndim == 2 else last[None] if array.ndim == 3 else last
    scale = scale or ValueRange(0.0, float(np.iinfo(array.dtype).max) if array.dtype.kind == "u" else 1.0)
    y = scale.to_unit(batch)
    if not np.isfinite(y).all():
        raise InputError("Images must hold finite values only. Received: NaN or infinity")

    def restore(x_hat):
        x_hat = x_hat.reshape(last.shape)
        if array.ndim > 2 and channel_axis is not None:
            x_hat = np.moveaxis(x_hat, -1, channel_axis)
        return scale.from_unit(x_hat, array.dtype)

    return y, restore


def channels_apart(y, restore):
    """[B C, H, W, 1] of a batch [B, H, W, C], and the function that turns an estimate of it back."""
    planes = np.moveaxis(y, -1, 1)
    return planes.reshape(-1, *y.shape[1:3], 1), lambda x_hat: restore(np.moveaxis(x_hat.reshape(planes.shape), 1, -1))
