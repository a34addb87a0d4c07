"""What a denoiser does with a noisy image unless it is told otherwise: which draws it averages, and of which noise."""

from r2r_tf import estimation, passes
from r2r_tf.camera_noise import CameraNoise
from r2r_tf.errors import InputError
from r2r_tf.models import structure
from r2r_tf.noise import Gaussian, GaussianRange
from r2r_tf.orientations import COUNT
from r2r_tf.recorruption import check_alpha

DEFAULT_ALPHA = 0.5
DEFAULT_RECORRUPTIONS = 8


def plan(denoiser, alpha=None, num_recorruptions=None, antithetic=True, orientations=None):
    """The `passes.Average` of a denoiser: the caller's choice, else the model's own, else the default; see `denoise`.

    Raises:
      InputError: a choice out of range.
    """
    check_draws(num_recorruptions, antithetic, alpha, orientations)
    # a camera's noise differs from pixel to pixel, and what holds for some levels holds for others in a homogeneous network
    learnt_a_range = structure.takes_level(denoiser.network) and (
        isinstance(denoiser.noise, GaussianRange)
        or (isinstance(denoiser.noise, CameraNoise) and structure.is_homogeneous(denoiser.network))
    )
    if num_recorruptions is None:
        chosen = (0, denoiser.orientations or COUNT) if learnt_a_range and alpha is None else (DEFAULT_RECORRUPTIONS, None)
        num_recorruptions, orientations = chosen[0], orientations or chosen[1]
    alpha = next(value for value in (alpha, denoiser.alpha, DEFAULT_ALPHA) if value is not None)
    num_recorruptions = int(num_recorruptions) if alpha else 0
    return passes.Average(alpha, num_recorruptions, antithetic, orientations or max(1, min(num_recorruptions, COUNT)))


def image_noise(denoiser, image, average, sigma=None):
    """The noise model of an image: that of the caller's level, else the model's, else of an estimated level.

    Args:
      denoiser: `model_files.Denoiser`.
      image: [H, W, C], or a part of it that shows as much.
      average: `passes.Average`: without draws, and for a network that is not told the level, nothing needs to be known.
      sigma: standard deviation, None for the model's own.
    Returns:
      `Gaussian` or `CameraNoise`.
    Raises:
      InputError: a level out of range.
    """
    if sigma is not None and not 0 <= sigma <= 1:
        raise InputError(f"sigma is on the [0, 1] scale; 25 grey levels are sigma=25/255. Received: sigma={sigma}")
    model = denoiser.noise
    if not (average.num_recorruptions or structure.takes_level(denoiser.network)):
        return Gaussian(0.0)
    if isinstance(model, CameraNoise):
        # a level scales the camera's noise; its dependence on brightness and its correlation stay
        return model.scaled(estimation.level_factor(image, model)) if sigma is None else _as_strong(model, image, sigma)
    if sigma is not None:
        return Gaussian(sigma)
    if isinstance(model, Gaussian):
        return model
    level = estimation.wavelet(image)
    if isinstance(model, GaussianRange) and not structure.is_homogeneous(denoiser.network):
        level = min(max(level, model.low), model.high)
    return Gaussian(level)


def _as_strong(model, image, sigma):
    """A camera's noise, scaled to a root mean square of sigma over an image. How much structure counts depends on the scale."""
    for _ in range(5):
        model = model.scaled(sigma / max(model.of_image(image).mean_variance() ** 0.5, 1e-9))
    return model


def check_draws(num_recorruptions, antithetic=True, alpha=None, orientations=None):
    """Raises InputError unless T is a whole number, even if the draws are pairs, alpha at least 0, orientations 1-8, or None."""
    draws = num_recorruptions or 0
    if draws != int(draws) or draws < 0:
        raise InputError(f"num_recorruptions must be a whole number, at least 0. Received: num_recorruptions={num_recorruptions}")
    if orientations is not None and orientations not in range(1, COUNT + 1):
        raise InputError(f"orientations must be a whole number, 1 to {COUNT}. Received: orientations={orientations}")
    if antithetic and draws % 2:
        raise InputError(
            "num_recorruptions must be even with antithetic draws, which come in pairs z, -z; make it even or set "
            f"antithetic=False (flag: --noantithetic). Received: num_recorruptions={num_recorruptions}"
        )
    if alpha not in (None, 0):
        check_alpha(alpha)
