"""What a training run is made of, and what follows from it by arithmetic alone.

Each setting stands here once: name, type, default, choices, help. The flags of `r2r_tf.train`, the lines of flags.txt and the
checks derive from it.
"""

import dataclasses
import math

from r2r_tf import noise, objectives
from r2r_tf.errors import InputError
from r2r_tf.models import networks
from r2r_tf.training import precision

EPOCH_PATCHES = 8000
# `sigma`: the noise is estimated from noisy pictures, as that of a camera, or as white noise of a level of its own in each
AUTO, CHEN = "auto", "chen"


def setting(default, text, choices=None, lower=None):
    """A field of `Settings`.

    Args:
      default: its value.
      text: its help.
      choices: the values that it can have, None for any.
      lower: the least value.
    """
    return dataclasses.field(default=default, metadata={"help": text, "choices": choices, "lower": lower})


@dataclasses.dataclass(frozen=True)
class Settings:
    """What a run is made of. Types: a tuple's parts stand in the flag with commas between."""

    dataset: str = setting("skimage_natural", "TFDS data set to train on: skimage_natural, bsd400, bsds500, polyu, ...")
    images: tuple[str, ...] | None = setting(
        None, "Instead of --dataset: noisy image files, folders or patterns such as 'pictures/*.tif', with commas between."
    )
    single_image: bool = setting(False, "--images is one picture: train on parts of it, validate on another.")
    test_dataset: str | None = setting(None, "Data set of the closing evaluation (split test); none by default.")
    data_dir: str | None = setting(None, "Where TFDS keeps prepared data; ~/tensorflow_datasets by default.")
    manual_dir: str | None = setting(
        None, "Folder with upstream's files (BSD400/, BSD68/, FMD/, ...): take them from there, download nothing."
    )
    model: str = setting("dncnn", "Network.", choices=networks.NAMES)
    depth: int | None = setting(None, "Convolutions of dncnn (17 by default) or ffdnet (15), resolutions of unet (2).", lower=2)
    features: int | None = setting(None, "Features of dncnn, ffdnet or unet; 64 by default.", lower=1)
    batch_norm: bool | None = setting(None, "Batch normalisation in dncnn; on by default.")
    near_zero_start: bool | None = setting(None, "Start the last layer near zero; on by default, not in cnn5.")
    noise: str | None = setting(
        None,
        "The noise of the pictures by its family, such as gaussian,sigma=25; instead of --sigma, for families other than white.",
    )
    sigma: str = setting(
        "25",
        "Noise standard deviation in grey levels of 255; a range, such as 5-55, for networks that are told the level; auto: "
        "found in noisy pictures, the simplest law that fits: white, counting noise, or a camera's, which is correlated; chen: "
        "estimated from each as if it were white.",
    )
    test_sigma: str | None = setting(None, "Noise of the closing evaluation; by default sigma, the middle of a range.")
    sigma_error: tuple[float, ...] = setting(
        (0.0,),
        "For experiments: recorrupt as if sigma were off by this part (0.1: 10% too large), or, for each image, by one from a "
        "range (-0.1,0.1).",
    )
    alpha: float = setting(0.5, "Recorruption: input y + alpha z, target y - z / alpha.")
    raise_to: float | None = setting(
        None,
        "Raise inputs to levels drawn evenly up to this one, in grey levels, and draw each patch from an image with less noise; "
        "alpha is then the least. For white noise of many levels, such as --sigma=5-55.",
    )
    objective: str = setting(
        "r2r",
        "r2r learns from noisy images alone, distill from them and a teacher's estimates; the baselines n2c and n2n from clean "
        "targets and from second noisy copies.",
        choices=tuple(objectives.OBJECTIVES),
    )
    antithetic: bool = setting(True, "Recorrupt with z and -z together; a batch then holds pairs.")
    teacher: str | None = setting(None, "Pretrained name, run directory or .keras file, for --objective=distill.")
    init: str | None = setting(
        None,
        "Start from the weights of this pretrained name, run directory or .keras file, of the same --model; auto: from shipped "
        "weights if there are any of the same form. With --patience they count as an epoch, so that the run never ends worse.",
    )
    scales: tuple[float, ...] = setting((1.0,), "Each image is resized by one of these before its noise is drawn.")
    binning: tuple[int, ...] | None = setting(
        None,
        "Also train on copies of the noisy images that are binned by these factors, such as 2; for white noise, and with "
        "--sigma=auto where that is found.",
    )
    validation_fraction: float = setting(
        0.2, "Part of the images, at least one, that is kept out of training to tell how well it goes."
    )
    batch_size: int = setting(128, "Network inputs a step.", lower=1)
    microbatches: int = setting(1, "Parts of a batch that train side by side, each with batch statistics of its own.", lower=1)
    patch_size: int = setting(40, "Side of the training crops.", lower=1)
    epochs: int = setting(50, "Epochs; the one flag that may change when a run is resumed.", lower=1)
    patience: int | None = setting(
        None,
        "Stop after this many epochs in a row that did not improve the validation loss, and leave the best epoch's weights.",
        lower=1,
    )
    steps_per_epoch: int | None = setting(None, "Steps an epoch; enough for 8,000 patches by default.", lower=1)
    optimizer: str = setting(
        "adam", "muon makes orthogonal updates of the convolutions but the last, and learns faster.", choices=("adam", "muon")
    )
    learning_rate: float = setting(1e-3, "Learning rate at the start.")
    schedule: str = setting("step", "How the learning rate falls.", choices=("step", "cosine", "constant"))
    warmup: int = setting(0, "Steps in which --schedule=cosine first rises from zero.", lower=0)
    milestones: tuple[int, ...] = setting((30,), "Epochs after which --schedule=step multiplies the rate by --decay.")
    decay: float = setting(0.2, "Factor of --schedule=step.")
    ema: float = setting(0.0, "Momentum of the weights' moving average that is validated and saved, less in short runs; 0: none.")
    precision: str = setting(
        "float32",
        "Of all layers but the last; auto: bfloat16 where the processor computes in it, float32 elsewhere.",
        choices=(*precision.DTYPES, precision.AUTO),
    )
    seed: int = setting(0, "Seed of the frozen noise, crops, recorruptions and initial weights.", lower=0)
    num_recorruptions: int | None = setting(
        None,
        "Draws T of the closing evaluation; by default 0 for networks that learn a range of levels, 8 for others.",
        lower=0,
    )
    saved_model: bool = setting(True, "Also write the finished network as a SavedModel, for TensorFlow without this package.")


