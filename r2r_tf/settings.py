"""What a training run is made of, and what follows from it by arithmetic alone."""

import math
from typing import NamedTuple

from r2r_tf import models, noise, recorruption
from r2r_tf.errors import InputError

EPOCH_PATCHES = 8000
# --sigma: the noise is estimated from noisy pictures, as that of a camera, or as white noise of a level of its own in each
AUTO, CHEN = "auto", "chen"
# the dtype policies of Keras, by the names of --precision
DTYPES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


class Settings(NamedTuple):
    """What a run is made of; the flags of `r2r_tf.train` tell each one."""

    dataset: str
    images: tuple | None
    single_image: bool
    test_dataset: str | None
    data_dir: str | None
    manual_dir: str | None
    model: str
    depth: int | None
    features: int | None
    batch_norm: bool | None
    near_zero_start: bool | None
    sigma: str
    test_sigma: str | None
    sigma_error: tuple
    alpha: float
    objective: str
    antithetic: bool
    teacher: str | None
    init: str | None
    scales: tuple
    binning: tuple | None
    validation_fraction: float
    batch_size: int
    microbatches: int
    patch_size: int
    epochs: int
    patience: int | None
    steps_per_epoch: int | None
    optimizer: str
    learning_rate: float
    schedule: str
    warmup: int
    milestones: tuple
    decay: float
    ema: float
    precision: str
    seed: int
    num_recorruptions: int | None


def check(settings):
    """Raises InputError for settings that contradict each other or are out of range."""
    if settings.sigma not in (AUTO, CHEN):
        noise.from_grey_levels(settings.sigma)
    if settings.test_sigma is not None:
        noise.gaussian_from_grey_levels(settings.test_sigma)
    if settings.images and settings.objective not in ("r2r", "distill"):
        raise InputError(f"--objective={settings.objective} needs clean images, and --images are noisy. Use --objective=r2r.")
    if settings.single_image and not settings.images:
        raise InputError("--single_image belongs to --images.")
    if settings.objective == "r2r":
        recorruption.check_alpha(settings.alpha)
    if settings.objective == "distill" and not 0 <= settings.alpha < math.inf:
        raise InputError(f"--alpha must be at least 0 and finite. Received: {settings.alpha}")
    if (settings.objective == "distill") != (settings.teacher is not None):
        raise InputError(
            f"--teacher and --objective=distill belong together. Received: {settings.teacher}, --objective={settings.objective}"
        )
    for name in ("batch_size", "patch_size", "epochs", "learning_rate"):
        if not 0 < getattr(settings, name) < math.inf:
            raise InputError(f"--{name} must be above 0 and finite. Received: {getattr(settings, name)}")
    if not 0 <= settings.ema < 1:
        raise InputError(f"--ema must be at least 0 (off) and below 1, such as 0.999. Received: {settings.ema}")
    if not 0 < settings.validation_fraction < 1:
        raise InputError(f"--validation_fraction must be above 0 and below 1. Received: {settings.validation_fraction}")
    if not settings.scales or not all(0 < scale <= 1 for scale in settings.scales):
        raise InputError(f"--scales must be numbers above 0, at most 1. Received: {settings.scales}")
    if settings.binning is not None:
        check_binning(settings)
    if list(settings.milestones) != sorted({epoch for epoch in settings.milestones if epoch > 0}):
        raise InputError(f"--milestones must be rising numbers of epochs, above 0. Received: {settings.milestones}")
    if settings.warmup and settings.schedule != "cosine":
        raise InputError(f"--warmup belongs to --schedule=cosine. Received: --schedule={settings.schedule}")
    if settings.warmup and settings.warmup >= settings.epochs * steps_per_epoch(settings):
        raise InputError(f"--warmup must be shorter than the run. Received: {settings.warmup}")
    errors = settings.sigma_error
    if len(errors) not in (1, 2) or not all(-1 < error < 1 for error in errors) or errors[0] > errors[-1]:
        raise InputError(f"--sigma_error must be one number between -1 and 1, or a range of them. Received: {errors}")
    if not 0 < settings.decay <= 1:
        raise InputError(f"--decay must be above 0, at most 1. Received: {settings.decay}")
    if settings.antithetic and (settings.num_recorruptions or 0) % 2:
        raise InputError(
            f"--num_recorruptions must be even with --antithetic (pairs z, -z). Received: {settings.num_recorruptions}"
        )


def check_binning(settings):
    """Raises InputError for copies that cannot be made."""
    if any(factor < 2 for factor in settings.binning) or len(set(settings.binning)) < len(settings.binning):
        raise InputError(f"--binning must be different numbers of at least 2. Received: {settings.binning}")
    if settings.sigma == AUTO:
        raise InputError(f"--binning is for white noise, and --sigma={AUTO} estimates correlated noise. Leave --binning out.")


def flag_lines(settings):
    """The flags that give these settings, as a dict from name to line such as '--sigma=25'; those that are None are left out."""

    def line(name, value):
        if isinstance(value, bool):
            return f"--{name}" if value else f"--no{name}"
        return f"--{name}={','.join(str(part) for part in value) if isinstance(value, tuple) else value}"

    return {name: line(name, value) for name, value in settings._asdict().items() if value is not None}


def steps_per_epoch(settings):
    """Steps of an epoch: those given, else enough for 8,000 patches."""
    return settings.steps_per_epoch or math.ceil(EPOCH_PATCHES / settings.batch_size)


def test_noise(settings):
    """The noise of the closing evaluation: --test_sigma, else that of --sigma, the middle of a range, None if estimated."""
    if settings.test_sigma is not None:
        return noise.gaussian_from_grey_levels(settings.test_sigma)
    return None if settings.sigma in (AUTO, CHEN) else noise.from_grey_levels(settings.sigma).of_image(0.5)


def network_options(settings, channels):
    """The arguments of the network's function; those that were not given keep its defaults."""
    chosen = {name: getattr(settings, name) for name in ("depth", "features", "batch_norm", "near_zero_start")}
    given = {name: value for name, value in chosen.items() if value is not None}
    for name in given:
        if not models.accepts(settings.model, name):
            raise InputError(f"--model={settings.model} has no {name}: leave --{name} out. Received: --{name}={given[name]}")
    return {"channels": channels, "seed": settings.seed, "dtype": DTYPES[settings.precision], **given}
