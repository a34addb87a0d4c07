"""What makes a short training better at equal time: each choice alone added to the plain recipe, then all, then all but one."""

import csv
import functools
import math
import pathlib

from r2r_tf import run_directory, training
from r2r_tf.ablations import trainings

X_TITLE, LOG_X = "patches", False
# the R2R paper's training, whose learning rate falls after 3/5 of the time
PLAIN = {
    "antithetic": False,
    "ema": 0.0,
    "schedule": "step",
    "milestones": (3,),
    "decay": 0.2,
    "batch_size": 128,
    "precision": "float32",
    "near_zero_start": False,
}
LEVERS = {
    "near-zero last layer": {"near_zero_start": True},
    "antithetic pairs": {"antithetic": True},
    "averaged weights": {"ema": 0.99},
    "cosine schedule": {"schedule": "cosine", "milestones": (), "decay": 1.0},
    "batch of 32": {"batch_size": 32},
    "bfloat16": {"precision": "bfloat16"},
}
# beside the sum of all: what else might be better
VARIANTS = {
    "batch of 16": {"batch_size": 16},
    "patches of 64 pixels, batch of 12": {"patch_size": 64, "batch_size": 12},
    "alpha 1": {"alpha": 1.0},
    "alpha 0.3": {"alpha": 0.3},
    "learning rate 2e-3": {"learning_rate": 2e-3},
    "learning rate 5e-4": {"learning_rate": 5e-4},
    "warm-up of 200 steps": {"warmup": 200},
    "two parts side by side": {"microbatches": 2},
}
EPOCHS = 5


def recipes():
    """Dict from name to the settings that it changes."""
    everything = {**PLAIN, **{key: value for lever in LEVERS.values() for key, value in lever.items()}}
    return {
        "plain": PLAIN,
        **{f"plain + {name}": {**PLAIN, **lever} for name, lever in LEVERS.items()},
        "all": everything,
        **{
            f"all without {name}": {**everything, **{key: value for key, value in PLAIN.items() if key in lever}}
            for name, lever in LEVERS.items()
        },
        **{f"all, {name}": {**everything, **variant} for name, variant in VARIANTS.items()},
    }


def cases(tests, seed, runs_dir, minutes, **recipe):
    """Cases: trainings of equal time, one per recipe.

    Args:
      tests, seed, runs_dir, recipe: as in `alpha.cases`.
      minutes: of each training, without validation; patches a second are measured first.
    """
    found = []
    for name, changes in recipes().items():
        workdir = pathlib.Path(runs_dir) / name.replace(" ", "_").replace(",", "")
        settings = trainings.recipe(**{**recipe, **changes}, patches=0, seed=seed)
        settings = settings._replace(epochs=EPOCHS, steps_per_epoch=_steps(settings, workdir, minutes))
        denoiser = functools.cache(functools.partial(trainings.trained, settings, workdir))
        patches = EPOCHS * settings.steps_per_epoch * settings.batch_size
        found += trainings.cases(name, name, patches, denoiser, tests, seed)
    return found


def _steps(settings, workdir, minutes):
    """Steps of an epoch that fill the time, from the second epoch of a run of its own."""
    trial = workdir.with_name(f"{workdir.name}_rate")
    short = settings._replace(epochs=2, steps_per_epoch=math.ceil(384 / settings.batch_size), milestones=(1,), warmup=0)
    training.run(short, trial)
    with (trial / run_directory.HISTORY_FILE).open(newline="") as file:
        rate = float(list(csv.DictReader(file))[-1]["patches_per_s"])
    return max(1, round(60 * minutes * rate / settings.batch_size / EPOCHS))
