"""How the variance of a picture's noise follows its brightness, v = gain m + constant, from the picture alone.

Counting noise has such a law: photons with any gain, with read noise, on any offset. Its points are the calmest cells of a
picture among those of like brightness, see `noise_cells`. Noise that is correlated between pixels has less power at fine scales,
so its law comes out too low by one factor, the same at any brightness: see `smoothness`.
"""

from typing import NamedTuple

import numpy as np

from r2r_tf.estimation.noise_cells import SMALLEST_SIDE, Cells, Points, cells_of

_OUTLIER, _ROUNDS = 0.25, 30  # relative distance from the line at which a point counts less
_FLOOR = 0.05  # of the largest variance on the line: what less is taken for
_APART = 0.3  # logarithm of what the variances of a page are over those of the law of all
# what a law needs to be believed: points in order and near the line (rank correlation, part of the logarithm's variance that is
# explained), or less in order if nearer and the gain is many standard errors; the brightest clearly above the darkest
_IN_ORDER, _NEAR_LINE, _RISE = (0.8, 0.6, 0.0), (0.5, 0.7, 6.0), 1.25
# and cells that show noise rather than structure; how many standard errors the gain is above 0 at least among cells with little
# structure, and with more
_STRUCTURE, _CALM_STRUCTURE, _SURE = 2.0, 1.2, (4.0, 8.0)


class VarianceLaw(NamedTuple):
    """v = gain m + constant, in the units of the picture and their square.

    Attributes:
      gain, constant: of the line; a camera's offset is inside the constant, which may be negative.
      gain_error: standard error of the gain.
      rises: whether the points speak for such a law, and against one level for all brightnesses.
      shows_noise: whether the points are of white noise, with little structure at the next scale, and the gain is surely above 0.
      points: the `Points` that it is from.
      cells: the `Cells` that these are of.
    """

    gain: float
    constant: float
    gain_error: float
    rises: bool = True
    shows_noise: bool = True
    points: Points | None = None
    cells: Cells | None = None

    def variance(self, brightness):
        """The variance at a brightness; where the line is near 0 or below, a part of what it is where the picture is bright."""
        line = self.gain * np.asarray(brightness, np.float64) + self.constant
        return np.maximum(line, _FLOOR * max(float(np.max(line, initial=0.0)), 1e-300))


def of_points(points):
    """The `VarianceLaw` nearest to some `Points`; see `line_of`."""
    brightness, variance, _, structure = points
    unit = max(float(variance.max()), 1e-300)
    design, target = np.stack([brightness, np.ones_like(brightness)], axis=1), variance / unit
    (gain, constant), line, own = line_of(points, target, design, _OUTLIER)
    information = np.linalg.pinv((design * own[:, None]).T @ (design * own[:, None]))
    spread = max(2.0, float(np.sum(np.square(own * (target - line))) / max(1, len(target) - 2)))
    law = VarianceLaw(float(gain * unit), float(constant * unit), float(np.sqrt(max(0.0, spread * information[0, 0])) * unit))
    sure = law.gain > _SURE[int(np.quantile(structure, 0.75) > _CALM_STRUCTURE)] * law.gain_error
    return law._replace(points=points, rises=_rises(points, law), shows_noise=bool(sure and np.median(structure) < _STRUCTURE))


def line_of(points, target, design, outlier):
    """Least squares of relative distances, where much structure counts less.

    Args:
      points: `Points`.
      target: [K] what lies on a line, above 0.
      design: [K, parameters] its columns.
      outlier: relative distance at which a point counts less.
    Returns:
      ([parameters] coefficients, [K] the line there, [K] weights).
    """
    weight = np.sqrt(points.count) / np.maximum(1.0, points.structure)
    # most points may be of empty pages, without any noise
    least = max(0.1 * np.median(target), 1e-9 * target.max(), np.finfo(np.float64).tiny)
    line, distance = np.maximum(target, min(least, 1e-9 * max(target.max(), 1e-9))), np.zeros_like(target)
    for _ in range(_ROUNDS):
        own = weight / line / np.sqrt(1 + np.square(distance / outlier))
        coefficients = np.linalg.lstsq(design * own[:, None], target * own, rcond=None)[0]
        line = np.maximum(design @ coefficients, least)
        distance = (target - line) / line
    return coefficients, line, own


def of_channels(channels):
    """`of_points` of all channels, as for `noise_cells.cells_of`, that have one law.

    Returns:
      `VarianceLaw`; None where channels are too small or constant to tell, or where some are far from the law of all.
    """
    cells = [cells_of(y) for y in channels if min(y.shape) >= SMALLEST_SIDE]
    cells = [own for own in cells if own is not None]
    if not cells:
        return None
    found = [own.points() for own in cells]
    joined = Points(*_joined(found))
    law = of_points(Points(*(part[np.argsort(joined.brightness, kind="stable")] for part in joined)))
    law = law._replace(cells=Cells(*_joined(cells)))
    return law if len(found) == 1 or all(_is_near(points, law) for points in found) else None


def _joined(tuples):
    return (np.concatenate(part) for part in zip(*tuples, strict=True))


def _rises(points, law):
    if not law.gain > 0 or len(points.variance) < 3:
        return False
    line = law.variance(points.brightness)
    found = np.log(np.maximum(points.variance, 1e-300))
    unexplained = np.sum(np.square(found - np.log(line))) / max(np.sum(np.square(found - np.median(found))), 1e-300)
    order = np.corrcoef(np.arange(len(found)), np.argsort(np.argsort(found)))[0, 1]
    figures = np.array([order, 1 - unexplained, law.gain / max(law.gain_error, 1e-300)])
    return bool(line[-1] > _RISE * line[0] and any(np.all(figures > needed) for needed in (_IN_ORDER, _NEAR_LINE)))


def _is_near(points, law):
    line = law.variance(np.append(points.brightness, points.brightness.max()))[:-1]
    return abs(np.median(np.log(np.maximum(points.variance, 1e-300) / line))) < _APART
