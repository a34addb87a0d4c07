"""Training: network, optimizer, Keras `fit` under a distribution strategy, exact resuming, and what a finished run leaves."""

import contextlib
import math
import pathlib

import keras

from r2r_tf import atomic
from r2r_tf.backend import tf
from r2r_tf.errors import InputError
from r2r_tf.models import denoisers, structure
from r2r_tf.noise.gaussian import covering
from r2r_tf.training import (
    as_shipped,
    averaging,
    callbacks,
    checkpoints,
    early_stopping,
    fitting,
    hosts,
    network_forms,
    placement,
    results,
    run_directory,
)
from r2r_tf.training import data as training_data
from r2r_tf.training.settings import AUTO, check, flag_lines, network_options, steps_per_epoch


def train(settings, workdir, *, devices=None, command="", on_step=None):
    """Trains, or goes on after the last finished epoch, and leaves the finished run in its directory.

    Args:
      settings: `Settings`.
      workdir: the run directory.
      devices: for `placement.make_strategy`.
      command: what the records say that the run was made by.
      on_step: function of (steps done, steps in all, words on the last epoch), called after each step and each batch of a
        validation. What it raises ends the run, which the same call resumes after the last finished epoch.
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
    many = hosts.join()
    with many.guarded():
        return _train(settings, workdir, before, many, many.strategy or placement.make_strategy(devices), command, on_step)


def _train(settings, workdir, before, many, strategy, command, on_step):
    """`train` on one of `many` hosts; `before` is what run.json says already."""
    keras.utils.set_random_seed(settings.seed)
    if keras.backend.backend() == "tensorflow":
        tf.config.experimental.enable_op_determinism()
    if many.strategy:
        with many.chief_first():
            training_data.prepare(settings)
    images = training_data.load_images(settings)
    options = network_options(settings, channels=images.train[0].noisy.shape[-1])
    test = training_data.load_test_set(settings, options["channels"])
    if images.shipped:
        if many.chief:
            as_shipped.leave(settings, images, workdir, counts=image_counts(images), test=test, command=command)
        many.wait()
        return run_directory.read_run(workdir)
    forms = network_forms.build(settings, options, images.noise, strategy, many)
    if forms.start and settings.sigma == AUTO:
        images = images._replace(noise=covering(images.noise, denoisers.load(forms.start).noise))
    run_directory.check_counts(before, image_counts(images))
    history = resume(forms.compiled, settings, workdir)
    many.check_same(
        "All hosts must have the same images, flags and `workdir`, and these differ: let all see the same folders.",
        [image.noisy.shape for image in [*images.train, *images.validation]],
        flag_lines(settings),
        [before, len(history)],
    )
    data = training_data.batches(settings, images, len(history), structure.form(forms.saved).takes_level, many)
    told = [callbacks.Told(on_step, len(history), settings.epochs, steps_per_epoch(settings))] if on_step else []
    with run_directory.only_one(workdir) if many.chief else contextlib.nullcontext():
        if many.chief:
            begin_records(forms, settings, images, workdir, history)
        start = fitting.score_start(forms, settings, images, data, workdir, history, many, told)
        if len(history) < settings.epochs and not early_stopping.is_over(history, settings.patience, start):
            history = fitting.fit(forms, settings, images, data, workdir, history, start, many, told)
        if many.chief:
            take_final_weights(forms, settings, data, workdir, history)
            if math.isfinite(start) and not early_stopping.best_epoch(history, start):
                # weights that stay as they were are used as they were
                images = images._replace(about={**images.about, "orientations": denoisers.load(forms.start).orientations})
            results.write(forms.saved, settings, images, workdir, test=test, history=history, start=start, command=command)
        many.wait()
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


def take_final_weights(forms, settings, data, workdir, history):
    """Gives the saved form the weights that the run stands for: the averaged ones, or, with `patience`, the best epoch's."""
    # `fit` may have put averages into the network; the checkpoint holds the state before that
    if len(checkpoints.restore(workdir / run_directory.CHECKPOINTS, forms.compiled)) != len(history):
        raise InputError(f"The last checkpoint in {workdir} cannot be read. Run the same command again.")
    if settings.patience is None:
        averaging.settle(forms.saved, forms.compiled, data.calibration)
    else:
        early_stopping.restore(forms.saved, workdir / run_directory.CHECKPOINTS)
