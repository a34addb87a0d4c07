"""What a denoiser does with a noisy image unless it is told otherwise: which draws it averages, and of which noise."""

from r2r_tf import estimation
from r2r_tf.errors import InputError, check_number
from r2r_tf.inference import passes
from r2r_tf.inference.orientations import COUNT
from r2r_tf.models import structure
from r2r_tf.noise import Gaussian, mean_level
from r2r_tf.recorruption import check_alpha

DEFAULT_ALPHA = 0.5
DEFAULT_RECORRUPTIONS = 8


def plan(denoiser, *, alpha=None, num_recorruptions=None, antithetic=True, orientations=None):
    """The `passes.Average` of a denoiser: the caller's choice, else the model's own, else the default; see `denoise`.

    Raises:
      InputError: a choice out of range.
    """
    check_draws(num_recorruptions, antithetic=antithetic, alpha=alpha, orientations=orientations)
    if num_recorruptions is None:
        chosen = (0, denoiser.orientations or COUNT) if _knows_y(denoiser) and alpha is None else (DEFAULT_RECORRUPTIONS, None)
        num_recorruptions, orientations = chosen[0], orientations or chosen[1]
    alpha = next(value for value in (alpha, denoiser.alpha, DEFAULT_ALPHA) if value is not None)
    num_recorruptions = int(num_recorruptions) if alpha else 0
    return passes.Average(alpha, num_recorruptions, antithetic, orientations or max(1, min(num_recorruptions, COUNT)))


def _knows_y(denoiser):
    """Whether a network that was trained on recorrupted images knows the level of y itself: whether it has learnt a range.

    Where the level differs from pixel to pixel, what holds for some levels holds for others in a homogeneous network.
    """
    if not (denoiser.form.takes_level and denoiser.noise):
        return False
    return denoiser.noise.levels == "range" or (denoiser.noise.levels == "map" and structure.is_homogeneous(denoiser.network))


def image_noise(denoiser, image, average, *, sigma=None, noise=None):
    """The noise model of an image: that of the caller, else the model's, else of an estimated level.

    Args:
      denoiser: `denoisers.Denoiser`.
      image: [H, W, C], or a part of it that shows as much.
      average: `passes.Average`: without draws, and for a network that is not told the level, nothing needs to be known.
      sigma: root mean square of the noise, which then follows the model's law; None for the model's own.
      noise: `noise.NoiseModel` of the image. Of one that is of another family than the model's the level counts.
    Returns:
      `noise.NoiseModel` of one image.
    """
    if not (average.num_recorruptions or denoiser.form.takes_level):
        return Gaussian(0.0)
    model = denoiser.noise
    if noise is not None:
        if model is None or model.family == noise.family:
            return noise
        sigma = mean_level(noise.at(image))
    if sigma is not None:
        return model.with_level(image, sigma) if model else Gaussian(sigma)
    unknown = model is not None and model.estimator is not None
    return estimation.of_image(image, model, unknown and structure.is_homogeneous(denoiser.network))


def check_sigma(sigma, most=1.0):
    """Raises InputError for a level that is not on the [0, 1] scale, or above what there is in floats; None stands for none."""
    if sigma is not None:
        check_number("sigma", sigma, 0, most, advice=" (25 grey levels of 255 are sigma=25/255)")


def check_draws(num_recorruptions, *, antithetic=True, alpha=None, orientations=None):
    """Checks what a caller chose; None stands for no choice.

    Raises:
      InputError: num_recorruptions is not a whole number of at least 0, or is odd though draws are antithetic; orientations are
        not 1 to 8; alpha is below 0 or not finite.
    """
    draws = num_recorruptions or 0
    check_number("num_recorruptions", draws, 0, whole=True)
    if orientations is not None and orientations not in range(1, COUNT + 1):
        raise InputError(f"orientations must be a whole number, 1 to {COUNT}. Received: orientations={orientations}")
    if antithetic and draws % 2:
        raise InputError(
            "num_recorruptions must be even with antithetic draws, which come in pairs z, -z; make it even or set "
            f"`antithetic=False`. Received: num_recorruptions={num_recorruptions}"
        )
    if alpha not in (None, 0):
        check_alpha(alpha)
