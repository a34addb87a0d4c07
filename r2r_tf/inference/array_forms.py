"""The forms in which callers give images as arrays, and the one form inside."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.image_files.value_range import ValueRange

# more are not colours but, for instance, a stack of pictures whose axes were mistaken
MOST_CHANNELS = 4


class Form(NamedTuple):
    """An array of images.

    Attributes:
      pixels: [B, H, W, C], of the array's dtype.
      scale: `ValueRange` of its values.
      restore: function from [B, H, W, C] to the array's shape, masked as it was.
      mask: [B, H, W, C] boolean of a masked array, else None.
    """

    pixels: np.ndarray
    scale: ValueRange
    restore: Callable
    mask: np.ndarray | None = None


def of_array(array, channel_axis, scale=None):
    """`Form` of an array in one of the documented forms.

    Args:
      array, channel_axis: as in `arrays.denoise`.
      scale: `ValueRange`; None for that of the dtype.
    """
    masked = isinstance(array, np.ma.MaskedArray)
    hidden = np.ma.getmaskarray(array) if masked else None
    array = np.asarray(array)
    if array.dtype not in (np.uint8, np.uint16) and array.dtype.kind != "f":
        raise InputError(f"Images must be float on the [0, 1] scale, uint8 or uint16. Received: dtype {array.dtype}")
    if array.ndim not in (2, 3, 4) or array.size == 0 or (array.ndim == 2 and channel_axis is not None):
        raise InputError(f"Images must be [H, W], [H, W, C] or [B, H, W, C] and not empty. Received: shape {array.shape}")

    def to_stack(values):
        last = values if array.ndim == 2 or channel_axis is None else np.moveaxis(values, channel_axis, -1)
        return last[None, ..., None] if array.ndim == 2 else last[None] if array.ndim == 3 else last

    pixels = to_stack(array)

    def restore(x_hat):
        x_hat = x_hat[0, ..., 0] if array.ndim == 2 else x_hat[0] if array.ndim == 3 else x_hat
        x_hat = x_hat if array.ndim == 2 or channel_axis is None else np.moveaxis(x_hat, -1, channel_axis)
        return np.ma.array(x_hat, mask=hidden) if masked else x_hat

    scale = scale or ValueRange(0.0, float(np.iinfo(array.dtype).max) if array.dtype.kind == "u" else 1.0)
    return Form(pixels, scale, restore, to_stack(hidden) if masked else None)
