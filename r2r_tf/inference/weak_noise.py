"""The level of weak white noise, from what a denoiser takes away where a picture is flattest.

Estimators that look at fine coefficients take texture for noise or see none beside it. A denoiser knows texture. Where its
estimate f(y) is flat it is near the mean of what x can be, given y, so that the mean square of y - f(y) is sigma^2 (1 - f'), f'
being how much an estimate grows with its own pixel (Tweedie's formula of second order). The level that follows from a level that
was told is better than that. But a denoiser that is told too little leaves noise, and then says that there is less; so the larger
level counts, of this one and the one that fine coefficients tell: at sigma 5, a level 10 % too high costs 0.01 dB, one 10 % too
low 0.2.
"""

import numpy as np

from r2r_tf.inference import passes

MOST = 20 / 255  # of the picture's range: stronger noise is seen as well by its finest coefficients
_SIDE, _BLOCK = 320, 16  # of the window, and of the blocks
_FLAT, _FEWEST = 0.1, 8  # part of the blocks, and how many at least
_START, _UNSEEN, _ROUNDS = 8 / 255, 30 / 255, 4  # what is told first, at least, and where no level was found; and how often
_CLIPPED = 0.05  # part of a block's pixels that may be at the ends of the range, where noise is cut off
_SHOWN = 0.3  # least part of its noise that a denoiser takes away where it is seen
_PROBE, _SEED = 0.1, 2023  # strength of the probe, times sigma, and seed of its signs


def refined(denoiser, y, level):
    """The level of white noise in a picture; the one that was found where that is not weak, or where texture is all there is.

    Args:
      denoiser: homogeneous `denoisers.Denoiser` for white noise of any level.
      y: [H, W, C] noisy picture as the network sees it.
      level: what was found otherwise, 0 where nothing was.
    """
    if level > MOST or min(y.shape[:2]) < _BLOCK:
        return level
    top, left = (max(0, (side - _SIDE) // 2) for side in y.shape[:2])
    y = y[top : top + _SIDE, left : left + _SIDE]
    pixels = _blocks(y)
    whole = np.mean((pixels == y.min()) | (pixels == y.max()), axis=1) <= _CLIPPED
    signs = np.random.default_rng(_SEED).choice(np.float32((-1.0, 1.0)), y.shape)
    sigma = max(level, _START) if level else _UNSEEN
    for _ in range(_ROUNDS):
        estimate, moved = passes.apply(denoiser, np.stack([y, y + np.float32(_PROBE * sigma) * signs]), sigma).astype(np.float64)
        flatness = np.where(whole, _blocks(estimate).var(axis=1), np.inf)
        flat = np.argsort(flatness, kind="stable")[: max(_FEWEST, int(_FLAT * len(flatness)))]
        slope = _blocks(signs * (moved - estimate))[flat].mean() / (_PROBE * sigma)
        if 1 - slope < _SHOWN:
            return level
        sigma = float(np.sqrt(np.square(_blocks(y - estimate)[flat]).mean() / (1 - slope)))
    return max(level, sigma)


def _blocks(values):
    """[blocks, pixels and channels] of [H, W, C]; what does not fill a block is left out."""
    rows, columns = (side // _BLOCK for side in values.shape[:2])
    part = values[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK, -1)
    return part.swapaxes(1, 2).reshape(rows * columns, -1)
