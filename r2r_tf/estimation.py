"""Noise level from a noisy image alone."""

from skimage.restoration import estimate_sigma


def wavelet(y):
    """Noise standard deviation from the median absolute deviation of the finest diagonal wavelet coefficients.

    Assumes white Gaussian noise; texture makes it too large, correlated noise far too small.

    Args:
      y: [H, W, C] noisy image, [0, 1] scale.
    Returns:
      A float on the same scale, averaged over channels.
    Source: Donoho and Johnstone, Biometrika 1994, as scikit-image's `estimate_sigma`.
    """
    return float(estimate_sigma(y, channel_axis=-1, average_sigmas=True))
