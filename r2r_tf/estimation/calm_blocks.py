"""The level of white noise from the calmest blocks of a picture, corrected for the texture that they still have.

White noise has the same power in the diagonal wavelet coefficients of the finest scale (HH1) and of the next one (HH2); texture
has several times as much in HH2 as in HH1. With HH1 = s^2 + t and HH2 = s^2 + r t the noise is s^2 = (r HH1 - HH2) / (r - 1).
Blocks are chosen by their other coefficients (HL2, LH2), which for white noise are independent of both: the choice adds no bias.
"""

import numpy as np
import pywt

_BLOCK = 8  # coefficients of HH1 on a side: 16 pixels
# times the noise: where even the calmest blocks hold more, as those of a lawn in JPEG do, what looks like noise is not believed.
# (White noise of 15 grey levels or more on 34 photographs, JPEG of quality 75 to 95 or none: 0.5 to 6; photographs without noise
# that seem to have some: 12 to 40.)
_MOST_STRUCTURE = 7.0
_CALM, _FEWEST = 0.1, 20  # part of the blocks, and how many at least
_RATIO = 4.0  # r: amplitudes of photographs fall with the inverse of the frequency
_STRATA, _GROWS = 4, 3.0  # of brightness, and how many times the variance of the darkest the brightest has
_ROUNDING = 1e-6  # of the picture's range: coefficients below are those of a constant
_MOST = 0.5  # part of a block's coefficients that may be so
_MOST_SPOILT = 0.05  # part of a block's pixels that may be holes, or at the ends of the range, where noise is cut off
SMALLEST_SIDE = 64


def calm_blocks(y):
    """Noise standard deviation of one channel.

    Args:
      y: [H, W] noisy image, at least 64 pixels on each side. NaN, constant areas such as margins, and clipped ones are left out.
    Returns:
      A float on the scale of y; 0 for a picture without noise.
    """
    y = np.asarray(y, np.float64)
    missing = np.isnan(y)
    low, high = np.min(y[~missing], initial=np.inf), np.max(y[~missing], initial=-np.inf)
    if not high > low:
        return 0.0
    y = np.where(missing, 0.0, (y - low) / (high - low))
    _, (pixels, missing), first, others, second = cells(_BLOCK, y, missing)
    shows = (np.abs(first) < _ROUNDING).mean(axis=1) <= _MOST
    whole = shows & (np.mean(missing | (pixels == 0) | (pixels == 1), axis=1) <= _MOST_SPOILT)
    shows = whole if whole.sum() >= _FEWEST else shows
    if not shows.any():
        return 0.0
    structure = sum(np.square(own).mean(axis=1) for own in others)[shows]
    first, second, brightness = first[shows], second[shows], pixels[shows].mean(axis=1)

    def calmest(own):
        return own[np.argsort(structure[own], kind="stable")[: max(_FEWEST, int(_CALM * len(own)))]]

    def variance_of(calm):
        fine, coarse = (np.square(part[calm]).mean() for part in (first, second))
        return fine - (max(coarse, fine / 2) - fine) / (_RATIO - 1)

    calm = calmest(np.arange(len(structure)))
    variance = variance_of(calm)
    if len(structure) >= _STRATA * _FEWEST:
        # noise that grows with brightness, as counting noise does: the calmest blocks are the dark ones
        strata = [variance_of(calmest(own)) for own in np.array_split(np.argsort(brightness, kind="stable"), _STRATA)]
        if strata[0] > 0 and strata == sorted(strata) and strata[-1] > _GROWS * strata[0]:
            variance = np.mean(strata)
    # in small pictures even some of the calmest blocks have edges
    if np.quantile(structure[calm], 0.25) / 2 > _MOST_STRUCTURE * variance:
        return 0.0
    return float(np.sqrt(max(0.0, variance)) * (high - low))


def cells(size, y, *masks):
    """What lies in each block of 2 size x 2 size pixels of a picture.

    Args:
      size: of a block, in coefficients of the finest scale.
      y: [H, W].
      *masks: further arrays of that shape.
    Returns:
      (shape of the grid of blocks, [y, *masks], HH1, [HL2, LH2], HH2), arrays with a row for each block.
    """
    coarse, (_, _, first) = pywt.dwt2(y, "db2", mode="periodization")
    _, (*others, second) = pywt.dwt2(coarse, "db2", mode="periodization")
    parts = [blocks_of(own, 2 * size) for own in (y, *masks)] + [blocks_of(first, size)]
    parts += [blocks_of(own, size // 2) for own in (*others, second)]
    grid = tuple(min(own.shape[axis] for own in parts) for axis in (0, 1))
    *pixels, first, across, along, second = (own[: grid[0], : grid[1]].reshape(grid[0] * grid[1], -1) for own in parts)
    return grid, pixels, first, [across, along], second


def blocks_of(values, size):
    """[rows, columns, size size] of values [H, W]; what does not fill a block is left out."""
    rows, columns = (side // size for side in values.shape)
    part = values[: rows * size, : columns * size].reshape(rows, size, columns, size)
    return part.swapaxes(1, 2).reshape(rows, columns, size * size)


def block_pixels(values, size):
    """[blocks, pixels and channels] of values [H, W, C]; what does not fill a block is left out."""
    parts = [blocks_of(values[..., c], size) for c in range(values.shape[-1])]
    return np.concatenate(parts, axis=-1).reshape(-1, len(parts) * size**2)


def flattest(pixels, part, fewest=1, whole=True):
    """Numbers of the blocks that vary the least: a part of all, but `fewest` at least; those that are not whole come last.

    Args:
      pixels: [blocks, pixels], as from `block_pixels`.
      part, fewest: how many.
      whole: [blocks] boolean, which may count.
    """
    variances = np.where(whole, pixels.var(axis=1), np.inf)
    return np.argsort(variances, kind="stable")[: max(fewest, int(part * len(variances)))]
