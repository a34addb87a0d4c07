"""Short trainings that differ in one setting: what the tables of training choices compare."""

import pathlib

from r2r_tf import inference, model_files, models, training
from r2r_tf.ablations.report import Case, score, timed
from r2r_tf.errors import InputError
from r2r_tf.settings import Settings

_BATCH_SIZE, _STEPS_PER_EPOCH = 32, 125


def recipe(network, dataset, data_dir, manual_dir, sigma, patches, seed, **changes):
    """`Settings` of a short training: antithetic pairs, Adam at 1e-3 with a cosine schedule, averaged weights.

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
    if network not in models.MODELS:
        raise InputError(f"--model must be a network to train ({', '.join(models.MODELS)}) for this table. Received: {network}")
    defaults = {
        "depth": None,
        "features": None,
        "batch_norm": None,
        "near_zero_start": None,
        "test_dataset": None,
        "test_sigma": None,
        "sigma_error": (0.0,),
        "alpha": 0.5,
        "objective": "r2r",
        "antithetic": True,
        "scales": (1.0,),
        "batch_size": _BATCH_SIZE,
        "microbatches": 1,
        "patch_size": 40,
        "epochs": max(1, round(patches / (_BATCH_SIZE * _STEPS_PER_EPOCH))),
        "steps_per_epoch": _STEPS_PER_EPOCH,
        "learning_rate": 1e-3,
        "schedule": "cosine",
        "warmup": 0,
        "milestones": (),
        "decay": 1.0,
        "ema": 0.99,
        "precision": "float32",
        "num_recorruptions": 0,
    }
    common = {"model": network, "dataset": dataset, "data_dir": data_dir, "manual_dir": manual_dir, "sigma": sigma, "seed": seed}
    return Settings(**{**defaults, **common, **changes})


def trained(settings, workdir):
    """The denoiser of a run, which is trained, resumed, or found finished."""
    training.run(settings, pathlib.Path(workdir))
    return model_files.load(workdir)


def cases(label, series, x, denoiser, tests, seed, told=1.0, num_recorruptions=8):
    """Cases of one trained denoiser: one row per image.

    Args:
      label: string that tells this denoiser from the table's others.
      series, x: of the row.
      denoiser: function without arguments that returns the `model_files.Denoiser`.
      tests: list of `evaluation.TestSet`.
      seed: of the draws.
      told: factor by which the level that the denoiser hears is wrong.
      num_recorruptions: T, antithetic.
    """

    def rows(test, index):
        y, network = test.images.noisy[index], denoiser()
        x_hat, seconds = timed(
            lambda: inference.denoise(
                y,
                network,
                sigma=test.noise.sigma * told,
                num_recorruptions=num_recorruptions,
                channel_axis=-1,
                seed=(seed, index),
            )
        )
        return [{"series": series, "x": x, **score(test.images.clean[index], x_hat, seconds)}]

    return [
        Case((label, test.noise_seed, index), test.noise_seed, lambda test=test, index=index: rows(test, index))
        for test in tests
        for index in range(len(test.names))
    ]
