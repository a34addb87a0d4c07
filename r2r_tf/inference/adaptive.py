"""As many draws as an image needs: the averaged estimate until its standard error is small enough."""

import numpy as np

from r2r_tf.inference import passes

_FEWEST_PAIRS = 2


def estimate(denoiser, y, noise, average, *, target_se, seed=0, number=0):
    """Mean over antithetic pairs of one image, until its standard error is at most the target.

    The standard error of the mean is told from the pairs' means, which are independent: the root of the mean over pixels of
    their variance, over their number. Between orientations the pairs differ by more than their draws, which counts too.

    Args:
      denoiser: `denoisers.Denoiser`.
      y: [H, W, C] float32.
      noise: `noise.ImageNoise` of the image.
      average: `passes.Average`, antithetic; its num_recorruptions is the most.
      target_se: root mean square over pixels, [0, 1] scale.
      seed, number: as in `passes.mean_and_deviation`.
    Returns:
      ([H, W, C] float32, standard error, number of draws).
    """
    own, pairs = passes.passes_of(average), passes.Running(y.shape)
    while True:
        jobs = [(0, one) for one in own[2 * pairs.count : 2 * pairs.count + 2]]
        outputs = passes.outputs(denoiser, y[None], [noise], jobs, alpha=average.alpha, seed=seed, numbers=(number,))
        pairs.add(np.mean(list(outputs), axis=0))
        if pairs.count >= _FEWEST_PAIRS:
            standard_error = float(np.sqrt(np.mean(pairs.variance) / pairs.count))
            if standard_error <= target_se or 2 * pairs.count == len(own):
                return pairs.mean, standard_error, 2 * pairs.count
