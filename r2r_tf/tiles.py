"""Estimates of images that are too large for one pass: tiles with a halo as wide as the network sees.

A tile's draws are those that its place has in the whole image (`fields`), and tiles start where the network's grid does, so the
result does not depend on the tiling. Images are float32, [0, 1] scale.
"""

import math
from typing import NamedTuple

from r2r_tf import passes
from r2r_tf.errors import InputError
from r2r_tf.models import receptive_field, structure


class Tile(NamedTuple):
    """A part of an image and the window that its estimate takes: (first, behind the last) of rows and columns."""

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


def plan(network, height, width, max_memory_gb):
    """The tiles of an image: one if a pass over the whole fits into the memory, else square windows that do.

    Args:
      network: `keras.Model`.
      height, width: of the image.
      max_memory_gb: what a pass may take, about.
    Returns:
      List of `Tile`.
    Raises:
      InputError: so little memory that tiles would be halo only, or a network that sees everything.
    """
    pixels = max_memory_gb * 1e9 / receptive_field.bytes_per_pixel(network)
    if height * width <= pixels:
        return [Tile((0, height), (0, width), (0, height), (0, width))]
    radius, multiple = receptive_field.radius(network), structure.side_multiple(network)
    if radius is None:
        raise InputError(
            f"This network cannot work on tiles, and an image of {height}x{width} does not fit into --max_memory_gb."
        )
    halo = -(-radius // multiple) * multiple
    side = math.isqrt(int(pixels)) // multiple * multiple - 2 * halo
    if side < 2 * halo:
        raise InputError(
            f"--max_memory_gb must be at least {receptive_field.bytes_per_pixel(network) * (5 * halo) ** 2 / 1e9:.2g} for this "
            f"network. Received: {max_memory_gb}"
        )
    return [
        Tile(rows, columns, _with_halo(rows, halo, height), _with_halo(columns, halo, width))
        for rows in _spans(height, side)
        for columns in _spans(width, side)
    ]


def estimates(network, read, shape, noise, average, seed, number=0, max_memory_gb=4.0):
    """Yields the estimate of an image tile by tile.

    Args:
      network: `keras.Model`.
      read: function of rows and columns, each (first, behind the last), that returns that window [h, w, C] of the image.
      shape: [H, W, C] of the image.
      noise: noise model of the image: `Gaussian` or `CameraNoise`.
      average: `passes.Average`.
      seed: a number or a tuple of numbers.
      number: of the image; numbers tell the draws of images apart.
      max_memory_gb: as in `plan`.
    Yields:
      (`Tile`, mean over the passes, standard deviation between them), both of the tile's size.
    """
    for tile in plan(network, *shape[:2], max_memory_gb):
        place = tile.window_rows, tile.window_columns
        own = noise.of_window(read, *place, shape)
        origin = tile.window_rows[0], tile.window_columns[0]
        mean, deviation = passes.mean_and_deviation(network, read(*place)[None], [own], average, seed, origin, number)
        yield tile, mean[0][tile.inside], deviation[0][tile.inside]


def _spans(side, size):
    return [(start, min(start + size, side)) for start in range(0, side, size)]


def _with_halo(span, halo, side):
    return max(0, span[0] - halo), min(side, span[1] + halo)