FIELDS = {field.name: field for field in dataclasses.fields(Settings)}


def check(settings):
    """Raises InputError for settings that contradict each other or are out of range."""
    for name, field in FIELDS.items():
        value, choices, lower = getattr(settings, name), field.metadata["choices"], field.metadata["lower"]
        if choices and value not in choices:
            raise InputError(f"`{name}` must be one of {', '.join(choices)}. Received: {value}")
        if lower is not None and value is not None and not lower <= value < math.inf:
            raise InputError(f"`{name}` must be at least {lower} and finite. Received: {value}")
    objective = objectives.OBJECTIVES[settings.objective]
    given_noise(settings)
    if settings.test_sigma is not None:
        noise.gaussian_from_grey_levels(settings.test_sigma)
    if settings.images and (objective.clean or objective.source == "second"):
        raise InputError(f"`objective={settings.objective}` needs clean images, and `images` are noisy. Use `objective=r2r`.")
    if settings.single_image and not settings.images:
        raise InputError("`single_image` belongs to `images`.")
    objective.check_alpha(settings.alpha)
    if (objective.source == "taught") != (settings.teacher is not None):
        raise InputError(
            f"`teacher` and `objective=distill` belong together. Received: {settings.teacher}, `objective={settings.objective}`"
        )
    if settings.raise_to is not None and not 0 < settings.raise_to <= noise.GREY_LEVELS:
        raise InputError(f"`raise_to` must be above 0, at most 255 grey levels. Received: {settings.raise_to}")
    if settings.raise_to is not None and objective.source == "second":
        raise InputError(f"`raise_to` raises inputs, and `objective={settings.objective}` leaves them as they are. Leave it out.")
    if not 0 < settings.learning_rate < math.inf:
        raise InputError(f"`learning_rate` must be above 0 and finite. Received: {settings.learning_rate}")
    if not 0 <= settings.ema < 1:
        raise InputError(f"`ema` must be at least 0 (off) and below 1, such as 0.999. Received: {settings.ema}")
    if not 0 < settings.validation_fraction < 1:
        raise InputError(f"`validation_fraction` must be above 0 and below 1. Received: {settings.validation_fraction}")
    if not settings.scales or not all(0 < scale <= 1 for scale in settings.scales):
        raise InputError(f"`scales` must be numbers above 0, at most 1. Received: {settings.scales}")
    if settings.binning is not None:
        check_binning(settings)
    if list(settings.milestones) != sorted({epoch for epoch in settings.milestones if epoch > 0}):
        raise InputError(f"`milestones` must be rising numbers of epochs, above 0. Received: {settings.milestones}")
    if settings.warmup and settings.schedule != "cosine":
        raise InputError(f"`warmup` belongs to `schedule=cosine`. Received: `schedule={settings.schedule}`")
    if settings.warmup and settings.warmup >= settings.epochs * steps_per_epoch(settings):
        raise InputError(f"`warmup` must be shorter than the run. Received: {settings.warmup}")
    errors = settings.sigma_error
    if len(errors) not in (1, 2) or not all(-1 < error < 1 for error in errors) or errors[0] > errors[-1]:
        raise InputError(f"`sigma_error` must be one number between -1 and 1, or a range of them. Received: {errors}")
    if not 0 < settings.decay <= 1:
        raise InputError(f"`decay` must be above 0, at most 1. Received: {settings.decay}")
    if settings.antithetic and (settings.num_recorruptions or 0) % 2:
        raise InputError(
            f"`num_recorruptions` must be even with `antithetic` (pairs z, -z). Received: {settings.num_recorruptions}"
        )


