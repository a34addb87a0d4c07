"""The noise of cameras from their noisy pictures alone."""

import dataclasses

import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.estimation import flat_windows, level_function, spectrum, structure_gain
from r2r_tf.noise.camera import CameraNoise


def camera_noise(pictures, settings=None):
    """The noise of each setting of a camera: spectrum, and level over brightness and structure.

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
    # how the level depends on brightness; how strong it is tells the spectrum, which knows what small windows do not show
    shapes = level_function.level_functions(windows)
    powers = {setting: [] for setting in shapes}
    for picture, setting in zip(pictures, settings, strict=True):
        own = spectrum.power(picture, shapes[setting])
        if own:
            powers[setting].append(own)
    everything = [own for of_setting in powers.values() for own in of_setting]
    if not everything:
        raise InputError("The pictures show their noise alone in too few places. Give larger ones, or ones with smooth areas.")
    result = {setting: _with_spectrum(model, powers[setting] or everything) for setting, model in shapes.items()}
    knots, gain = structure_gain.structure_gain(pictures, [result[setting] for setting in settings])
    result = {setting: dataclasses.replace(model, activity=knots, gain=gain) for setting, model in result.items()}
    any_shape = next(iter(shapes.values()))
    sigma = np.exp(np.median([np.log(model.sigma) for model in result.values()], axis=0))
    return result, CameraNoise(any_shape.brightness, sigma, _with_spectrum(any_shape, everything).kernel, knots, gain)


def pooled_noise(pictures):
    """`CameraNoise` of pictures of one setting; None where they do not show their noise, or differ in their channels."""
    if len({picture.shape[-1] for picture in pictures}) > 1:
        return None
    try:
        return camera_noise(pictures)[1]
    except InputError:
        return None


def level_factor(y, model):
    """How many times as strong as the model's the noise of one picture is.

    Args:
      y: [H, W, C] noisy image.
      model: `CameraNoise`.
    Returns:
      A float; 1 for a picture that is too small to tell.
    """
    return spectrum.level_ratio(y, model) or 1.0


def _with_spectrum(model, powers):
    """The model with the geometric mean of the spectra, which one picture full of texture cannot lift much."""
    power = np.exp(np.mean([np.log(np.maximum(own, 1e-12)) for own, _ in powers], axis=0))
    kernel, deviations = spectrum.kernel_of(power)
    channels = np.mean([own for _, own in powers], axis=0)
    return dataclasses.replace(model, sigma=model.sigma * deviations / channels, kernel=kernel)
