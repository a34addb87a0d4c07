"""Estimates of images that are too large for one pass: tiles with a halo as wide as the network sees.

A tile's draws are those that its place has in the whole image (`draws`), and tiles start where the network's grid does, so the
result does not depend on the tiling. Images are float32, [0, 1] scale.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.inference import draws, last_check, passes, shrinkage
from r2r_tf.models import receptive_field
from r2r_tf.noise import NoiseModel

# the number of the draws of probes, which no pass has
_PROBE = 1_000_000


class Tile(NamedTuple):
    """A part of an image and the window that its estimate takes: (start, stop) of rows and columns."""

    rows: tuple
    columns: tuple
    window_rows: tuple
    window_columns: tuple

    @property
    def place(self):
        """Index of the tile in the image."""
        return slice(*self.rows), slice(*self.columns)

    @property
    def inside(self):
        """Index of the tile in its window."""
        spans = (self.rows, self.window_rows), (self.columns, self.window_columns)
        return tuple(slice(own[0] - window[0], own[1] - window[0]) for own, window in spans)


class Plane(NamedTuple):
    """An image, or channels of one, to be denoised.

    Attributes:
      read: function of rows and columns, each (start, stop), that returns that window [h, w, C] float32, [0, 1] scale.
      shape: [H, W, C].
      model: `noise.NoiseModel` of the image.
      number: tells its draws from those of others.
      sigma: of white noise so weak that the estimate is to be held against the input, see `shrinkage`; None otherwise.
      most: of white noise the level that `last_check` holds what was taken away against; None for no last check.
      finish: function of a window's estimate, before what is around it is cut off.
      beyond: how many pixels around a window it looks at.
    """

    read: Callable
    shape: tuple
    model: NoiseModel
    number: int
    sigma: float | None = None
    most: float | None = None
    finish: Callable | None = None
    beyond: int = 0

    def noise_of(self, rows, columns, window=None):
        """`noise.ImageNoise` of a window, as a part of that of the whole; a window that was read is not read again."""
        if window is not None and not self.model.reach:
            return self.model.at(window)
        (top, wider_rows), (left, wider_columns) = (
            (start - max(0, start - self.model.reach), (max(0, start - self.model.reach), min(side, stop + self.model.reach)))
            for (start, stop), side in zip((rows, columns), self.shape[:2], strict=True)
        )
        own = self.model.at(self.read(wider_rows, wider_columns))
        return own.crop(slice(top, top + rows[1] - rows[0]), slice(left, left + columns[1] - columns[0]))


def plan(denoiser, height, width, max_memory_gb, beyond=0, within=None):
    """The tiles of an image: one if a pass over the whole fits into the memory, else square windows that do.

    Args:
      denoiser: `denoisers.Denoiser`.
      height, width: of the image.
      max_memory_gb: what a pass may take, about.
      beyond: pixels of the estimate that are needed around a tile.
      within: (start, stop) of rows and of columns that are asked for; None for all.
    Returns:
      List of `Tile`.
    Raises:
      InputError: so little memory that tiles would be halo only, or a network that sees everything.
    """
    pixels = max_memory_gb * 1e9 / receptive_field.bytes_per_pixel(denoiser.network)
    whole = (0, height), (0, width)
    rows, columns = within or whole
    if height * width <= pixels and (rows, columns) == whole:
        return [Tile(rows, columns, rows, columns)]
    radius, multiple = receptive_field.radius(denoiser.network), denoiser.form.multiple
    if radius is None:
        raise InputError(
            f"This network cannot work on tiles, and an image of {height}x{width} does not fit into `max_memory_gb`."
        )
    halo = -(-(radius + beyond) // multiple) * multiple
    side = math.isqrt(int(pixels)) // multiple * multiple - 2 * halo
    if side < 2 * halo:
        least = receptive_field.bytes_per_pixel(denoiser.network) * (5 * halo) ** 2 / 1e9
        raise InputError(f"`max_memory_gb` must be at least {least:.2g} for this network. Received: {max_memory_gb}")
    return [
        Tile(own_rows, own_columns, _with_halo(own_rows, halo, height, multiple), _with_halo(own_columns, halo, width, multiple))
        for own_rows in _spans(rows, side)
        for own_columns in _spans(columns, side)
    ]


def around(weak, most, beyond):
    """How many pixels of the estimate around a tile are looked at.

    Args:
      weak, most, beyond: `Plane.sigma`, `Plane.most` and `Plane.beyond`.
    """
    return beyond + (0 if weak is None else shrinkage.RADIUS) + (0 if most is None else last_check.RADIUS)


def estimates(denoiser, planes, average, *, seed, max_memory_gb=4.0, within=None):
    """Yields the estimates of planes of one shape: small ones some at a time, large ones tile by tile.

    Args:
      denoiser: `denoisers.Denoiser`.
      planes: iterable of `Plane`.
      average: `passes.Average`.
      seed: a number or a tuple of numbers.
      max_memory_gb, within: as in `plan`.
    Yields:
      (number of the plane, `Tile`, mean over the passes, standard deviation between them), both of the tile's size.
    """
    group = []
    for plane in planes:
        beyond = around(plane.sigma, plane.most, plane.beyond)
        if len(tiles := plan(denoiser, *plane.shape[:2], max_memory_gb, beyond, within)) > 1:
            for tile in tiles:
                yield from _together(denoiser, [plane], tile, average, seed)
            continue
        group.append(plane)
        if len(group) * math.prod(stop - start for start, stop in tiles[0][2:]) >= passes.MOST_PIXELS:
            yield from _together(denoiser, group, tiles[0], average, seed)
            group = []
    if group:
        yield from _together(denoiser, group, tiles[0], average, seed)


def _together(denoiser, planes, tile, average, seed):
    place = tile.window_rows, tile.window_columns
    y = np.stack([plane.read(*place) for plane in planes])
    noises = [plane.noise_of(*place, window) for plane, window in zip(planes, y, strict=True)]
    origin = tile.window_rows[0], tile.window_columns[0]
    options = {"seed": seed, "origin": origin, "numbers": [plane.number for plane in planes]}
    means, deviations = passes.mean_and_deviation(denoiser, y, noises, average, **options)
    weak = [place for place, plane in enumerate(planes) if plane.sigma is not None]
    if weak:
        sigmas = np.float32([planes[place].sigma for place in weak])[:, None, None, None]
        spans = [(start, start + side) for start, side in zip(origin, y.shape[1:3], strict=True)]
        probes = [draws.FieldDraws((*np.atleast_1d(seed), planes[i].number, _PROBE), *spans, y.shape[3]).normal() for i in weak]
        probe, options["numbers"] = np.stack(probes), [planes[place].number for place in weak]
        probed = y[weak] + np.float32(shrinkage.PROBE) * sigmas * probe
        change = passes.averaged_estimate(denoiser, probed, [noises[i] for i in weak], average, **options) - means[weak]
        for place, own, step, sigma in zip(weak, probe, change, sigmas.ravel(), strict=True):
            correction = means[place] - y[place]
            means[place] = y[place] + shrinkage.weights(correction, step, own, sigma) * correction
    for number, plane in enumerate(planes):
        if plane.most is not None:
            correction = means[number] - y[number]
            counts = last_check.weights(correction, plane.most)
            means[number] = means[number] if counts is None else y[number] + counts * correction
    for plane, mean, deviation in zip(planes, means, deviations, strict=True):
        mean = plane.finish(mean) if plane.finish else mean
        yield plane.number, tile, mean[tile.inside], deviation[tile.inside]


def _spans(span, size):
    return [(start, min(start + size, span[1])) for start in range(span[0], span[1], size)]


def _with_halo(span, halo, side, multiple):
    """A wider span that starts where the network's grid does."""
    return max(0, span[0] - halo) // multiple * multiple, min(side, span[1] + halo)
