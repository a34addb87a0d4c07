"""Keras's `fit`, with all that a run shows, keeps and writes after each epoch, and what the weights score that it starts from."""

import math

import keras

from r2r_tf.backend import tf
from r2r_tf.errors import InputError
from r2r_tf.inference import passes
from r2r_tf.models import denoisers
from r2r_tf.reports import tensorboard
from r2r_tf.training import averaging, callbacks, early_stopping, run_directory
from r2r_tf.training import data as training_data
from r2r_tf.training.settings import AUTO, steps_per_epoch

_SURE = 3.0  # standard errors below zero at which an estimated error contradicts the noise that was found


def score_start(forms, settings, images, data, workdir, history, many, told=()):
    """The validation loss of the weights that a run with `patience` and `init` starts from, kept as its best; else infinity.

    Arguments as in `fit`; run.json remembers it.

    Raises:
      InputError: the loss is so far below the noise that was found that the pictures cannot have as much.
    """
    if settings.patience is None or forms.start is None:
        return math.inf
    if history:
        return run_directory.read_run(workdir).get("start_val_loss", math.inf)
    steps = training_data.validation_steps(settings)
    losses = forms.compiled.evaluate(data.validation, verbose=0, return_dict=True, steps=steps, callbacks=list(told))
    loss = losses["loss"]
    variance = validation_variance(settings, images)
    pixels = steps * settings.batch_size * settings.patch_size**2
    psnr = callbacks.psnr_of_mse(loss - variance)
    if settings.sigma == AUTO and loss - variance < -_SURE * variance * math.sqrt(2 / pixels):
        raise InputError(
            f"The noise that was found is stronger than the pictures': {forms.start} leaves less than that of it. Give "
            "`sigma`, or pictures that show their noise alone in more places."
        )
    if many.chief:
        forms.saved.set_weights(forms.compiled.get_weights())
        early_stopping.keep(forms.saved, workdir / run_directory.CHECKPOINTS)
        run_directory.write_run(workdir, start_val_loss=loss)
        print(f"start: val_loss {loss:.5f}  estimated PSNR {callbacks.decibels(psnr)}, of {forms.start} as it is")
    return loss


def validation_variance(settings, images):
    """Noise variance of a target pixel, the mean over the validation."""
    steps = training_data.validation_steps(settings)
    return training_data.target_variances(settings, images.validation, role="validation", first_step=0, num_steps=steps).mean()


def fit(forms, settings, images, data, workdir, history, start, many, told=()):
    """Trains the remaining epochs.

    Args:
      forms: `Forms`, in the state after `history`.
      settings: `Settings`.
      images: `training_data.TrainingImages`.
      data: their `training_data.Batches`.
      workdir: the run directory.
      history: list of dicts, one per finished epoch.
      start: the validation loss that an epoch has to beat to be kept.
      many: `hosts.Hosts`.
      told: callbacks besides those of every run.
    Returns:
      The history, grown to settings.epochs entries, or fewer with `patience`.
    """
    steps, first, directory = steps_per_epoch(settings), len(history), workdir / run_directory.CHECKPOINTS
    devices = [device.name for device in tf.config.list_logical_devices()]
    backend = keras.backend.backend()
    if many.chief:
        places = {"devices": devices, "replicas": forms.replicas, **({"hosts": many.count} if many.count > 1 else {})}
        run_directory.add_session(workdir, first_epoch=first + 1, backend=backend, **places)
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
    denoiser = denoisers.Denoiser(forms.saved)
    log = tensorboard.TensorBoardLog(
        workdir / "tensorboard", images.validation, lambda y, level: passes.apply(denoiser, y, level)
    )
    checkpoint = callbacks.Checkpoint(directory, workdir / run_directory.HISTORY_FILE, history, many.chief)
    progress = callbacks.Progress(first, settings.epochs, steps, settings.batch_size, many.chief)
    last = [averaging.ValidateSettled(forms.saved, data.calibration)]
    if settings.patience is not None:
        last.insert(0, early_stopping.KeepBest(forms.saved, directory, settings.patience, checkpoint, start, many.chief))
    shown = [progress, checkpoint, *([log] if many.chief else []), *told]
    try:
        forms.compiled.fit(
            data.train,
            initial_epoch=first,
            epochs=settings.epochs,
            steps_per_epoch=steps,
            validation_data=data.validation,
            validation_steps=training_data.validation_steps(settings),
            verbose=0,
            shuffle=False,
            callbacks=[figures, callbacks.StopOnNaN(directory), *shown, *last],
        )
    finally:
        progress.close()
    return checkpoint.history
