"""The one way from noisy pixels to clean ones: pages of any dtype, together or tile by tile. Arrays and files go through it."""

from typing import NamedTuple

import numpy as np

from r2r_tf.errors import InputError, check_number
from r2r_tf.image_files import scratch
from r2r_tf.inference import tiles
from r2r_tf.inference.frames import Picture, frame_of


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
    no_data=None,
    mask=None,
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
      no_data: the value that stands for no value, or None; NaN and infinity always do.
      mask: [N, H, W, C] boolean: which pixels are no values, or None.
      seed: of the draws, a number or a tuple of numbers.
      max_memory_gb: what a pass may take, about.
      with_deviation: also return the deviation between passes.
      on_tile: function of (pixels done, pixels in all), called after each tile.
    Returns:
      `Denoised`.
    Raises:
      InputError: a network for other channels.
    """
    check_number("max_memory_gb", max_memory_gb, 1e-9)
    for own in np.atleast_1d(np.asarray(seed, object)):
        check_number("seed", own, 0, whole=True)
    places, pictures = pictures_of(denoiser, pixels, no_data, mask)
    result = scratch.zeros(pixels.shape, pixels.dtype)
    deviation = scratch.zeros(pixels.shape, np.float32) if with_deviation else None
    frames, levels, done = {}, [], 0

    def progress(count):
        nonlocal done
        done += count
        if on_tile:
            on_tile(done, result.size)

    def prepared():
        for number, (picture, (page, group)) in enumerate(zip(pictures, places, strict=True)):
            frame = frame_of(denoiser, picture, value_range, average, sigma=sigma, noise=noise)
            levels.append(frame.level)
            if frame.model is None:
                result[page, ..., group] = picture.pixels
                progress(picture.pixels.size)
                continue
            frames[number] = frame
            yield tiles.Plane(frame.read, picture.pixels.shape, frame.model, number, frame.weak)

    for number, tile, mean, spread in tiles.estimates(denoiser, prepared(), average, seed=seed, max_memory_gb=max_memory_gb):
        (page, group), frame = places[number], frames[number]
        place = (page, *tile.place, group)
        result[place] = frame.restore(mean, tile.rows, tile.columns)
        if with_deviation:
            deviation[place] = spread * frame.unit
        progress(mean.size)
    return Denoised(result, deviation, levels)


def found_levels(denoiser, pixels, value_range, average, *, no_data=None):
    """`Denoised.levels` alone; arguments as in `denoise`."""
    _, pictures = pictures_of(denoiser, pixels, no_data, None)
    return [frame_of(denoiser, picture, value_range, average).level for picture in pictures]


def pictures_of(denoiser, pixels, no_data=None, mask=None):
    """([(page, channels)], [`Picture`]) of a stack: all channels of a page at once, or one by one, as the network takes them."""
    channels, planes = denoiser.form.channels, pixels.shape[-1]
    if channels not in (1, planes):
        raise InputError(f"The model is for images of {channels} channels. Received: {planes}")
    groups = [slice(0, planes)] if channels == planes else [slice(c, c + 1) for c in range(planes)]
    places = [(page, group) for page in range(len(pixels)) for group in groups]
    masks = [None if mask is None else mask[page, ..., group] for page, group in places]
    return places, [Picture(pixels[page, ..., group], no_data, own) for (page, group), own in zip(places, masks, strict=True)]
