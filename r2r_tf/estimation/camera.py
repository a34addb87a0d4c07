"""The noise of cameras from their noisy pictures alone."""

import numpy as np

from r2r_tf.camera_noise import CameraNoise
from r2r_tf.errors import InputError
from r2r_tf.estimation import correlation, flat_windows, level_function, structure_gain

_PRIOR = 1000  # as many windows of its own give a setting half of the say in its correlation, the pool the other half


def camera_noise(pictures, settings=None):
    """The noise of each setting of a camera: correlation and level function, each drawn to the pool of all; one structure gain.

    Args:
      pictures: list of [H, W, C] noisy images, [0, 1] scale.
      settings: for each picture something that tells its camera and ISO value; None for one setting.
    Returns:
      (dict from setting to `CameraNoise`, `CameraNoise` of the pool).
    Raises:
      InputError: too few places that show noise alone.
    """
    settings = settings or [None] * len(pictures)
    found = [flat_windows.flat_windows(picture) for picture in pictures]
    windows = {
        setting: flat_windows.pool([own for own, name in zip(found, settings, strict=True) if name == setting])
        for setting in dict.fromkeys(settings)
    }
    pooled = flat_windows.pool(found)
    common = correlation.autocovariance(pooled)
    gain = correlation.lost_with_planes(common)
    levels = level_function.level_functions(windows, gain)
    result = {}
    for setting, own in windows.items():
        weight = len(own.means) / (len(own.means) + _PRIOR)
        covariance = common
        if len(own.means) >= correlation.FEWEST:
            covariance = weight * correlation.autocovariance(own) + (1 - weight) * common
        result[setting] = CameraNoise(levels[setting].brightness, levels[setting].sigma, correlation.kernel_of(covariance))
    shape = np.exp(np.median([np.log(level.sigma) for level in levels.values()], axis=0))
    brightness = next(iter(levels.values())).brightness
    knots, gain = structure_gain.structure_gain(pictures, [result[setting] for setting in settings])
    result = {setting: model._replace(activity=knots, gain=gain) for setting, model in result.items()}
    return result, CameraNoise(brightness, shape, correlation.kernel_of(common), knots, gain)


def pooled_noise(pictures):
    """`CameraNoise` of pictures of one setting; None where they do not show their noise, or differ in their channels."""
    if len({picture.shape[-1] for picture in pictures}) > 1:
        return None
    try:
        return camera_noise(pictures)[1]
    except InputError:
        return None


def level_factor(y, model):
    """How many times as strong as the model's the noise of one picture is: the median over its flat windows and channels.

    Args:
      y: [H, W, C] noisy image.
      model: `CameraNoise`.
    Returns:
      A float; 1 for a picture without flat windows.
    """
    own = flat_windows.pool([flat_windows.flat_windows(y)])
    if len(own.means) < level_function.FEWEST:
        return 1.0
    covariance = correlation.covariance_of(model.kernel)
    variances = own.variances() * correlation.lost_with_planes(covariance)
    return float(np.sqrt(np.median(variances / np.square(model.level_at(own.means)))))
