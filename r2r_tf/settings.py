"""What a training run is made of, and what follows from it by arithmetic alone."""

import math
from typing import NamedTuple

from r2r_tf import noise, recorruption
from r2r_tf.errors import InputError

EPOCH_PATCHES = 8000
# the dtype policies of Keras, by the names of --precision
DTYPES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


class Settings(NamedTuple):
    """What a run is made of; the flags of `r2r_tf.train` tell each one."""

    dataset: str
    test_dataset: str | None
    data_dir: str | None
    manual_dir: str | None
    model: str
    depth: int | None
    features: int | None
    batch_norm: bool | None
    sigma: str
    alpha: float
    objective: str
    antithetic: bool
    scales: tuple
    batch_size: int
    microbatches: int
    patch_size: int
    epochs: int
    steps_per_epoch: int | None
    learning_rate: float
    schedule: str
    milestones: tuple
    decay: float
    ema: float
    precision: str
    seed: int
    num_recorruptions: int


def check(settings):
    """Raises InputError for settings that contradict each other or are out of range."""
    noise.gaussian_from_grey_levels(settings.sigma)
    if settings.objective == "r2r":
        recorruption.check_alpha(settings.alpha)
    for name in ("batch_size", "patch_size", "epochs", "learning_rate"):
        if not 0 < getattr(settings, name) < math.inf:
            raise InputError(f"--{name} must be above 0 and finite. Received: {getattr(settings, name)}")
    if not 0 <= settings.ema < 1:
        raise InputError(f"--ema must be at least 0 (off) and below 1, such as 0.999. Received: {settings.ema}")
    if not settings.scales or not all(0 < scale <= 1 for scale in settings.scales):
        raise InputError(f"--scales must be numbers above 0, at most 1. Received: {settings.scales}")
    if list(settings.milestones) != sorted({epoch for epoch in settings.milestones if epoch > 0}):
        raise InputError(f"--milestones must be rising numbers of epochs, above 0. Received: {settings.milestones}")
    if not 0 < settings.decay <= 1:
        raise InputError(f"--decay must be above 0, at most 1. Received: {settings.decay}")
    if settings.antithetic and settings.num_recorruptions % 2:
        raise InputError(
            f"--num_recorruptions must be even with --antithetic (pairs z, -z). Received: {settings.num_recorruptions}"
        )


def steps_per_epoch(settings):
    """Steps of an epoch: those given, else enough for 8,000 patches."""
    return settings.steps_per_epoch or math.ceil(EPOCH_PATCHES / settings.batch_size)


def network_options(settings, channels):
    """The arguments of the network's function; those that were not given keep its defaults."""
    chosen = {name: getattr(settings, name) for name in ("depth", "features", "batch_norm")}
    given = {name: value for name, value in chosen.items() if value is not None}
    if given and settings.model != "dncnn":
        raise InputError(f"--{next(iter(given))} belongs to --model=dncnn. Received: --model={settings.model}")
    return {"channels": channels, "seed": settings.seed, "dtype": DTYPES[settings.precision], **given}
