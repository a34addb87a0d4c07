"""Classical denoisers of scikit-image, given the true noise level: the rows beside which a network has to stand.

Images are [H, W, C] float32, [0, 1] scale; sigma is on the same scale.
"""

import numpy as np
from skimage import restoration


def non_local_means(y, sigma):
    """Non-local means with 5x5 patches in a 13x13 window, cut-off 0.6 sigma, as scikit-image's example recommends."""
    x_hat = restoration.denoise_nl_means(
        y, patch_size=5, patch_distance=6, h=0.6 * sigma, sigma=sigma, fast_mode=True, channel_axis=-1
    )
    return x_hat.reshape(y.shape)  # scikit-image drops a single channel


def wavelet(y, sigma):
    """Wavelet shrinkage with BayesShrink thresholds."""
    return restoration.denoise_wavelet(y, sigma=sigma, method="BayesShrink", mode="soft", channel_axis=-1)


def total_variation(y, sigma):
    """Total variation (Chambolle), weight equal to sigma."""
    return restoration.denoise_tv_chambolle(y, weight=sigma, channel_axis=-1)


BASELINES = {"non-local means": non_local_means, "wavelet": wavelet, "total variation": total_variation}


def identity(y, sigma):
    """The noisy input itself, unclipped."""
    del sigma
    return np.asarray(y)
