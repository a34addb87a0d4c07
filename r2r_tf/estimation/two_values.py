"""Pictures of two values, such as print, drawings and dither: patterns there are no noise, unless both values have some."""

import numpy as np
from skimage.filters import threshold_otsu

_DEVIATION = 1.4826  # of normal noise, in units of the median distance
_APART = 8.0  # how far the two are apart at least, in units of the noise of either
_BETWEEN, _MOST_BETWEEN = 0.25, 0.2  # from which part of the way between them a pixel is of neither, and how many may be
_LEAST = 0.02  # part of the pixels that have the rarer value
# side of blocks that show noise alone, and the least part of the noise of all that they have: paper is flat, a sky is not
_SMALL, _FLAT = 4, 0.7
_SMALLEST = 64 * 64  # pixels: of fewer, nothing is said
_LOCAL, _BY_CHANCE = (
    8,
    (0.8, 1.4),
)  # side of blocks that tell how likely ones are; and how much their means vary if they are drawn


def level_of(y):
    """The level of the noise of a picture of two values, the mean over channels; None for other pictures.

    Args:
      y: [H, W, C], NaN where it has no values.
    """
    levels = [_of_channel(y[..., c]) for c in range(y.shape[-1])]
    return None if None in levels else float(np.mean(levels))


def _of_channel(y):
    values = y[np.isfinite(y)]
    if values.size < _SMALLEST or values.min() == values.max():
        return None
    middle = threshold_otsu(values)
    sides = [values[values <= middle], values[values > middle]]
    if min(own.size for own in sides) < _LEAST * values.size:
        return None
    medians = [np.median(own) for own in sides]
    distances = [np.abs(own - median) for own, median in zip(sides, medians, strict=True)]
    noise = [_DEVIATION * np.median(own) for own in distances]
    apart = medians[1] - medians[0]
    between = np.mean(np.concatenate(distances) > _BETWEEN * apart)
    larger = int(sides[1].size > sides[0].size)
    if not (apart > _APART * max(noise) and between <= _MOST_BETWEEN) or _are_drawn(y > middle):
        return None
    flat = noise[larger] == 0 or _local(y, medians[larger], apart / 2) > _FLAT * noise[larger]
    return float(noise[larger]) if flat else None


def _local(y, value, reach):
    """Standard deviation of noise within small blocks that have one of the two values; 0 where there are none."""
    rows, columns = (side // _SMALL * _SMALL for side in y.shape)
    part = y[:rows, :columns].reshape(rows // _SMALL, _SMALL, columns // _SMALL, _SMALL).swapaxes(1, 2)
    own = np.all(np.abs(part - value) < reach, axis=(2, 3))
    return float(np.sqrt(np.median(part[own].var(axis=(1, 2), ddof=1)))) if own.any() else 0.0


def _are_drawn(ones):
    """Whether pixels [H, W] are ones by chance, each by itself, as photons are counted one by one.

    Means of 2 x 2 of them then vary as those of p (1 - p) do; those of patterns less, those of drawings and letters more.
    """
    rows, columns = (side // _LOCAL * _LOCAL for side in ones.shape)
    part = ones[:rows, :columns].astype(np.float64)
    chance = part.reshape(rows // _LOCAL, _LOCAL, columns // _LOCAL, _LOCAL).mean(axis=(1, 3))
    means = part.reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3))
    variance = np.square(np.diff(means, axis=1)).mean() / 2
    low, high = _BY_CHANCE
    return bool(low < variance / max((chance * (1 - chance)).mean() / 4, 1e-12) < high)
