"""As many draws as an image needs: the averaged estimate until its standard error is small enough."""

import numpy as np

from r2r_tf import passes

_FEWEST_PAIRS = 2


def estimate(network, y, noise, average, target_se, seed=0, number=0):
    """Mean over antithetic pairs of one image, until its standard error is at most the target.

    The standard error of the mean is told from the pairs' means, which are independent: the root of the mean over pixels of
    their variance, over their number. Between orientations the pairs differ by more than their draws, which counts too.

    Args:
      network: `keras.Model`.
      y: [H, W, C] float32.
      noise: noise model of the image.
      average: `passes.Average`, antithetic; its num_recorruptions is the most.
      target_se: root mean square over pixels, [0, 1] scale.
      seed, number: as in `tiles.estimates`.
    Returns:
      ([H, W, C] float32, standard error, number of draws).
    """
    own = passes.passes_of(average)
    mean, squares = np.zeros(y.shape), np.zeros(y.shape)
    for pairs in range(1, len(own) // 2 + 1):
        jobs = [(0, one) for one in own[2 * pairs - 2 : 2 * pairs]]
        pair = np.mean(list(passes.outputs(network, y[None], [noise], average.alpha, jobs, seed, first_image=number)), axis=0)
        change = pair - mean
        mean += change / pairs
        squares += change * (pair - mean)
        if pairs >= _FEWEST_PAIRS:
            standard_error = float(np.sqrt(np.mean(squares) / (pairs - 1) / pairs))
            if standard_error <= target_se:
                break
    return mean.astype(np.float32), standard_error, 2 * pairs
