"""Trainings of different recipes that take equal time, whatever a step costs."""

import csv
import dataclasses
import math
import pathlib
import shutil

from r2r_tf.commands.ablations import trainings
from r2r_tf.training import run, run_directory

X_TITLE, LOG_X = "patches", False
EPOCHS = 5
_TRIAL_PIXELS = 1000 * 40 * 40
_DRAWS = 2  # an antithetic pair


def cases(recipes, tests, seed, runs_dir, minutes, **common):
    """Cases: a training for each recipe; x is the number of its patches.

    Args:
      recipes: dict from name to changes of the recipe.
      tests, seed, runs_dir: as in `alpha.cases`.
      minutes: of each training, without validation; patches a second are measured first.
      **common: of `trainings.recipe`, the same for all that do not change it.
    """
    found = []
    for name, changes in recipes.items():
        settings = trainings.recipe(**{**common, **changes}, patches=0, seed=seed)
        steps = max(1, round(60 * minutes * _steps_per_second(settings, runs_dir) / EPOCHS))
        settings = dataclasses.replace(settings, epochs=EPOCHS, steps_per_epoch=steps)
        patches = EPOCHS * steps * settings.batch_size
        found += trainings.cases(settings, runs_dir, name, name, patches, tests, seed, num_recorruptions=_DRAWS)
    return found


def _steps_per_second(settings, runs_dir):
    """From the second epoch of a short run of its own, in which nothing is compiled any more."""
    steps = math.ceil(_TRIAL_PIXELS / settings.batch_size / settings.patch_size**2)
    trial = dataclasses.replace(settings, epochs=2, steps_per_epoch=steps, milestones=(1,), warmup=0)
    workdir = pathlib.Path(runs_dir) / f"rate-{trainings.fingerprint(trial)}"
    if run_directory.read_run(workdir).get("finished_epochs") != 2:
        # a resumed one would compile in its second epoch
        shutil.rmtree(workdir, ignore_errors=True)
        run.train(trial, workdir)
    with (workdir / run_directory.HISTORY_FILE).open(newline="") as file:
        return float(list(csv.DictReader(file))[-1]["patches_per_s"]) / settings.batch_size
