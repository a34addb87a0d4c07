"""Classical denoisers of scikit-image, given the true noise level, or the best where the noise is real: the rows beside which a
network has to stand.

Images are [H, W, C] float32, [0, 1] scale; sigma is on the same scale.
"""

import functools

import numpy as np
from skimage import restoration

from r2r_tf.errors import package
from r2r_tf.estimation import white
from r2r_tf.evaluation import metrics


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


def block_matching(y, sigma):
    """BM3D with its default profile, from the package `bm3d` (for non-commercial use only).

    Raises:
      InputError: the package is missing.
    """
    bm3d = package("bm3d", "bm3d", "BM3D", " (for non-commercial use only)")
    estimate = bm3d.bm3d_rgb if y.shape[-1] == 3 else bm3d.bm3d
    return np.asarray(estimate(y.astype(np.float64), sigma), np.float32).reshape(y.shape)


LEVELS = tuple(level / 255 for level in (1, 2, 3, 4, 6, 8, 12, 16, 24))
BASELINES = {"non-local means": non_local_means, "wavelet": wavelet, "total variation": total_variation}


def chosen(with_bm3d):
    """The baselines as a dict from name to function; BM3D, which takes seconds per image, only if wanted."""
    return {**BASELINES, **({"BM3D": block_matching} if with_bm3d else {})}


def by_law(method, y, law):
    """A baseline behind the law of the noise: counting noise is stabilised first, and the estimate brought back without bias.

    Args:
      method: one of the functions above.
      y: [H, W, C].
      law: as from `found_law.of_pages`; None for white noise, of the level that the picture itself tells.
    """
    if law is None:
        level = white.white_level(y)
        return method(y, level) if level > 0 else y
    law = law.settled([y])
    t = law.stabilised(y)
    low, unit = float(t.min()), max(float(np.ptp(t)), 1e-9)
    level = (law.smooth.level if law.smooth else 1.0) / unit
    return np.float32(law.unstabilised(low + unit * method(np.float32((t - low) / unit), level)))


def best_level(method, pairs):
    """The level at which a baseline does best on pictures whose noise is real and has no one level.

    From the middle of `LEVELS` on uphill: too low a level leaves noise, too high a level takes detail, so there is one peak.

    Args:
      method: one of the functions above.
      pairs: list of (x, y), clean and noisy images that are not to be scored.
    Returns:
      The one of `LEVELS` with the highest mean PSNR, [0, 1] scale.
    """

    @functools.cache
    def score(place):
        return np.mean([metrics.psnr(x, method(y, LEVELS[place])) for x, y in pairs])

    place = len(LEVELS) // 2
    while True:
        best = max((own for own in (place, place - 1, place + 1) if 0 <= own < len(LEVELS)), key=score)
        if best == place:
            return LEVELS[place]
        place = best


def identity(y, sigma):
    """The noisy input itself, unclipped."""
    del sigma
    return np.asarray(y)
