"""How strong the noise of one picture is, given the noise model that a network was trained for."""

import numpy as np

from r2r_tf.estimation import camera, laws, white
from r2r_tf.noise import Gaussian


def of_image(y, model=None, any_level=False):
    """The noise model of one picture.

    Args:
      y: [H, W, C] noisy image, or a part of it that shows as much.
      model: `noise.NoiseModel` of the training pictures; None for white noise of any level.
      any_level: whether levels outside the model's range may be found.
    Returns:
      `noise.NoiseModel` of one picture.
    Raises:
      InputError: an image that is too small.
    """
    return _ESTIMATORS[model.estimator](y, model, any_level) if model else Gaussian(white.white_level(y))


def _known(y, model, any_level):
    del y, any_level
    return model


def _white(y, model, any_level):
    return _covered(y, model, any_level, white.white_level(y))


def _spectrum(y, model, any_level):
    del any_level
    return model.scaled(camera.level_factor(y, model))


def _counting(y, model, any_level):
    del any_level
    return model.with_level(y, _level(y, laws.of_pages([y], laws.POISSON)))


def _smooth(y, model, any_level):
    return _covered(y, model, any_level, _level(y, [law for law in laws.of_pages([y])[:1] if law.smooth]))


def _level(y, found):
    """Root mean square of the noise by the first of the laws that were found, that of white noise where there are none."""
    return float(np.sqrt(np.mean(found[0].variance(y)))) if found else white.white_level(y)


def _covered(y, model, any_level, level):
    return model.with_level(y, level if any_level else model.inside(level))


# by `NoiseModel.estimator`
_ESTIMATORS = {None: _known, "white": _white, "spectrum": _spectrum, "counting": _counting, "smooth": _smooth}
