"""How much of a denoiser's correction to trust, from the noisy picture alone: what makes an estimate no worse than its input.

With d = f(y) - y and white noise of sigma, Stein's unbiased estimate of the risk of y + w d is, for each pixel,
sigma^2 + 2 w sigma^2 (div f - 1) + w^2 d^2. It is least for w = sigma^2 (1 - div f) / d^2: about 1 where a network takes away
noise alone, small where it takes away structure, as it does when there is less noise than it has learnt. Both means are local.
Source: Stein, Annals of Statistics 1981; the divergence by a random probe, Ramani, Blu and Unser, IEEE TIP 2008.
"""

import numpy as np
import scipy.ndimage

# pixels over which risks are averaged, and how far that reaches
WIDTH, RADIUS = 8.0, 16
# of the picture's range: with more noise than this, weights are 1 but for their own noise (measured: below 0.1 dB on any picture)
MOST_NOISE = 20 / 255
PROBE = 0.3  # strength of the probe, times sigma


def weights(correction, change, probe, sigma):
    """w for each pixel.

    Args:
      correction: d = f(y) - y, [H, W, C].
      change: f(y + e b) - f(y), [H, W, C], with e = PROBE sigma.
      probe: b, standard normal, [H, W, C].
      sigma: standard deviation of the noise in y, above 0.
    Returns:
      [H, W, 1] float32, 0 to 1.
    """
    divergence = _local_mean(probe * change) / (PROBE * sigma)
    return np.clip(sigma**2 * (1 - divergence) / np.maximum(_local_mean(np.square(correction)), 1e-20), 0, 1).astype(np.float32)


def _local_mean(values):
    mean = values.mean(axis=-1, keepdims=True, dtype=np.float64)
    return scipy.ndimage.gaussian_filter(mean, (WIDTH, WIDTH, 0), radius=(RADIUS, RADIUS, 0))
