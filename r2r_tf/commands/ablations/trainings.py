"""Short trainings that differ in one setting: what the tables of training choices compare."""

import functools
import hashlib
import pathlib

from r2r_tf.commands.ablations.report import Stopwatch, cases_of_images, score
from r2r_tf.errors import InputError
from r2r_tf.inference import arrays
from r2r_tf.models import denoisers, networks
from r2r_tf.training import precision, run
from r2r_tf.training.settings import Settings, flag_lines

# where they differ from those of `Settings`
_DEFAULTS = {
    "batch_size": 32,
    "steps_per_epoch": 125,
    "schedule": "cosine",
    "milestones": (),
    "decay": 1.0,
    "ema": 0.999,
    "num_recorruptions": 0,
    "saved_model": False,
}


def recipe(network, dataset, data_dir, manual_dir, sigma, patches, seed, **changes):
    """`Settings` of a short training: antithetic pairs, learning rate 1e-3 with a cosine schedule, averaged weights.

    Args:
      network: name of a network.
      dataset: what to train on.
      data_dir, manual_dir: as in `datasets.prepare`.
      sigma: in grey levels, as the flag.
      patches: how many to train on.
      seed: of the noise, the draws and the weights.
      **changes: other settings.
    Raises:
      InputError: no such network.
    """
    if network not in networks.NAMES:
        raise InputError(f"`model` must be a network to train ({', '.join(networks.NAMES)}) for this table. Received: {network}")
    common = {"model": network, "dataset": dataset, "data_dir": data_dir, "manual_dir": manual_dir, "sigma": sigma, "seed": seed}
    values = {**_DEFAULTS, **common, **changes}
    epochs = max(1, round(patches / (values["batch_size"] * values["steps_per_epoch"])))
    return Settings(**{"epochs": epochs, **values})


def fingerprint(settings):
    """A short name of all settings but the places of the data and what is exported: equal for equal trainings."""
    lines = [line for name, line in flag_lines(settings).items() if name not in ("data_dir", "manual_dir", "saved_model")]
    return hashlib.sha256(" ".join(lines).encode()).hexdigest()[:8]


def file_name(text):
    """The text without what file names and flags had better not have."""
    return text.replace(" ", "_").replace(",", "")


def workdir_of(settings, runs_dir, label):
    """The run directory of a training, <label>-<fingerprint of the settings>."""
    return pathlib.Path(runs_dir) / file_name(f"{label}-{fingerprint(settings)}")


def cases(settings, runs_dir, label, series, x, tests, seed, mismatch=1.0, num_recorruptions=8):
    """Cases of one trained denoiser, a row per image; it is trained, resumed or found finished when the first is measured.

    Args:
      settings: `Settings` of its training.
      runs_dir: where its run directory is, see `workdir_of`.
      label: string that tells this denoiser from the table's others.
      series, x: of the row.
      tests: list of `testing_data.TestSet`.
      seed: of the draws.
      mismatch: factor by which the level that the denoiser is told is wrong.
      num_recorruptions: T, antithetic.
    """
    workdir = workdir_of(settings, runs_dir, label)

    @functools.cache
    def denoiser():
        run.train(settings, workdir)
        return denoisers.load(workdir, precision.chosen(settings.precision))

    return denoiser_cases(denoiser, f"{series}: {workdir.name} {mismatch:g}", series, x, tests, seed, mismatch, num_recorruptions)


def denoiser_cases(denoiser, key, series, x, tests, seed, mismatch=1.0, num_recorruptions=8, alpha=None):
    """Cases of one denoiser, a row per image.

    Args:
      denoiser: function without arguments that returns a `denoisers.Denoiser`.
      key: string that tells these cases from the table's others.
      series, x, tests, seed, mismatch, num_recorruptions: as in `cases`.
      alpha: None for the denoiser's own.
    """
    stopwatch = Stopwatch()

    def rows(test, index):
        y, model = test.images[index].noisy, denoiser()
        options = {"sigma": test.level(index) * mismatch, "alpha": alpha, "num_recorruptions": num_recorruptions}
        x_hat, seconds = stopwatch(y.shape, lambda: arrays.denoise(y, model, **options, channel_axis=-1, seed=(seed, index)))
        return [{"series": series, "x": x, **score(test.images[index].clean, x_hat, seconds)}]

    return cases_of_images(tests, rows, key)