def check_binning(settings):
    """Raises InputError for copies that cannot be made."""
    if any(factor < 2 for factor in settings.binning) or len(set(settings.binning)) < len(settings.binning):
        raise InputError(f"`binning` must be different numbers of at least 2. Received: {settings.binning}")


def given_noise(settings):
    """The `noise.NoiseModel` that the settings name; None where it is to be estimated.

    Raises:
      InputError: no such noise, or two of them.
    """
    if settings.noise is None:
        return None if settings.sigma in (AUTO, CHEN) else noise.from_grey_levels(settings.sigma)
    if settings.sigma != FIELDS["sigma"].default:
        raise InputError(f"`noise` says it all: leave `sigma` out. Received: `sigma={settings.sigma}`")
    return noise.from_text(settings.noise)


def flag_lines(settings):
    """The flags that give these settings, as a dict from name to line such as '--sigma=25'; those that are None are left out."""

    def line(name, value):
        if isinstance(value, bool):
            return f"--{name}" if value else f"--no{name}"
        return f"--{name}={','.join(str(part) for part in value) if isinstance(value, tuple) else value}"

    values = {name: getattr(settings, name) for name in FIELDS}
    return {name: line(name, value) for name, value in values.items() if value is not None}


def steps_per_epoch(settings):
    """Steps of an epoch: those given, else enough for 8,000 patches."""
    return settings.steps_per_epoch or math.ceil(EPOCH_PATCHES / settings.batch_size)


def test_noise(settings):
    """The noise of the closing evaluation: `test_sigma`, else that of training, the middle of a range, None if estimated."""
    if settings.test_sigma is not None:
        return noise.gaussian_from_grey_levels(settings.test_sigma)
    model = given_noise(settings)
    return model and model.draw(0.5)


def network_options(settings, channels):
    """The arguments of the network's function; those that were not given keep its defaults."""
    chosen = {name: getattr(settings, name) for name in ("depth", "features", "batch_norm", "near_zero_start")}
    given = {name: value for name, value in chosen.items() if value is not None}
    for name in given:
        if not networks.accepts(settings.model, name):
            raise InputError(f"`model={settings.model}` has no {name}: leave `{name}` out. Received: `{name}={given[name]}`")
    return {"channels": channels, "seed": settings.seed, "dtype": precision.DTYPES[precision.chosen(settings.precision)], **given}
