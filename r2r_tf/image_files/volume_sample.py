"""Volumes that are larger than memory, [..., Y, X]: their pages, windows of them, and a sample that stands for the whole."""

import math

import numpy as np

_SIDE, _PIXELS, _MOST = 512, 1 << 21, 64  # of a window; of all of them, about; how many at most
_STEPS = 0.618034, 0.754878  # that spread numbers over rows and columns evenly


def windows(read, shape):
    """Windows that are spread over a volume, [K, h, w]: whole pages where these are small.

    Args:
      read: function of a page's number and of rows and columns, slices, that returns that window [h, w].
      shape: (N, H, W).
    """
    pages, *sides = shape
    height, width = (min(side, _SIDE) for side in sides)
    count = min(_MOST, max(1, _PIXELS // (height * width)))
    places = {}
    for number in range(count):
        page = round(number * (pages - 1) / max(1, count - 1))
        top, left = (
            round((number * step + 0.5) % 1 * (side - own))
            for step, side, own in zip(_STEPS, sides, (height, width), strict=True)
        )
        places[page, top, left] = None
    return np.stack([read(page, slice(top, top + height), slice(left, left + width)) for page, top, left in places])


def pages_of(array, channels, channel):
    """(function of a page's number, rows and columns; (N, H, W)) of an array, or of one of its channels.

    Args:
      array: [..., Y, X], anything that takes slices.
      channels: the axis of channels, or None.
      channel: which of them.
    """
    lead = list(array.shape[:-2])
    if channels is not None:
        lead.pop(channels)

    def read(number, rows, columns):
        index = [int(own) for own in np.unravel_index(number, lead)] if lead else []
        if channels is not None:
            index.insert(channels, channel)
        return np.asarray(array[(*index, rows, columns)])

    return read, (math.prod(lead), *array.shape[-2:])


def around(place, shape, margin):
    """A part, (start, stop) along each axis, with more rows and columns around it, as far as there are any."""
    wide = [(max(0, start - margin), min(side, stop + margin)) for (start, stop), side in zip(place, shape, strict=True)]
    return (*place[:-2], *wide[-2:])
