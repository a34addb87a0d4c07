"""What a wrong noise level costs: assumed when denoising, when training, or by each training image anew."""

import functools
import pathlib

from r2r_tf import models
from r2r_tf.ablations import trainings

X_TITLE, LOG_X = "error of sigma (%)", False
ERRORS = (-0.2, -0.1, 0.0, 0.1, 0.2)
JITTER = 0.1


def cases(model, denoiser, tests, seed, runs_dir, **recipe):
    """Cases: the level off at test; with a network's name as `model` also off in training, and off by each image's own +-10%.

    Args:
      model: name of a network, which is trained, or whatever `denoiser` was loaded from.
      denoiser: `model_files.Denoiser`; None with a network's name.
      tests, seed, runs_dir, recipe: as in `alpha.cases`.
    """

    def run(errors):
        settings = trainings.recipe(network=model, **recipe, seed=seed, sigma_error=errors)
        name = f"{model}_sigma{settings.sigma}_error{'_'.join(f'{100 * error:+g}' for error in errors)}"
        return functools.cache(functools.partial(trainings.trained, settings, pathlib.Path(runs_dir) / name))

    trains = model in models.MODELS
    exact = run((0.0,)) if trains else lambda: denoiser
    found = []
    for error in ERRORS:
        found += trainings.cases(f"test {error}", "at test", 100 * error, exact, tests, seed, told=1 + error)
    if trains:
        for error in ERRORS:
            series = "in training and at test"
            found += trainings.cases(f"both {error}", series, 100 * error, run((error,)), tests, seed, told=1 + error)
        series = f"each training image by its own, up to {100 * JITTER:g}%"
        found += trainings.cases("jitter", series, 0.0, run((-JITTER, JITTER)), tests, seed)
    return found
