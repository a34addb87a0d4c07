"""Training: network, optimizer, Keras `fit` under a distribution strategy, exact resuming, and what a finished run leaves."""

import contextlib
import math
import pathlib

import keras

from r2r_tf import (
    atomic,
    averaging,
    callbacks,
    checkpoints,
    early_stopping,
    losses,
    model_files,
    models,
    noise,
    optimizers,
    passes,
    placement,
    run_directory,
    run_results,
    summaries,
    training_data,
)
from r2r_tf.backend import tf
from r2r_tf.errors import InputError
from r2r_tf.models import microbatches, structure
from r2r_tf.settings import check, flag_lines, network_options, steps_per_epoch


def run(settings, workdir, devices=None):
    """Trains, or goes on after the last finished epoch, and leaves the finished run in its directory.

    Args:
      settings: `Settings`.
      workdir: the run directory.
      devices: for `placement.make_strategy`.
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
    train_images, validation_images, noise_model, about = training_data.load_images(settings)
    options = network_options(settings, channels=train_images.noisy[0].shape[-1])
    test = training_data.load_test_set(settings, options["channels"])
    plain = models.build(settings.model, **{**options, "dtype": "float32"})
    check_network(plain, settings, noise_model)
    strategy = placement.make_strategy(devices)
    with strategy.scope() if strategy else contextlib.nullcontext():
        replicas = strategy.num_replicas_in_sync if strategy else 1
        if settings.batch_size % (replicas * settings.microbatches):
            raise InputError(
                f"--batch_size must be a multiple of --microbatches={settings.microbatches} times the number of devices, "
                f"{replicas}. Received: {settings.batch_size}"
            )
        whole = models.build(settings.model, **options, **placement.training_options(settings.model, strategy))
        start_from(whole, settings.init)
        network = microbatches.in_parts(whole, settings.microbatches)
        compile_network(network, settings)
        history = checkpoints.restore(workdir / run_directory.CHECKPOINTS, network)
    if len(history) > settings.epochs:
        raise InputError(f"--epochs must be at least {len(history)}, as many as {workdir} has done. Received: {settings.epochs}")
    with_level = structure.takes_level(plain)
    data = training_data.batches(settings, train_images, validation_images, len(history), with_level)
    run_directory.claim(workdir, flag_lines(settings))
    atomic.write_csv(workdir / run_directory.HISTORY_FILE, history)
    run_directory.write_run(
        workdir,
        parameters=network.count_params(),
        trainable_parameters=sum(math.prod(weight.shape) for weight in network.trainable_weights),
        seeds={"noise_seed": settings.seed, "recorruption_seed": settings.seed, "weights": settings.seed},
        training_images=train_images.factors.count(1),
        validation_images=len(validation_images.noisy),
    )
    if len(history) < settings.epochs and not early_stopping.is_over(history, settings.patience):
        devices = [device.name for device in tf.config.list_logical_devices()]
        run_directory.add_session(
            workdir, first_epoch=len(history) + 1, backend=keras.backend.backend(), devices=devices, replicas=replicas
        )
        steps = steps_per_epoch(settings)
        figures_of_epochs = callbacks.DerivedFigures(
            lambda epoch: training_data.target_variances(settings, train_images, "train", epoch * steps, steps),
            training_data.target_variances(
                settings, validation_images, "validation", 0, training_data.validation_steps(settings)
            ).mean(),
            settings.batch_size,
        )
        panels = summaries.TensorBoardLog(
            workdir / "tensorboard", validation_images, lambda y, level: passes.one_pass(whole, y, level)
        )
        history = fit(network, plain, settings, data, workdir, history, figures_of_epochs, panels)
    # `fit` may have put averages into the network; the checkpoint holds the state before that
    if len(checkpoints.restore(workdir / run_directory.CHECKPOINTS, network)) != len(history):
        raise InputError(f"The last checkpoint in {workdir} cannot be read. Run the same command again.")
    if settings.patience is None:
        averaging.settle(plain, network, data.calibration)
    else:
        early_stopping.restore(plain, workdir / run_directory.CHECKPOINTS)
    run_results.write(plain, settings, noise_model, about, test, workdir, history)
    return run_directory.read_run(workdir)


def check_network(network, settings, noise_model):
    """Raises InputError for patches that the network cannot take, or a range of levels that it would not be told."""
    multiple = structure.side_multiple(network)
    if settings.patch_size % multiple:
        raise InputError(
            f"--patch_size must be a multiple of {multiple} with --model={settings.model}. Received: {settings.patch_size}"
        )
    if isinstance(noise_model, noise.GaussianRange) and not structure.takes_level(network):
        raise InputError(
            f"--model={settings.model} is not told the noise level: give one level, or --model=ffdnet. "
            f"Received: --sigma={settings.sigma}"
        )


def start_from(network, source):
    """Gives a new network the weights of a trained one of the same form; leaves it as it is for None.

    Raises:
      InputError: the two have other weights.
    """
    if source is None:
        return
    weights = model_files.read(source)[0].get_weights()
    if [weight.shape for weight in weights] != [tuple(weight.shape) for weight in network.weights]:
        raise InputError(f"--init must be a network of the same form (--model, --depth, --features). Received: {source}")
    network.set_weights(weights)


def compile_network(network, settings):
    """Compiles with mean squared error to the noisy target, and the monitored error to the clean image."""
    network.compile(
        optimizer=optimizers.make(settings, network.trainable_variables),
        loss=losses.pair_loss,
        metrics=[keras.metrics.MeanMetricWrapper(losses.clean_error, name="clean_mse")],
    )


def fit(network, plain, settings, data, workdir, history, figures_of_epochs, panels):
    """Trains the remaining epochs.

    Args:
      network: compiled `keras.Model`, in the state after `history`.
      plain: the same network for `averaging.settle`.
      settings: `Settings`.
      data: `training_data.Batches`.
      workdir: the run directory.
      history: list of dicts, one per finished epoch.
      figures_of_epochs: the `DerivedFigures`.
      panels: the `TensorBoardLog`.
    Returns:
      The history, grown to settings.epochs entries, or fewer with --patience.
    """
    steps, first = steps_per_epoch(settings), len(history)
    directory = workdir / run_directory.CHECKPOINTS
    checkpoint = callbacks.Checkpoint(directory, workdir / run_directory.HISTORY_FILE, history)
    progress = callbacks.Progress(first, settings.epochs, steps, settings.batch_size)
    last = [averaging.ValidateSettled(plain, data.calibration)]
    if settings.patience is not None:
        last.insert(0, early_stopping.KeepBest(plain, directory, settings.patience, checkpoint))
    try:
        network.fit(
            data.train,
            initial_epoch=first,
            epochs=settings.epochs,
            steps_per_epoch=steps,
            validation_data=data.validation,
            verbose=0,
            shuffle=False,
            callbacks=[
                figures_of_epochs,
                callbacks.StopOnNaN(directory),
                progress,
                checkpoint,
                panels,
                *last,
            ],
        )
    finally:
        progress.close()
    return checkpoint.history
