"""Volumes that are larger than memory: one noise and one range for all pages, found from a sample; then any part by itself.

A part's estimate is that which it has in the whole volume, whatever the parts are, as for tiles of an image.
"""

import functools
import itertools
from typing import NamedTuple

import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.image_files import content, value_range
from r2r_tf.inference import defaults, frames, shipped, stacks, tiles
from r2r_tf.inference.passes import Average
from r2r_tf.inference.views import Picture
from r2r_tf.models import receptive_field
from r2r_tf.models.denoisers import Denoiser


class Known(NamedTuple):
    """What is known of a volume.

    Attributes:
      denoiser: `denoisers.Denoiser`.
      scale: `value_range.ValueRange` of its values.
      average: `passes.Average`.
      frame: `frames.Frame` of the sample.
    """

    denoiser: Denoiser
    scale: value_range.ValueRange
    average: Average
    frame: frames.Frame

    @property
    def found(self):
        """`stacks.Found`, the noise."""
        return stacks.Found.of(self.frame)


class Page:
    """A page [H, W, 1] of a volume whose windows are read when they are asked for."""

    def __init__(self, read, shape, dtype):
        """A page.

        Args:
          read: function of rows and columns, slices, that returns that window [h, w].
          shape: (H, W).
          dtype: of the values.
        """
        self.read, self.shape, self.dtype = read, (*shape, 1), np.dtype(dtype)

    def __getitem__(self, window):
        """[h, w, 1]."""
        return np.asarray(self.read(*window), self.dtype)[..., None]


def known(job, windows):
    """`Known` of a volume.

    Args:
      job: `one_file.Job`.
      windows: [K, h, w] of the volume, as from `volume_sample.windows`.
    Raises:
      InputError: what the job says does not fit.
    """
    noise, law = job.noise or (None, None)
    scale = (job.denoiser and job.denoiser.scale_of(windows.dtype)) or value_range.of_pixels([windows[..., None]])
    whole = windows.reshape(-1, windows.shape[-1], 1)
    told = frames.WHITE if job.sigma is not None else noise
    denoiser = job.denoiser or shipped.denoiser_for(scale.to_unit(whole), job.precision, told)
    if denoiser.form.channels != 1:
        raise InputError(f"Volumes take a `model` for gray images. Received: one for {denoiser.form.channels} channels")
    average = defaults.plan(denoiser, **job.draws)
    sigma = None if job.sigma is None else job.sigma.of_range(scale)
    if sigma is None and law is None and frames.sees_content(denoiser):
        law = stacks.shared_law(denoiser, [Picture(own[..., None]) for own in windows], scale, noise)
        noise = noise if law is not None else frames.WHITE
    frame = frames.frame_of(denoiser, Picture(whole), scale, average, sigma=sigma, noise=noise, law=law)
    return Known(denoiser, scale, average, frame)


def reach(about):
    """How many pixels around a part are looked at."""
    beyond = tiles.around(about.frame.weak, about.frame.most, about.frame.beyond)
    multiple = about.denoiser.form.multiple
    radius = receptive_field.radius(about.denoiser.network) or 0
    return radius + beyond + 2 * multiple + 2 * content.MARGIN + about.frame.beyond


def part(about, job, read, shape, dtype, *, numbers, rows, columns):
    """The estimate of a part of a volume, [n, h, w] of its dtype.

    Args:
      about: `Known`.
      job: `one_file.Job`.
      read: as in `volume_sample.windows`; what it is asked for is wider than the part by `reach` at most.
      shape: (H, W) of a page.
      dtype: of the volume.
      numbers: of the pages.
      rows, columns: (start, stop).
    """
    result = np.empty((len(numbers), *(stop - start for start, stop in (rows, columns))), dtype)
    own_frames = {}

    def planes():
        for number in numbers:
            page = Page(functools.partial(read, number), shape, dtype)
            if about.frame.of is None:
                result[numbers.index(number)] = page[slice(*rows), slice(*columns)][..., 0]
                continue
            frame = own_frames[number] = about.frame.of(Picture(page))
            yield frame.plane(page.shape, number)

    limits = {"seed": job.seed, "max_memory_gb": job.max_memory_gb, "within": (rows, columns)}
    for number, tile, mean, _ in tiles.estimates(about.denoiser, planes(), about.average, **limits):
        inside = tuple(slice(own[0] - first, own[1] - first) for own, first in ((tile.rows, rows[0]), (tile.columns, columns[0])))
        result[(numbers.index(number), *inside)] = own_frames[number].restore(mean, tile.rows, tile.columns)[..., 0]
    return result


def channels_of(place, channels):
    """The channels of a block, (start, stop) along each axis; 0 where there is no axis of channels."""
    return range(1) if channels is None else range(*place[channels])


def block(job, about, window, *, place, around, shape, channels=None):
    """The estimate of a block of a volume, pages and channels of it, of its shape and dtype.

    Args:
      job: `one_file.Job`.
      about: dict from each of the block's channels, as from `channels_of`, to its `Known`.
      window: the block and what is around it, [..., h, w].
      place, around: where the block and the window are, (start, stop) along each axis; as far around as `reach` says.
      shape: of the volume.
      channels: which axis is that of channels; None for one that has none.
    """
    indices = list(itertools.product(*(range(*own) for own in place[:-2])))
    pages = window.reshape(-1, *window.shape[-2:])
    result = np.empty((len(indices), *(stop - start for start, stop in place[-2:])), window.dtype)
    by_channel = {}
    for at, index in enumerate(indices):
        by_channel.setdefault(0 if channels is None else index[channels], []).append(at)
    for channel, own in by_channel.items():
        numbers = {int(np.ravel_multi_index(indices[at], shape[:-2])) if indices[at] else 0: at for at in own}

        def read(number, *spans, numbers=numbers):
            inside = (slice(span.start - first, span.stop - first) for span, (first, _) in zip(spans, around[-2:], strict=True))
            return pages[(numbers[number], *inside)]

        rows, columns = place[-2:]
        sides = shape[-2:]
        result[own] = part(about[channel], job, read, sides, window.dtype, numbers=list(numbers), rows=rows, columns=columns)
    return result.reshape([stop - start for start, stop in place])
