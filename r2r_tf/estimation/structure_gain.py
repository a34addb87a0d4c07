"""How much stronger the noise is in structured areas than in flat ones, where cameras smooth it away.

Texture cannot be told from noise by its strength. Along an edge, though, there is little texture: what varies there, at a scale
where smooth edges do not, is noise. In flat areas the direction is any, and the same measure sees the same noise.
"""

import numpy as np
import scipy.ndimage
from skimage.feature import structure_tensor

from r2r_tf.noise import camera

_BINS = 16  # of activity, as many samples in each
_FLAT = _BINS // 4  # bins whose gain is 1 on average
_FEWEST = 125  # samples in a bin
_COHERENT = 0.4  # of a bin: the samples whose surroundings have one direction most clearly
_MOST = 20_000  # samples of a picture
_GRADIENT_WIDTH, _TENSOR_WIDTH = 2.0, 2.0
_STEP = 2.0  # pixels between the four samples along the edge
_DIFFERENCE = ((-1.5, -1.0), (-0.5, 3.0), (0.5, -3.0), (1.5, 1.0))  # (place in steps, weight): the third difference


def structure_gain(pictures, models):
    """The factor by which noise exceeds that of flat areas, as a function of activity.

    Args:
      pictures: list of [H, W, C] noisy images, [0, 1] scale.
      models: list of their `CameraNoise` in flat areas.
    Returns:
      (activity [L], gain [L]), see `CameraNoise`; a single knot of gain 1 for pictures with too few pixels, or whose flat areas
      show no noise.
    """
    parts = [_samples(y, model.flat_level(y), index) for index, (y, model) in enumerate(zip(pictures, models, strict=True))]
    activity, squares, coherence = (np.concatenate(part) for part in zip(*parts, strict=True))
    none = np.zeros(1), np.ones(1)
    if len(activity) < _BINS * _FEWEST:
        return none
    bins = np.array_split(np.argsort(activity, kind="stable"), _BINS)
    chosen = [own[np.argsort(-coherence[own], kind="stable")[: int(_COHERENT * len(own))]] for own in bins]
    # the median: less of it is of the texture that there is along some edges
    power = np.array([np.median(squares[own]) for own in chosen])
    if not power[:_FLAT].any():
        return none
    return np.array([np.median(activity[own]) for own in bins]), np.sqrt(power / power[:_FLAT].mean())


def _samples(y, level, index):
    """Activity, squared difference along the edge in units of the flat noise, and coherence, at pixels that are not clipped."""
    gray = y.mean(axis=-1)
    tensor = structure_tensor(scipy.ndimage.gaussian_filter(gray, _GRADIENT_WIDTH), _TENSOR_WIDTH, order="rc")
    usable = np.flatnonzero(((y > 0) & (y < 1)).all(axis=-1))
    if len(usable) > _MOST:
        usable = np.sort(np.random.default_rng(index).choice(usable, _MOST, replace=False))
    rows, both, columns = (part.ravel()[usable] for part in tensor)
    across = np.arctan2(2 * both, rows - columns) / 2  # of the gradient, from the axis of rows
    place, along = np.stack(np.unravel_index(usable, gray.shape)), _STEP * np.stack([-np.sin(across), np.cos(across)])
    difference = sum(
        weight * scipy.ndimage.map_coordinates(gray, place + steps * along, order=1, mode="reflect")
        for steps, weight in _DIFFERENCE
    )
    noise = level.mean(axis=-1).ravel()[usable]
    coherence = np.hypot(rows - columns, 2 * both) / np.maximum(rows + columns, 1e-20)
    return camera.activity(y, level).ravel()[usable], np.square(difference / np.maximum(noise, 1e-6)), coherence
