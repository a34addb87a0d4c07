"""Small windows of noisy images that show their noise alone, found without clean images.

A window is taken for flat if the windows around it vary little. What it shows itself does not count, so its noise is neither
smaller nor larger than elsewhere: to choose the windows that vary least is to choose those with the least noise.
"""

from typing import NamedTuple

import numpy as np

from r2r_tf.errors import InputError

SIZE = 12
_STEP = SIZE // 3
_BINS = 16  # of brightness: windows compete with those that are as bright
_KEPT = 0.2  # of an image's windows
_POOLED = 0.5  # of those, in the pool of all images
_MOST = 2000  # windows kept of an image
_CONSTANT = 0.5  # part of a window's pixels that equal its first: margins and no-data areas have no noise
_CLIPPED = 0.01  # largest part of a window's pixels at the ends of the range, 0 or 1 exactly


class Windows(NamedTuple):
    """Windows of one image or several.

    Attributes:
      means: [N, C] of the pixels, [0, 1] scale.
      residuals: [N, SIZE SIZE, C] what is left without the plane of best fit.
      around: [N] how much the eight windows around vary.
    """

    means: np.ndarray
    residuals: np.ndarray
    around: np.ndarray

    def variances(self):
        """[N, C], of the residuals, for the degrees of freedom that the plane leaves."""
        return np.einsum("npc,npc->nc", self.residuals, self.residuals, dtype=np.float64) / (SIZE * SIZE - len(PLANES))


def flat_windows(y):
    """The flattest windows of one image, a fifth of those of similar brightness, 2,000 at most.

    Args:
      y: [H, W, C] noisy image, [0, 1] scale.
    Returns:
      `Windows`, none of them clipped; there may be none.
    Raises:
      InputError: the image is smaller than three windows in either direction.
    """
    if min(y.shape[:2]) < 3 * SIZE:
        raise InputError(
            f"The noise of pictures below {3 * SIZE} pixels a side cannot be estimated: give sigma. Received: shape {y.shape}"
        )
    grid = np.lib.stride_tricks.sliding_window_view(y, (SIZE, SIZE), axis=(0, 1))[::_STEP, ::_STEP]
    rows = [_describe(row) for row in grid]
    means, varies, spoilt = (np.stack(part) for part in zip(*rows, strict=True))
    reach = SIZE // _STEP
    inner = (slice(reach, -reach), slice(reach, -reach))
    shifts = [(i, j) for i in (-reach, 0, reach) for j in (-reach, 0, reach) if (i, j) != (0, 0)]
    around = sum(np.roll(varies, shift, axis=(0, 1)) for shift in shifts)[inner]
    places = np.argwhere(~spoilt[inner])
    row, column = places.T
    means, around = means[inner][row, column], around[row, column] / len(shifts)
    chosen = _flattest(means, around, _KEPT)
    if len(chosen) > _MOST:
        chosen = np.sort(np.random.default_rng(0).choice(chosen, _MOST, replace=False))
    windows = grid[row[chosen] + reach, column[chosen] + reach].reshape(len(chosen), y.shape[2], SIZE * SIZE)
    return Windows(means[chosen], np.swapaxes(_without_plane(windows), 1, 2), around[chosen])


def pool(windows):
    """The flatter half, at similar brightness, of the windows of several images.

    Windows that vary four times as much as is usual at their brightness are left out: something is in them, alone.

    Args:
      windows: list of `Windows`.
    Returns:
      `Windows`.
    """
    joined = Windows(*(np.concatenate(part) for part in zip(*windows, strict=True)))
    joined = _take(joined, _flattest(joined.means, joined.around, _POOLED))
    own, bins = joined.variances().sum(axis=1), _brightness_bins(joined.means)
    usual = np.array([np.median(own[bins == bin]) if (bins == bin).any() else 0.0 for bin in range(_BINS)])
    return _take(joined, own <= 4 * usual[bins])


def _describe(row):
    """Means [n, C], variance without the plane [n], and whether clipped or constant [n], of windows [n, C, SIZE, SIZE]."""
    windows = row.reshape(*row.shape[:2], SIZE * SIZE)
    clipped = ((windows == 0) | (windows == 1)).mean(axis=2).max(axis=1) > _CLIPPED
    constant = (windows == windows[..., :1]).mean(axis=2).min(axis=1) > _CONSTANT
    return windows.mean(axis=2), np.square(_without_plane(windows)).sum(axis=(1, 2)), clipped | constant


def _without_plane(windows):
    basis = PLANES.astype(windows.dtype)
    return windows - (windows @ basis.T) @ basis


def _flattest(means, around, fraction):
    """Indices of the part of the windows whose surroundings vary least, in each bin of brightness."""
    bins = _brightness_bins(means)
    chosen = []
    for number in range(_BINS):
        inside = np.flatnonzero(bins == number)
        chosen.append(inside[np.argsort(around[inside], kind="stable")[: int(np.ceil(fraction * len(inside)))]])
    return np.sort(np.concatenate(chosen))


def _brightness_bins(means):
    return np.clip((means.mean(axis=1) * _BINS).astype(int), 0, _BINS - 1)


def _take(windows, chosen):
    return Windows(*(part[chosen] for part in windows))


def _planes():
    along = np.arange(SIZE) - (SIZE - 1) / 2
    basis = np.stack([np.ones((SIZE, SIZE)), *np.meshgrid(along, along)]).reshape(3, -1)
    return basis / np.linalg.norm(basis, axis=1, keepdims=True)


PLANES = _planes()  # orthonormal: constant, slope along columns, slope along rows
