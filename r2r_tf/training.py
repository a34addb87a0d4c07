"""Training: network, optimizer, Keras `fit` under a distribution strategy, exact resuming, and what a finished run leaves."""

import contextlib
import math
import pathlib
from typing import NamedTuple

import keras
from keras import ops

from r2r_tf import averaging, callbacks, checkpoints, datasets, evaluation, export, figures, model_files, models, noise, pipeline
from r2r_tf import recorruption, run_directory, summaries
from r2r_tf.backend import tf
from r2r_tf.errors import InputError

EPOCH_PATCHES = 8000
VALIDATION_FRACTION = 0.2
SCHEDULES = ("step", "cosine", "constant")


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


def run(settings, workdir, flag_lines, devices=None):
    """Trains, or goes on after the last finished epoch, and leaves the finished run in its directory.

    Args:
      settings: `Settings`.
      workdir: the run directory.
      flag_lines: dict from flag name to its line, for flags.txt.
      devices: for `make_strategy`.
    Returns:
      The contents of run.json; None for a run that was finished already.
    Raises:
      InputError: settings that cannot be met, or a loss that is not finite.
    """
    workdir = pathlib.Path(workdir)
    check(settings)
    run_directory.check(workdir, flag_lines)
    done = run_directory.read_run(workdir).get("finished_epochs", 0)
    if done >= settings.epochs:
        return None
    noise_model = noise.gaussian_from_grey_levels(settings.sigma)
    keras.utils.set_random_seed(settings.seed)
    if keras.backend.backend() == "tensorflow":
        tf.config.experimental.enable_op_determinism()
    train_images, validation_images = load_images(settings, noise_model)
    strategy = make_strategy(devices)
    options = network_options(settings, channels=train_images.noisy[0].shape[-1])
    with strategy.scope() if strategy else contextlib.nullcontext():
        replicas = strategy.num_replicas_in_sync if strategy else 1
        if settings.batch_size % replicas:
            raise InputError(f"--batch_size must be a multiple of the {replicas} devices. Received: {settings.batch_size}")
        network = models.build(settings.model, **options, **({"synchronized": True} if uses_shared_statistics(
            settings, replicas) else {}))  # fmt: skip
        compile_network(network, settings)
        history = checkpoints.restore(workdir / run_directory.CHECKPOINTS, network)
    train, validation = batches(settings, noise_model, train_images, validation_images, first_epoch=len(history))
    run_directory.claim(workdir, flag_lines)
    checkpoints.write_history(workdir / run_directory.HISTORY_FILE, history)
    run_directory.write_run(
        workdir, **run_directory.provenance(), backend=keras.backend.backend(), replicas=replicas,
        devices=[device.name for device in tf.config.list_logical_devices()], parameters=network.count_params(),
        trainable_parameters=sum(math.prod(weight.shape) for weight in network.trainable_weights),
        seeds={"noise_seed": settings.seed, "recorruption_seed": settings.seed, "weights": settings.seed},
        training_images=len(train_images.noisy), validation_images=len(validation_images.noisy),
    )  # fmt: skip
    if len(history) < settings.epochs:
        panels = summaries.TensorBoardLog(workdir / "tensorboard", validation_images)
        history = fit(network, settings, target_variance(settings, noise_model), train, validation, workdir, history, panels)
    finish(network, settings, noise_model, options, workdir, history)
    return run_directory.read_run(workdir)


def check(settings):
    """Raises InputError for settings that contradict each other or are out of range."""
    noise.gaussian_from_grey_levels(settings.sigma)
    if settings.objective == "r2r":
        recorruption.check_alpha(settings.alpha)
    for name in ("batch_size", "patch_size", "epochs", "learning_rate"):
        if not getattr(settings, name) > 0:
            raise InputError(f"--{name} must be above 0. Received: {getattr(settings, name)}")
    if not 0 <= settings.ema < 1:
        raise InputError(f"--ema must be at least 0 (off) and below 1, such as 0.999. Received: {settings.ema}")
    if not all(0 < scale <= 1 for scale in settings.scales):
        raise InputError(f"--scales must lie above 0 and at most at 1. Received: {settings.scales}")
    if settings.num_recorruptions < 0 or settings.num_recorruptions % 2:
        raise InputError(f"--num_recorruptions must be an even number, at least 0. Received: {settings.num_recorruptions}")


