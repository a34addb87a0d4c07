"""The one way from noisy pixels to clean ones: pages of any dtype, together or tile by tile. Arrays and files go through it."""

import tempfile
from typing import NamedTuple

import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.inference import defaults, tiles
from r2r_tf.noise import mean_level

# larger results are made in a temporary file
_LARGE = 1 << 28
# what a noise level is estimated from: the whole page, or this many windows of this side, spread over it
_WINDOWS, _WINDOW_SIDE = 4, 512


class Denoised(NamedTuple):
    """The result for a stack.

    Attributes:
      pixels: [N, H, W, C], of the stack's dtype.
      deviation: [N, H, W, C] float32, standard deviation between the passes on the stack's scale; None if not asked for.
      levels: list of the noise level of each page (of each channel, where they are taken one by one), root mean square, [0, 1]
        scale; 0 where nothing needs to be known.
    """

    pixels: np.ndarray
    deviation: np.ndarray | None
    levels: list


def denoise(
    denoiser,
    pixels,
    value_range,
    average,
    *,
    sigma=None,
    noise=None,
    seed=0,
    max_memory_gb=4.0,
    with_deviation=False,
    on_tile=None,
):
    """Denoises the pages of a stack.

    Args:
      denoiser: `denoisers.Denoiser`; one for gray images takes the channels of colour images one by one.
      pixels: [N, H, W, C] of any dtype, in memory or mapped.
      value_range: `ValueRange`.
      average: `passes.Average`.
      sigma, noise: as in `defaults.image_noise`, which finds the noise of each page.
      seed: of the draws, a number or a tuple of numbers.
      max_memory_gb: what a pass may take, about.
      with_deviation: also return the deviation between passes.
      on_tile: function of (pixels done, pixels in all), called after each tile.
    Returns:
      `Denoised`.
    Raises:
      InputError: values that are not finite, or a network for other channels.
    """
    channels, planes = denoiser.form.channels, pixels.shape[-1]
    if channels not in (1, planes):
        raise InputError(f"The model is for images of {channels} channels. Received: {planes}")
    result = _zeros(pixels.shape, pixels.dtype)
    deviation = _zeros(pixels.shape, np.float32) if with_deviation else None
    # all channels of a page at once, or one by one
    groups = [slice(0, planes)] if channels == planes else [slice(c, c + 1) for c in range(planes)]
    places = [(page, group) for page in range(len(pixels)) for group in groups]
    levels, done = [], 0

    def make_plane(number, page, group):
        def read(rows, columns):
            window = value_range.to_unit(pixels[page, slice(*rows), slice(*columns), group])
            if not np.isfinite(window).all():
                raise InputError("Images must hold finite values only. Received: NaN or infinity")
            return window

        shape = (*pixels.shape[1:3], channels)
        shown = sample(read, shape)
        model = defaults.image_noise(denoiser, shown, average, sigma=sigma, noise=noise)
        levels.append(mean_level(model.at(shown)))
        return tiles.Plane(read, shape, model, number)

    todo = (make_plane(number, *place) for number, place in enumerate(places))
    for number, tile, mean, spread in tiles.estimates(denoiser, todo, average, seed=seed, max_memory_gb=max_memory_gb):
        page, group = places[number]
        place = (page, *tile.place, group)
        result[place] = value_range.from_unit(mean, pixels.dtype)
        if with_deviation:
            deviation[place] = spread * (value_range.high - value_range.low)
        done += mean.size
        if on_tile:
            on_tile(done, result.size)
    return Denoised(result, deviation, levels)


def sample(read, shape):
    """The whole of a small image, or windows that are spread over a large one, side by side.

    Args:
      read: function of rows and columns, each (start, stop), that returns that window.
      shape: [H, W, C] of the image.
    """
    starts = [
        [round(start) for start in np.linspace(0, side - _WINDOW_SIDE, _WINDOWS)] if side > _WINDOWS * _WINDOW_SIDE else [0]
        for side in shape[:2]
    ]
    height, width = (_WINDOW_SIDE if len(own) > 1 else side for own, side in zip(starts, shape[:2], strict=True))
    rows = [np.concatenate([read((top, top + height), (left, left + width)) for left in starts[1]], axis=1) for top in starts[0]]
    return np.concatenate(rows, axis=0)


def _zeros(shape, dtype):
    if np.prod(shape) * np.dtype(dtype).itemsize <= _LARGE:
        return np.zeros(shape, dtype)
    return np.memmap(tempfile.TemporaryFile(), dtype, "w+", shape=shape)
