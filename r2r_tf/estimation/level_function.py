"""The noise level as a function of brightness, from windows that show noise alone; settings borrow from each other."""

import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.noise.camera import CameraNoise

BINS = 16
FEWEST = 20  # windows, for a bin to count
_ROUNDS = 20
_PRIOR = 200  # as many windows of its own give a setting half of the say in its factor, the pool the other half


def level_functions(windows_of_settings):
    """The level functions of several settings of cameras (or of one) at once.

    They are of what a small window shows of the noise, so their scale is too low where the noise is correlated.

    log sigma = a(setting) + s(brightness), for each channel: settings differ by a factor, and share the shape. Both are found by
    median polish, which a few bins whose windows hold more than noise cannot mislead; the factor of a setting with few windows
    is drawn to the pool's.

    Args:
      windows_of_settings: dict from setting to `flat_windows.Windows`.
    Returns:
      Dict from setting to `CameraNoise`, white, as strong in structure as elsewhere.
    Raises:
      InputError: too few windows at any brightness.
    Source of the polish: Tukey, Exploratory Data Analysis, 1977.
    """
    channels = next(iter(windows_of_settings.values())).means.shape[-1]
    logarithms = [_one_channel([_bins(windows, c) for windows in windows_of_settings.values()]) for c in range(channels)]
    middles = (np.arange(BINS) + 0.5) / BINS
    sigma = np.exp(np.stack(logarithms, axis=-1))  # [setting, bin, channel]
    white = np.eye(channels, dtype=np.float32)[None, None]
    return {setting: CameraNoise(middles, own, white) for setting, own in zip(windows_of_settings, sigma, strict=True)}


def _bins(windows, channel):
    """log sigma in bins of brightness, NaN where there are too few windows, and how many windows there are, [BINS] each."""
    variances = windows.variances()[:, channel]
    number = np.clip((windows.means[:, channel] * BINS).astype(int), 0, BINS - 1)
    counts = np.bincount(number, minlength=BINS)
    levels = np.full(BINS, np.nan)
    for bin in np.flatnonzero(counts >= FEWEST):
        levels[bin] = np.log(max(1e-12, np.median(variances[number == bin]))) / 2
    return levels, counts


def _one_channel(settings):
    """log sigma [setting, BINS] from the bins of all settings."""
    table, counts = (np.stack(part) for part in zip(*settings, strict=True))
    known = np.flatnonzero(np.isfinite(table).any(axis=0))
    if not len(known):
        raise InputError("The pictures show their noise alone in too few places. Give more pictures, or ones with smooth areas.")
    factors, shape = _polish(table[:, known])
    own = np.where(np.isfinite(table), counts, 0).sum(axis=1)
    factors = factors * own / (own + _PRIOR)
    if len(known) > 2:
        # one bin that sticks out holds more than noise
        shape = np.median(np.stack([shape[[0, *range(len(known) - 1)]], shape, shape[[*range(1, len(known)), -1]]]), axis=0)
    return factors[:, None] + np.interp(np.arange(BINS), known, shape)


def _polish(table):
    """Row and column effects of a table with gaps, the rows' median zero."""
    rows, columns = np.zeros(table.shape[0]), np.zeros(table.shape[1])
    for _ in range(_ROUNDS):
        columns = np.nanmedian(table - rows[:, None], axis=0)
        rows = _nanmedian_rows(table - columns)
        middle = np.median(rows)
        rows, columns = rows - middle, columns + middle
    return rows, columns


def _nanmedian_rows(table):
    return np.array([np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else 0.0 for row in table])