def load_images(settings, noise_model):
    """(training part, validation part) of the training split, with frozen noise, as `pipeline.Images`."""
    builder = datasets.prepare(settings.dataset, settings.data_dir, settings.manual_dir)
    pictures = datasets.load_pictures(builder, "train")
    source = f"{datasets.full_name(builder)}/train"
    images = pipeline.noisy_images(
        pictures, noise_model, settings.seed, source, settings.objective == "n2n", settings.scales
    )
    return pipeline.split_validation(images, settings.seed)


def make_strategy(devices=None):
    """`MirroredStrategy` over all visible GPUs, or over the given devices; None for a CPU or another Keras backend."""
    if keras.backend.backend() != "tensorflow":
        return None
    if devices is None and not tf.config.list_physical_devices("GPU"):
        return None
    return tf.distribute.MirroredStrategy(devices)


def network_options(settings, channels):
    """The arguments of the network's function; those that were not given keep its defaults."""
    chosen = {name: getattr(settings, name) for name in ("depth", "features", "batch_norm")}
    given = {name: value for name, value in chosen.items() if value is not None}
    if given and settings.model != "dncnn":
        raise InputError(f"--{next(iter(given))} belongs to --model=dncnn. Received: --model={settings.model}")
    dtype = {"float32": "float32", "bfloat16": "mixed_bfloat16"}[settings.precision]
    return {"channels": channels, "seed": settings.seed, "dtype": dtype, **given}


def uses_shared_statistics(settings, replicas):
    """Whether batch statistics must be shared: else each replica keeps its own, and a reloaded network scores differently."""
    return replicas > 1 and settings.model == "dncnn"


def compile_network(network, settings):
    """Compiles with Adam, mean squared error to the noisy target, and the monitored error to the clean image."""
    optimizer = keras.optimizers.Adam(make_schedule(settings), use_ema=settings.ema > 0, ema_momentum=settings.ema or 0.99)
    network.compile(
        optimizer=optimizer, loss=pair_loss, metrics=[keras.metrics.MeanMetricWrapper(clean_error, name="clean_mse")]
    )
    optimizer.build(network.trainable_variables)


def make_schedule(settings):
    """The learning rate as a function of the step: constant, dropping at the milestones, or half a cosine down to zero."""
    steps = steps_per_epoch(settings)
    if settings.schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.epochs * steps)
    boundaries = [epoch * steps for epoch in settings.milestones] if settings.schedule == "step" else []
    if not boundaries:
        return settings.learning_rate
    rates = [settings.learning_rate * settings.decay**drops for drops in range(len(boundaries) + 1)]
    return keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, rates)


def steps_per_epoch(settings):
    """Steps of an epoch: those given, else enough for 8,000 patches."""
    return settings.steps_per_epoch or math.ceil(EPOCH_PATCHES / settings.batch_size)


def pair_loss(y_true, y_pred):
    """Squared error to the noisy target, averaged over channels; channels behind the target's (the clean image) are ignored."""
    return ops.mean(ops.square(y_pred - y_true[..., : y_pred.shape[-1]]), axis=-1)


def clean_error(y_true, y_pred):
    """Squared error to the clean image, for the monitor; 0 where the batch brings none."""
    channels = y_pred.shape[-1]
    if y_true.shape[-1] == channels:
        return ops.zeros(())
    return ops.mean(ops.square(y_pred - y_true[..., channels:]), axis=-1)


def target_variance(settings, noise_model):
    """Noise variance of a target pixel: what the loss exceeds the true mean squared error by."""
    if settings.objective == "r2r":
        return recorruption.target_noise_variance(noise_model, settings.alpha)
    return noise_model.mean_variance() if settings.objective == "n2n" else 0.0


