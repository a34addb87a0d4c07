"""Noise that is not Gaussian, made so without a model of it: by its ranks among pixels of the same brightness.

Recorruption needs Gaussian noise. Stabilised noise of few counts is skewed: a network that is trained on it learns that a bright
pixel stays bright, and leaves dots. Here the residuals y - m of all pixels whose mean m is estimated to be alike are replaced by
the normal scores of their ranks, over their correlation c with the residuals (0.84 at 0.5 counts, 0.985 from 4 on). If m is wrong
by a small d, residuals grow by d, scores by c d: so the new values are around the true mean, with noise of 1/c^2 the variance.

Its standard deviation comes from the residuals, too. An estimate m = f(y) takes a part of the noise with it. For an estimate that
is the mean of what x can be, given y, the mean square of the residuals is sigma^2 (1 - f'), where f' is how much f(y) at a pixel
grows with that pixel (Tweedie's formula of second order: its error is sigma^2 f').
"""

import numpy as np
import scipy.special

_GROUP, _GROUPS = 4000, 60  # pixels of a group of the same brightness, at least, and how many groups at most
_LARGEST_SLOPE = 0.9


def gaussian(values, means, slopes):
    """Noisy values whose noise is Gaussian, and its standard deviation.

    Args:
      values: list of arrays of any shape, whose noise depends on their brightness alone.
      means: list of estimates of what they are without noise.
      slopes: list of f' at each pixel, which may be noisy: means over many pixels count.
    Returns:
      (list of float64 arrays, list of float64 arrays with the standard deviation at each pixel).
    Source: normal scores by ranks (van der Waerden, 1952); their use for recorruption is ours.
    """
    y, m, slope = (np.concatenate([np.ravel(part).astype(np.float64) for part in parts]) for parts in (values, means, slopes))
    order = np.argsort(m, kind="stable")
    scores, sigma = np.empty_like(y), np.empty_like(y)
    for group in np.array_split(order, max(1, min(_GROUPS, len(y) // _GROUP))):
        residual = y[group] - m[group]
        middle, own = residual.mean(), np.clip(slope[group].mean(), 0.0, _LARGEST_SLOPE)
        score = np.empty(len(group))
        score[np.argsort(residual, kind="stable")] = scipy.special.ndtri((np.arange(len(group)) + 0.5) / len(group))
        # residual.std() over their correlation
        deviation = np.square(residual - middle).sum() / max(float((residual * score).sum()), 1e-300)
        scores[group] = middle + deviation * score
        sigma[group] = deviation / np.sqrt(1 - own)
    ends = np.cumsum([np.size(part) for part in values])[:-1]
    shaped = [
        [own.reshape(np.shape(part)) for own, part in zip(np.split(flat, ends), values, strict=True)]
        for flat in (m + scores, sigma)
    ]
    return shaped[0], shaped[1]
