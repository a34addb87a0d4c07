"""Noise level from a noisy image alone."""

from skimage.restoration import estimate_sigma

from r2r_tf.errors import InputError

_SMALLEST_SIDE = 8


def wavelet(y):
    """Noise standard deviation from the median absolute deviation of the finest diagonal wavelet coefficients.

    Assumes white Gaussian noise; texture makes it too large, correlated noise far too small.

    Args:
      y: [H, W, C] noisy image, [0, 1] scale.
    Returns:
      A float on the same scale, averaged over channels.
    Raises:
      InputError: fewer than 8 pixels on a side, too few for the figure to mean anything.
    Source: Donoho and Johnstone, Biometrika 1994, as scikit-image's `estimate_sigma`.
    """
    if min(y.shape[:2]) < _SMALLEST_SIDE:
        raise InputError(f"The noise of so small an image cannot be estimated: give sigma. Received: shape {y.shape}")
    return float(estimate_sigma(y, channel_axis=-1, average_sigmas=True))