def batches(settings, noise_model, train_images, validation_images, first_epoch):
    """The data sets of the remaining training steps and of one validation, as from `pipeline.batches`."""
    steps = steps_per_epoch(settings)
    common = {
        "noise": noise_model, "alpha": settings.alpha, "objective": settings.objective, "antithetic": settings.antithetic,
        "batch_size": settings.batch_size, "patch_size": settings.patch_size, "seed": settings.seed,
    }  # fmt: skip
    train = pipeline.batches(
        train_images, **common, role="train", first_step=first_epoch * steps,
        num_steps=max(0, settings.epochs - first_epoch) * steps)  # fmt: skip
    validation = pipeline.batches(
        validation_images, **common, role="validation", first_step=0, num_steps=math.ceil(VALIDATION_FRACTION * steps),
        with_clean=validation_images.clean is not None)  # fmt: skip
    return train, validation.cache()


def fit(network, settings, variance, train, validation, workdir, history, panels):
    """Trains the remaining epochs.

    Args:
      network: compiled `keras.Model`, in the state after `history`.
      settings: `Settings`.
      variance: noise variance of the targets.
      train, validation: as from `batches`.
      workdir: the run directory.
      history: list of dicts, one per finished epoch.
      panels: the `TensorBoardLog`.
    Returns:
      The history, grown to settings.epochs entries.
    """
    steps, first = steps_per_epoch(settings), len(history)
    directory = workdir / run_directory.CHECKPOINTS
    checkpoint = callbacks.Checkpoint(directory, workdir / run_directory.HISTORY_FILE, history)
    progress = callbacks.Progress(first, settings.epochs, steps, settings.batch_size)
    try:
        network.fit(
            train, initial_epoch=first, epochs=settings.epochs, steps_per_epoch=steps, validation_data=validation, verbose=0,
            shuffle=False,
            callbacks=[
                callbacks.DerivedFigures(variance, settings.batch_size), callbacks.StopOnNaN(directory),
                averaging.ValidateAverage(), progress, checkpoint, panels,
            ],
        )  # fmt: skip
    finally:
        progress.close()
    return checkpoint.history


def finish(network, settings, noise_model, options, workdir, history):
    """Writes the trained network, its exports, curves and the closing evaluation; last of all, that the run is finished."""
    # `fit` may have put averages into the network already; the checkpoint holds the state before that
    checkpoints.restore(workdir / run_directory.CHECKPOINTS, network)
    network.optimizer.finalize_variable_values(network.trainable_variables)
    plain = models.build(settings.model, **{**options, "dtype": "float32"})
    plain.set_weights(network.get_weights())
    recorrupted = settings.objective == "r2r"
    card = {
        "model": settings.model, "channels": options["channels"], "value_range": [0, 1], "objective": settings.objective,
        "alpha": settings.alpha if recorrupted else 0.0, "antithetic": settings.antithetic, "noise": noise_model.to_json(),
        "dataset": settings.dataset, "epochs": len(history), "patches": len(history) * steps_per_epoch(settings) * settings.batch_size,
    }  # fmt: skip
    model_files.save(workdir, plain, card)
    export.export_saved_model(plain, workdir / "saved_model", settings.alpha if recorrupted else 0.0)
    figures.curves(history, workdir / "curves.png")
    results = None
    if settings.test_dataset:
        denoiser = model_files.load(workdir)
        results = evaluation.evaluate(
            denoiser, settings.test_dataset, workdir / "test", split="test", data_dir=settings.data_dir,
            manual_dir=settings.manual_dir, num_recorruptions=settings.num_recorruptions if recorrupted else 0, seed=settings.seed,
        )  # fmt: skip
    run_directory.write_run(
        workdir, finished_epochs=len(history), training_seconds=round(sum(row["seconds"] for row in history), 1), test=results
    )
