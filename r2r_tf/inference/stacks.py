"""The one way from noisy pixels to clean ones: pages of any dtype, together or tile by tile. Arrays and files go through it."""

from typing import NamedTuple

import numpy as np

from r2r_tf.errors import InputError, check_number
from r2r_tf.estimation import laws, mosaic
from r2r_tf.image_files import content, scratch
from r2r_tf.inference import frames, tiles
from r2r_tf.inference.views import Picture

_PAGES = 8  # that the law of a stack is found from
_SEEN = 256  # pixels a side that tell how wide the range of a page is


class Found(NamedTuple):
    """The noise of a page or of one of its channels.

    Attributes:
      level: root mean square, [0, 1] scale; 0 where nothing needs to be known.
      law: `laws.Law` in the values of the page; None for noise that was taken as it is.
      family: of the noise model.
    """

    level: float
    law: laws.Law | None = None
    family: str = "gaussian"

    @classmethod
    def of(cls, frame):
        """That of a `frames.Frame`."""
        return cls(frame.level, frame.law, frame.model.family if frame.model else cls._field_defaults["family"])


class Denoised(NamedTuple):
    """The result for a stack.

    Attributes:
      pixels: [N, H, W, C], of the stack's dtype.
      deviation: [N, H, W, C] float32, standard deviation between the passes on the stack's scale; None if not asked for.
      found: list of the `Found` of each page (of each channel, where they are taken one by one).
    """

    pixels: np.ndarray
    deviation: np.ndarray | None
    found: list

    @property
    def levels(self):
        """Those of `found`."""
        return [own.level for own in self.found]


def denoise(
    denoiser,
    pixels,
    value_range,
    average,
    *,
    sigma=None,
    noise=None,
    law=None,
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
      sigma, noise: as in `frames.frame_of`; the noise of each page is found unless they say it.
      law: `laws.Law` of all pages, in their values; None for none that is known.
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
    seen, found, done = {}, [], 0
    finds = sigma is None and law is None
    law_by_group = shared_laws(denoiser, places, pictures, value_range, noise) if finds else {}

    def progress(count):
        nonlocal done
        done += count
        if on_tile:
            on_tile(done, result.size)

    def prepared():
        for number, (picture, place) in enumerate(zip(pictures, places, strict=True)):
            own = law or law_by_group.get(_kind(place))
            frame = frames.frame_of(denoiser, picture, value_range, average, sigma=sigma, noise=noise, law=own)
            found.append(Found.of(frame))
            if frame.model is None:
                result[place] = picture.pixels
                progress(picture.pixels.size)
                continue
            seen[number] = frame
            yield frame.plane(picture.pixels.shape, number)

    for number, tile, mean, spread in tiles.estimates(denoiser, prepared(), average, seed=seed, max_memory_gb=max_memory_gb):
        frame = seen[number]
        result[places[number]][tile.place] = frame.restore(mean, tile.rows, tile.columns)
        if with_deviation:
            deviation[places[number]][tile.place] = frame.deviation(spread, mean)
        progress(mean.size)
    return Denoised(result, deviation, found)


def found_noise(denoiser, pixels, value_range, average, *, no_data=None, mask=None):
    """`Denoised.found` alone; arguments as in `denoise`."""
    places, pictures = pictures_of(denoiser, pixels, no_data, mask)
    law_by_group = shared_laws(denoiser, places, pictures, value_range)
    own = [
        frames.frame_of(denoiser, picture, value_range, average, law=law_by_group.get(_kind(place)))
        for picture, place in zip(pictures, places, strict=True)
    ]
    return [Found.of(frame) for frame in own]


def shared_laws(denoiser, places, pictures, value_range, noise=None):
    """Dict from a kind of pixels, as by `_kind`, to the `laws.Law` of all pages; without those whose pages do not have one law.

    Args:
      denoiser, value_range, noise: as in `frames.frame_of`.
      places, pictures: as from `pictures_of`.
    """
    groups = {}
    for place, picture in zip(places, pictures, strict=True):
        groups.setdefault(_kind(place), []).append(picture)
    if len(groups) == len(pictures) or not frames.sees_content(denoiser):
        return {}
    found = {first: shared_law(denoiser, own, value_range, noise) for first, own in groups.items()}
    return {first: law for first, law in found.items() if law is not None}


def shared_law(denoiser, pictures, value_range, noise=None):
    """The one `laws.Law` of some pictures; None where they do not have one. Arguments as in `shared_laws`."""
    pages = [
        np.where(bad, np.nan, shown) for shown, known, bad in map(frames.shown_of, _some(pictures)) if known.high > known.low
    ]
    return frames.law_of(denoiser, pages, value_range, noise) if pages else None


def telling_page(pixels, scale, *, no_data=None, mask=None):
    """What the weights for a stack are chosen by: its page with the widest range of values, or windows of that if it is large.

    Args:
      pixels, no_data, mask: as in `denoise`.
      scale: `ValueRange` of the pixels.
    Returns:
      [H, W, C] float32, [0, 1] scale; what is no value is NaN in gray pictures, unless it is little, and filled in colours.
    """

    def width(page):
        values = np.asarray(pixels[page, :: 1 + pixels.shape[1] // _SEEN, :: 1 + pixels.shape[2] // _SEEN], np.float64)
        values = values[np.isfinite(values)]
        return float(np.subtract(*np.percentile(values, (99, 1)))) if values.size else 0.0

    page = max(_some(range(len(pixels))), key=width) if len(pixels) > 1 else 0
    shown, known, bad = frames.shown_of(Picture(pixels[page], no_data, None if mask is None else mask[page]))
    filled = content.filled(shown, bad, known)
    return scale.to_unit(np.where(frames.left_out(bad), np.nan, filled) if pixels.shape[-1] == 1 else filled)


def _some(pages):
    """At most `_PAGES` of them, spread evenly."""
    return [pages[round(number)] for number in np.linspace(0, len(pages) - 1, min(len(pages), _PAGES))]


def pictures_of(denoiser, pixels, no_data=None, mask=None):
    """([index of a view], [`views.Picture`]) of a stack: a page's channels at once or one by one, as the network takes them.

    Of gray raw frames of colour cameras the four kinds of pixels are pictures of their own.
    """
    channels, planes = denoiser.form.channels, pixels.shape[-1]
    if channels not in (1, planes):
        raise InputError(f"The model is for images of {channels} channels. Received: {planes}")
    groups = [slice(0, planes)] if channels == planes else [slice(c, c + 1) for c in range(planes)]
    parts = [(slice(None), slice(None))]
    if planes == 1 and mosaic.is_mosaic(pixels[0, ..., 0]):
        parts = [(slice(row, None, 2), slice(column, None, 2)) for row, column in mosaic.PHASES]
    places = [(page, *part, group) for page in range(len(pixels)) for group in groups for part in parts]
    masks = [None if mask is None else mask[place] for place in places]
    return places, [Picture(pixels[place], no_data, own) for place, own in zip(places, masks, strict=True)]


def _kind(place):
    """Which pixels of each page those are that pages have in common."""
    _, rows, columns, group = place
    return rows.start, columns.start, group.start
