"""Training: network, optimizer, Keras `fit` under a distribution strategy, exact resuming, and what a finished run leaves."""

import contextlib
import math
import pathlib
from typing import NamedTuple

import keras

from r2r_tf import atomic
from r2r_tf.backend import tf
from r2r_tf.errors import InputError
from r2r_tf.inference import passes
from r2r_tf.models import denoisers, microbatches, networks, structure
from r2r_tf.reports import tensorboard
from r2r_tf.training import (
    averaging,
    callbacks,
    checkpoints,
    early_stopping,
    lock,
    losses,
    optimizers,
    placement,
    results,
    run_directory,
)
from r2r_tf.training import data as training_data
from r2r_tf.training.settings import check, flag_lines, network_options, steps_per_epoch


class Forms(NamedTuple):
    """One network in the forms that a run needs.

    Attributes:
      saved: float32 and of built-in layers: what is evaluated and saved, with weights of its own.
      trained: in the precision and with the layers of the training.
      compiled: `trained` with its optimizer, taking a batch in parts; shares its weights.
      replicas: number of devices.
    """

    saved: keras.Model
    trained: keras.Model
    compiled: keras.Model
    replicas: int


def train(settings, workdir, *, devices=None, command=""):
    """Trains, or goes on after the last finished epoch, and leaves the finished run in its directory.

    Args:
      settings: `Settings`.
      workdir: the run directory.
      devices: for `placement.make_strategy`.
      command: what the records say that the run was made by.
    Returns:
      The contents of run.json; None for a run that was finished already.
    Raises:
      InputError: settings that cannot be met, or a loss that is not finite.
    """
    workdir = pathlib.Path(workdir)
    check(settings)
    run_directory.check(workdir, flag_lines(settings))
    before = run_directory.read_run(workdir)
    if before.get("finished_epochs", 0) >= settings.epochs or before.get("stopped_early"):
        return None
    keras.utils.set_random_seed(settings.seed)
    if keras.backend.backend() == "tensorflow":
        tf.config.experimental.enable_op_determinism()
    images = training_data.load_images(settings)
    options = network_options(settings, channels=images.train[0].noisy.shape[-1])
    test = training_data.load_test_set(settings, options["channels"])
    forms = build_forms(settings, options, images.noise, devices)
    run_directory.check_counts(before, image_counts(images))
    history = resume(forms.compiled, settings, workdir)
    data = training_data.batches(settings, images, len(history), structure.form(forms.saved).takes_level)
    with lock.held(workdir):
        begin_records(forms, settings, images, workdir, history)
        if len(history) < settings.epochs and not early_stopping.is_over(history, settings.patience):
            history = fit(forms, settings, images, data, workdir, history)
        take_final_weights(forms, settings, data, workdir, history)
        results.write(forms.saved, settings, images, workdir, test=test, history=history, command=command)
    return run_directory.read_run(workdir)


def build_forms(settings, options, noise_model, devices=None):
    """`Forms` of a new network, compiled.

    Args:
      settings: `Settings`.
      options: as from `network_options`.
      noise_model: what it is to be trained for.
      devices: for `placement.make_strategy`.
    """
    saved = networks.build(settings.model, **{**options, "dtype": "float32"})
    check_network(saved, settings, noise_model)
    strategy = placement.make_strategy(devices)
    with strategy.scope() if strategy else contextlib.nullcontext():
        replicas = strategy.num_replicas_in_sync if strategy else 1
        if settings.batch_size % (replicas * settings.microbatches):
            raise InputError(
                f"`batch_size` must be a multiple of `microbatches={settings.microbatches}` times the number of devices, "
                f"{replicas}. Received: {settings.batch_size}"
            )
        trained = networks.build(settings.model, **options, **placement.training_options(settings.model, strategy))
        start_from(trained, settings.init)
        compiled = microbatches.in_parts(trained, settings.microbatches)
        compile_network(compiled, settings)
    return Forms(saved, trained, compiled, replicas)


def check_network(network, settings, noise_model):
    """Raises InputError for patches that the network cannot take, or a range of levels that it would not be told."""
    multiple = structure.form(network).multiple
    if settings.patch_size % multiple:
        raise InputError(
            f"`patch_size` must be a multiple of {multiple} with `model={settings.model}`. Received: {settings.patch_size}"
        )
    if noise_model.levels == "range" and not structure.form(network).takes_level:
        raise InputError(
            f"`model={settings.model}` is not told the noise level: give one level, or `model=ffdnet`. "
            f"Received: `sigma={settings.sigma}`"
        )


