"""What a wrong noise level costs: assumed when denoising, when training, or by each training image anew."""

from r2r_tf.commands.ablations import trainings
from r2r_tf.models import networks

X_TITLE, LOG_X = "error of sigma (%)", False
FLAGS = frozenset({"model", "sigma", "alpha", "patches", "precision"})
ERRORS = (-0.2, -0.1, 0.0, 0.1, 0.2)
JITTER = 0.1


def at_test(denoiser, tests, seed, alpha=None):
    """Cases: a trained denoiser is told a wrong level.

    Args:
      denoiser: `model_files.Denoiser`.
      tests, seed: as in `alpha.cases`.
      alpha: None for the denoiser's own.
    """
    found = []
    for error in ERRORS:
        key, mismatch = f"test {error}", 1 + error
        found += trainings.denoiser_cases(lambda: denoiser, key, "at test", 100 * error, tests, seed, mismatch, alpha=alpha)
    return found


def in_training(tests, seed, runs_dir, **recipe):
    """Cases: the level off at test, off in training as well, and off in training by each image's own, up to 10 %.

    Args:
      tests, seed, runs_dir, recipe: as in `alpha.cases`.
    """

    def trained_with(series, x, errors, mismatch):
        settings = trainings.recipe(**recipe, seed=seed, sigma_error=errors)
        label = f"{settings.model} sigma {settings.sigma} error {' '.join(f'{100 * error:+g}' for error in errors)}"
        return trainings.cases(settings, runs_dir, label, series, x, tests, seed, mismatch)

    found = []
    for error in ERRORS:
        found += trained_with("at test", 100 * error, (0.0,), 1 + error)
    for error in ERRORS:
        found += trained_with("in training and at test", 100 * error, (error,), 1 + error)
    return found + trained_with(f"each training image by its own, up to {100 * JITTER:g} %", 0.0, (-JITTER, JITTER), 1.0)


def trains(model):
    """Whether the table trains what it tests: for the name of a network."""
    return model in networks.NAMES


def of_request(request):
    """`at_test` of a trained denoiser, `in_training` of a network."""
    if request.denoiser:
        return at_test(request.denoiser, request.tests, request.seed, request.alpha)
    return in_training(request.tests, request.seed, request.runs_dir, **request.recipe_of_patches())
