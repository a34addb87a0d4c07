"""Training: network, optimizer, Keras `fit` under a distribution strategy, exact resuming, and what a finished run leaves."""

import math
import pathlib

import keras

from r2r_tf import atomic
from r2r_tf.backend import tf
from r2r_tf.errors import InputError
from r2r_tf.inference import passes
from r2r_tf.models import denoisers, structure
from r2r_tf.noise.gaussian import covering
from r2r_tf.reports import tensorboard
from r2r_tf.training import (
    averaging,
    callbacks,
    checkpoints,
    early_stopping,
    lock,
    network_forms,
    results,
    run_directory,
)
from r2r_tf.training import data as training_data
from r2r_tf.training.settings import AUTO, check, flag_lines, network_options, steps_per_epoch

_SURE = 3.0  # standard errors below zero at which an estimated error contradicts the noise that was found


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
    forms = network_forms.build(settings, options, images.noise, devices)
    if forms.start and settings.sigma == AUTO:
        images = images._replace(noise=covering(images.noise, denoisers.load(forms.start).noise))
    run_directory.check_counts(before, image_counts(images))
    history = resume(forms.compiled, settings, workdir)
    data = training_data.batches(settings, images, len(history), structure.form(forms.saved).takes_level)
    with lock.held(workdir):
        begin_records(forms, settings, images, workdir, history)
        start = score_start(forms, settings, images, data, workdir, history)
        if len(history) < settings.epochs and not early_stopping.is_over(history, settings.patience, start):
            history = fit(forms, settings, images, data, workdir, history, start)
        take_final_weights(forms, settings, data, workdir, history)
        results.write(forms.saved, settings, images, workdir, test=test, history=history, start=start, command=command)
    return run_directory.read_run(workdir)


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


def score_start(forms, settings, images, data, workdir, history):
    """The validation loss of the weights that a run with `patience` and `init` starts from, kept as its best; else infinity.

    Arguments as in `fit`; run.json remembers it.

    Raises:
      InputError: the loss is so far below the noise that was found that the pictures cannot have as much.
    """
    if settings.patience is None or forms.start is None:
        return math.inf
    if not history:
        forms.saved.set_weights(forms.compiled.get_weights())
        early_stopping.keep(forms.saved, workdir / run_directory.CHECKPOINTS)
        loss = forms.compiled.evaluate(data.validation, verbose=0, return_dict=True)["loss"]
        variance = validation_variance(settings, images)
        pixels = training_data.validation_steps(settings) * settings.batch_size * settings.patch_size**2
        psnr = callbacks.psnr_of_mse(loss - variance)
        if settings.sigma == AUTO and loss - variance < -_SURE * variance * math.sqrt(2 / pixels):
            raise InputError(
                f"The noise that was found is stronger than the pictures': {forms.start} leaves less than that of it. Give "
                "`sigma`, or pictures that show their noise alone in more places."
            )
        run_directory.write_run(workdir, start_val_loss=loss)
        print(f"start: val_loss {loss:.5f}  estimated PSNR {callbacks.decibels(psnr)}, of {forms.start} as it is")
    return run_directory.read_run(workdir).get("start_val_loss", math.inf)


def validation_variance(settings, images):
    """Noise variance of a target pixel, the mean over the validation."""
    steps = training_data.validation_steps(settings)
    return training_data.target_variances(settings, images.validation, role="validation", first_step=0, num_steps=steps).mean()


def fit(forms, settings, images, data, workdir, history, start):
    """Trains the remaining epochs.

    Args:
      forms: `Forms`, in the state after `history`.
      settings: `Settings`.
      images: `training_data.TrainingImages`.
      data: their `training_data.Batches`.
      workdir: the run directory.
      history: list of dicts, one per finished epoch.
      start: the validation loss that an epoch has to beat to be kept.
    Returns:
      The history, grown to settings.epochs entries, or fewer with `patience`.
    """
    steps, first, directory = steps_per_epoch(settings), len(history), workdir / run_directory.CHECKPOINTS
    devices = [device.name for device in tf.config.list_logical_devices()]
    backend = keras.backend.backend()
    run_directory.add_session(workdir, first_epoch=first + 1, backend=backend, devices=devices, replicas=forms.replicas)
    figures = callbacks.DerivedFigures(
        lambda epoch: training_data.target_variances(
            settings,
            images.train,
            role="train",
            first_step=epoch * steps,
            num_steps=steps,
            levels=training_data.raised_levels(settings, images.train),
        ),
        validation_variance(settings, images),
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
        last.insert(0, early_stopping.KeepBest(forms.saved, directory, settings.patience, checkpoint, start))
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