def start_from(network, source):
    """Gives a new network the weights of a trained one of the same form; leaves it as it is for None.

    Raises:
      InputError: the two have other weights.
    """
    if source is None:
        return
    weights = denoisers.read(source)[0].get_weights()
    if [weight.shape for weight in weights] != [tuple(weight.shape) for weight in network.weights]:
        raise InputError(f"`init` must be a network of the same form (`model`, `depth`, `features`). Received: {source}")
    network.set_weights(weights)


def compile_network(network, settings):
    """Compiles with mean squared error to the noisy target, and the monitored error to the clean image."""
    network.compile(
        optimizer=optimizers.make(settings, network.trainable_variables),
        loss=losses.pair_loss,
        metrics=[keras.metrics.MeanMetricWrapper(losses.clean_error, name="clean_mse")],
    )


def resume(network, settings, workdir):
    """The history of the epochs that are done, whose state the network then has."""
    history = checkpoints.restore(workdir / run_directory.CHECKPOINTS, network)
    if len(history) > settings.epochs:
        raise InputError(f"`epochs` must be at least {len(history)}, as many as {workdir} has done. Received: {settings.epochs}")
    return history


def begin_records(forms, settings, images, workdir, history):
    """Claims the run directory, and writes what is known of the run before it trains."""
    run_directory.claim(workdir, flag_lines(settings))
    atomic.write_csv(workdir / run_directory.HISTORY_FILE, history)
    run_directory.write_run(
        workdir,
        parameters=forms.compiled.count_params(),
        trainable_parameters=sum(math.prod(weight.shape) for weight in forms.compiled.trainable_weights),
        seeds={"noise_seed": settings.seed, "recorruption_seed": settings.seed, "weights": settings.seed},
        **image_counts(images),
    )


def image_counts(images):
    """What run.json says of `TrainingImages`."""
    whole = sum(image.binned_by == 1 for image in images.train)
    return {"training_images": whole, "validation_images": len(images.validation)}


def fit(forms, settings, images, data, workdir, history):
    """Trains the remaining epochs.

    Args:
      forms: `Forms`, in the state after `history`.
      settings: `Settings`.
      images: `training_data.TrainingImages`.
      data: their `training_data.Batches`.
      workdir: the run directory.
      history: list of dicts, one per finished epoch.
    Returns:
      The history, grown to settings.epochs entries, or fewer with `patience`.
    """
    steps, first, directory = steps_per_epoch(settings), len(history), workdir / run_directory.CHECKPOINTS
    devices = [device.name for device in tf.config.list_logical_devices()]
    backend = keras.backend.backend()
    run_directory.add_session(workdir, first_epoch=first + 1, backend=backend, devices=devices, replicas=forms.replicas)
    figures = callbacks.DerivedFigures(
        lambda epoch: training_data.target_variances(
            settings, images.train, role="train", first_step=epoch * steps, num_steps=steps
        ),
        training_data.target_variances(
            settings, images.validation, role="validation", first_step=0, num_steps=training_data.validation_steps(settings)
        ).mean(),
        settings.batch_size,
    )
    shown = denoisers.Denoiser(forms.trained)
    panels = tensorboard.TensorBoardLog(
        workdir / "tensorboard", images.validation, lambda y, level: passes.apply(shown, y, level)
    )
    checkpoint = callbacks.Checkpoint(directory, workdir / run_directory.HISTORY_FILE, history)
    progress = callbacks.Progress(first, settings.epochs, steps, settings.batch_size)
    last = [averaging.ValidateSettled(forms.saved, data.calibration)]
    if settings.patience is not None:
        last.insert(0, early_stopping.KeepBest(forms.saved, directory, settings.patience, checkpoint))
    try:
        forms.compiled.fit(
            data.train,
            initial_epoch=first,
            epochs=settings.epochs,
            steps_per_epoch=steps,
            validation_data=data.validation,
            verbose=0,
            shuffle=False,
            callbacks=[figures, callbacks.StopOnNaN(directory), progress, checkpoint, panels, *last],
        )
    finally:
        progress.close()
    return checkpoint.history


def take_final_weights(forms, settings, data, workdir, history):
    """Gives the saved form the weights that the run stands for: the averaged ones, or, with `patience`, the best epoch's."""
    # `fit` may have put averages into the network; the checkpoint holds the state before that
    if len(checkpoints.restore(workdir / run_directory.CHECKPOINTS, forms.compiled)) != len(history):
        raise InputError(f"The last checkpoint in {workdir} cannot be read. Run the same command again.")
    if settings.patience is None:
        averaging.settle(forms.saved, forms.compiled, data.calibration)
    else:
        early_stopping.restore(forms.saved, workdir / run_directory.CHECKPOINTS)
