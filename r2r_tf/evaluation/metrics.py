"""Image quality per image: PSNR and SSIM on estimates clipped to [0, 1], data range 1, no rounding to 8 bits.

Images are unbatched, [H, W, C] or [H, W], float, [0, 1] scale. Means over a set are means of these per-image figures.
"""

import numpy as np
from numpy.typing import ArrayLike
from skimage.metrics import peak_signal_noise_ratio, structural_similarity


def psnr(x: ArrayLike, x_hat: ArrayLike, clip: bool = True) -> float:
    """Peak signal-to-noise ratio in dB, 10 log10(1 / mean (x - x_hat)^2).

    Args:
      x: [H, W, C] clean image.
      x_hat: estimate, shaped like x.
      clip: clip the estimate to [0, 1] first; False for the figure of an unclipped noisy input.
    Returns:
      A float; infinite for a perfect estimate.
    """
    with np.errstate(divide="ignore"):
        return float(peak_signal_noise_ratio(_float64(x), _estimate(x_hat, clip), data_range=1.0))


def ssim(x: ArrayLike, x_hat: ArrayLike, clip: bool = True) -> float:
    """Mean structural similarity with Gaussian weights (sigma 1.5), averaged over channels.

    Args:
      x, x_hat, clip: as in `psnr`; at least 11 pixels on each side.
    Returns:
      A float in [-1, 1].
    Source: Wang et al., IEEE TIP 2004; equal to their reference code and to `tf.image.ssim`.
    """
    return float(
        structural_similarity(
            _channels_last(x),
            _channels_last(_estimate(x_hat, clip)),
            channel_axis=-1,
            data_range=1.0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )


def legacy_ssim(x, x_hat, clip=True):
    """SSIM with uniform 7x7 windows and data range 2, the defaults of old scikit-image versions for float images.

    It is inflated (0.83 becomes 0.905) and only here to compare with published figures that were computed so.

    Args:
      x, x_hat, clip: as in `ssim`.
    """
    return float(
        structural_similarity(_channels_last(x), _channels_last(_estimate(x_hat, clip)), channel_axis=-1, data_range=2.0)
    )


def fitted(x, x_hat):
    """g x_hat + o, the one nearest to x: for pairs of files that were rescaled one by one.

    Args:
      x, x_hat: clean image and estimate, shaped alike.
    """
    gain, offset = np.polyfit(_float64(x_hat).ravel(), _float64(x).ravel(), 1)
    return gain * _float64(x_hat) + offset


def _float64(image):
    return np.asarray(image, np.float64)


def _estimate(x_hat, clip):
    return np.clip(_float64(x_hat), 0.0, 1.0) if clip else _float64(x_hat)


def _channels_last(image):
    image = _float64(image)
    return image[..., None] if image.ndim == 2 else image
