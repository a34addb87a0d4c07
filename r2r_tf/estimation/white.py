"""The level of white noise from a noisy image alone."""

import numpy as np
from skimage.restoration import estimate_sigma

from r2r_tf.errors import InputError
from r2r_tf.estimation import calm_blocks

SMALLEST_SIDE = 8


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
    if min(y.shape[:2]) < SMALLEST_SIDE:
        raise InputError(f"The noise of so small an image cannot be estimated: give sigma. Received: shape {y.shape}")
    return float(estimate_sigma(y, channel_axis=-1, average_sigmas=True))


def white_level(y):
    """Noise standard deviation of white noise: from the calmest blocks, or, where the image is too small, by wavelets.

    Args:
      y: [H, W, C] noisy image; NaN where it has no values, in some places of each channel.
    Returns:
      A float on the scale of y, averaged over the channels that are not constant; 0 for a constant image.
    Raises:
      InputError: fewer than 8 pixels on a side.
    """
    channels = [y[..., c] for c in range(y.shape[-1]) if np.nanmax(y[..., c]) > np.nanmin(y[..., c])]
    if not channels:
        return 0.0
    if min(y.shape[:2]) < calm_blocks.SMALLEST_SIDE:
        return wavelet(np.nan_to_num(np.stack(channels, axis=-1), nan=float(np.nanmean(y))))
    return float(np.mean([calm_blocks.calm_blocks(channel) for channel in channels]))


def chen2015(y, patch_size=8):
    """Noise standard deviation from the smallest eigenvalues of the covariance of all patches.

    Where patches of clean images lie near a subspace, the other eigenvalues are the noise variance. The largest eigenvalue is
    dropped until as many of the rest lie above their mean as below it; the mean is the estimate. Assumes white noise, and takes
    correlated noise for signal: on camera JPEGs it finds next to nothing.

    Args:
      y: [H, W] or [H, W, C] noisy image, [0, 1] scale.
      patch_size: d; there are C d^2 eigenvalues. More patches than that are needed.
    Returns:
      A float on the same scale.
    Raises:
      InputError: the image has too few patches.
    Source: Chen, Zhu and Heng, "An Efficient Statistical Method for Image Noise Level Estimation", ICCV 2015, algorithm 1.
    """
    y = np.asarray(y, np.float64)
    y = y[..., None] if y.ndim == 2 else y
    height, width = (side - patch_size + 1 for side in y.shape[:2])
    if min(height, width) < 1 or height * width <= y.shape[2] * patch_size**2:
        raise InputError(
            f"An image of shape {y.shape} has too few patches of {patch_size} pixels to estimate its noise: give sigma."
        )
    eigenvalues = np.linalg.eigvalsh(patch_covariance(y, patch_size))[::-1]
    # sums and means of the eigenvalues from each on
    means = np.cumsum(eigenvalues[::-1])[::-1] / np.arange(len(eigenvalues), 0, -1)
    for first, mean in enumerate(means):
        rest = eigenvalues[first:]
        if np.sum(rest > mean) >= np.sum(rest < mean):
            return float(np.sqrt(max(0.0, mean)))
    raise AssertionError("unreachable: a single eigenvalue is its own mean")


def patch_covariance(y, patch_size):
    """Covariance of all overlapping patches, [d d C, d d C] in the order row, column, channel.

    With R_r the d pixels wide pieces of image row r, the block of patch rows i and i + k is the sum of R_r^T R_{r+k} over the
    image rows r that patch row i takes: d matrix products for each row of the image, not d^2.

    Args:
      y: [H, W, C] float64.
      patch_size: d.
    """
    d, (height, width, channels) = patch_size, y.shape
    y = y - y.mean(axis=(0, 1))  # smaller numbers round better
    pieces = np.lib.stride_tricks.sliding_window_view(y, d, axis=1)
    pieces = np.ascontiguousarray(np.swapaxes(pieces, 2, 3)).reshape(height, width - d + 1, d * channels)
    covariance = np.empty((d, d * channels, d, d * channels))
    places = height - d + 1
    for k in range(d):
        products = np.matmul(np.swapaxes(pieces[: height - k], 1, 2), pieces[k:])
        block = products[:places].sum(axis=0)
        for i in range(d - k):
            covariance[i, :, i + k], covariance[i + k, :, i] = block, block.T
            if i + 1 < d - k:
                block = block + products[i + places] - products[i]
    mean = np.concatenate([pieces[i : i + places].mean(axis=(0, 1)) for i in range(d)])
    return covariance.reshape(mean.size, mean.size) / (places * (width - d + 1)) - np.outer(mean, mean)
