"""What noisy pictures say of their noise, as numbers for a table, and which assumptions look broken."""

import numpy as np

from r2r_tf.estimation import correlation, flat_windows, white

_CORRELATED = 0.1  # correlation to the next pixel or between channels that counts
_CLIPPED = 0.01  # part of the pixels at the ends of the range that counts
_UNEQUAL = 1.3  # ratio of levels at different brightnesses that counts


def describe(picture):
    """Figures of one picture.

    Args:
      picture: [H, W, C], [0, 1] scale.
    Returns:
      Dict: chen2015, wavelet, calm (`white.white_level`, which denoising uses), flat (from flat windows, whatever the
      correlation; all four on the [0, 1] scale), right, below (correlation to the next pixel in a row and in a column, mean over
      channels), channels (largest between two channels at a pixel, 0 for gray), brightness_ratio (of the levels in the brightest
      and darkest third of the flat windows, the larger over the smaller), clipped (part of the pixels at 0 or 1). None where
      there are too few flat windows.
    """
    result = {
        "chen2015": white.chen2015(picture),
        "wavelet": white.wavelet(picture),
        "calm": white.white_level(picture),
        **dict.fromkeys(("flat", "right", "below", "channels", "brightness_ratio")),
        "clipped": float(np.mean((picture == 0) | (picture == 1))),
    }
    windows = flat_windows.pool([flat_windows.flat_windows(picture)])
    if len(windows.means) >= correlation.FEWEST:
        lags = correlation.autocovariance(windows)
        middle = correlation.REACH
        own = windows.variances() * correlation.lost_with_planes(lags)
        levels = np.sqrt([np.median(part) for part in _thirds_by_brightness(windows.means, own)])
        between = lags[middle, middle] - np.eye(lags.shape[-1])
        result |= {
            "flat": float(np.sqrt(np.median(own))),
            "right": float(np.mean(np.diagonal(lags[middle, middle + 1]))),
            "below": float(np.mean(np.diagonal(lags[middle + 1, middle]))),
            "channels": float(np.abs(between).max()),
            "brightness_ratio": float(max(levels[0], levels[-1]) / max(min(levels[0], levels[-1]), 1e-9)),
        }
    return result


def warnings(description):
    """Sentences about what is not as the method for white noise assumes."""
    found = []
    if description["flat"] is None:
        found.append("too few smooth areas to tell the noise's correlation and its level apart from texture")
    else:
        nearest = max(abs(description["right"]), abs(description["below"]))
        if nearest > _CORRELATED:
            found.append(f"the noise is correlated ({nearest:.2f} to the next pixel): estimates for white noise are too small")
        if description["channels"] > _CORRELATED:
            found.append(f"the channels' noises are correlated ({description['channels']:.2f})")
        if description["brightness_ratio"] > _UNEQUAL:
            found.append(f"the level depends on brightness ({description['brightness_ratio']:.1f} times between dark and bright)")
    if description["clipped"] > _CLIPPED:
        found.append(f"{100 * description['clipped']:.0f} % of the pixels are clipped, where the noise is not Gaussian")
    return found


def _thirds_by_brightness(means, values):
    order = np.argsort(means.mean(axis=1), kind="stable")
    return [values[part] for part in np.array_split(order, 3)]
