"""The forms in which callers give images as arrays, and the one form inside."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from r2r_tf.errors import InputError, check_number
from r2r_tf.image_files.value_range import ValueRange, largest

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
    try:
        array = np.asarray(array)
    except ValueError as error:  # rows or images of several lengths
        raise InputError(f"Images must be arrays of numbers; give images of several sizes one by one ({error}).") from None
    if array.dtype.kind not in "uif":
        raise InputError(f"Images must be floats or whole numbers. Received: dtype {array.dtype}")
    if array.ndim not in (2, 3, 4) or array.size == 0 or (array.ndim == 2 and channel_axis is not None):
        raise InputError(f"Images must be [H, W], [H, W, C] or [B, H, W, C] and not empty. Received: shape {array.shape}")
    if channel_axis is not None:
        check_number("channel_axis", channel_axis, -array.ndim, array.ndim - 1, whole=True)

    def to_stack(values):
        last = values if array.ndim == 2 or channel_axis is None else np.moveaxis(values, channel_axis, -1)
        return last[None, ..., None] if array.ndim == 2 else last[None] if array.ndim == 3 else last

    pixels = to_stack(array)

    def restore(x_hat):
        x_hat = x_hat[0, ..., 0] if array.ndim == 2 else x_hat[0] if array.ndim == 3 else x_hat
        x_hat = x_hat if array.ndim == 2 or channel_axis is None else np.moveaxis(x_hat, -1, channel_axis)
        return np.ma.array(x_hat, mask=hidden) if masked else x_hat

    return Form(pixels, scale or ValueRange(0.0, largest(array.dtype)), restore, to_stack(hidden) if masked else None)


def span(pixels):
    """How far floats go, the largest less the smallest; 0 for whole numbers, whose type says it."""
    values = pixels[np.isfinite(pixels)] if pixels.dtype.kind == "f" else pixels[:0]
    return float(np.ptp(values)) if values.size else 0.0


def check_channels(shape, channel_axis, channels):
    """Raises `InputError`, with advice, for an array whose channels a network for so many cannot take, together or one by one."""
    axis = -1 if channel_axis is None else channel_axis
    given = 1 if len(shape) == 2 else shape[axis]
    if given == channels or (channels == 1 and given <= MOST_CHANNELS):
        return
    advice = [f"use a network for {given}"] if given <= MOST_CHANNELS else []
    if given > MOST_CHANNELS and len(shape) == 3:
        advice.append("a stack of gray images needs one more axis, array[..., None]")
    advice += [
        f"if axis {place} holds the channels, give channel_axis={place}"
        for place, side in enumerate(shape)
        if place != axis % len(shape) and (side == channels or (channels == 1 and 1 < side <= MOST_CHANNELS))
    ]
    raise InputError(
        f"Axis {axis} of shape {tuple(shape)} is taken for {given} channels, and the network takes {channels}: "
        f"{'; or '.join(advice) or 'use another network'}."
    )
