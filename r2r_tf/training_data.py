"""The data of a training run: its images, its batches, and the test set of its closing evaluation."""

import math
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from r2r_tf import (
    binning,
    datasets,
    estimation,
    frozen,
    losses,
    model_files,
    noise,
    own_images,
    passes,
    pipeline,
    plans,
    recorruption,
    sampling,
    testing_data,
)
from r2r_tf.backend import tf
from r2r_tf.errors import InputError
from r2r_tf.models import structure
from r2r_tf.settings import AUTO, CHEN, steps_per_epoch, test_noise

CALIBRATION_PATCHES = 512
_CHEN_PATCH_SIZE = 32  # of the R2R paper


def load_images(settings):
    """The images of a run.

    Returns:
      (training part, validation part: `frozen.Images`; the noise model that a network trained on them is for; dict for
      model.json: value_range, and the dtype of files).
    Raises:
      InputError: noise is to be estimated from pictures that are clean.
    """
    about = {"value_range": [0, 1]}
    if settings.images:
        own = own_images.load(settings.images, settings.single_image)
        pictures, about = own.pictures, {"value_range": list(own.values), "dtype": own.dtype}
    else:
        builder = datasets.prepare(settings.dataset, settings.data_dir, settings.manual_dir)
        pictures = datasets.load_pictures(builder, "train")
    noise_of, noise_model = _noise(settings, pictures)
    images = frozen.noisy_images(pictures, noise_of, settings.seed, settings.objective == "n2n", settings.scales)
    images = frozen.misjudge_levels(images, settings.sigma_error, settings.seed)
    train, validation = frozen.split_validation(images, settings.seed, settings.validation_fraction)
    parts = [binning.with_copies(train, settings.binning), validation]
    if settings.teacher:
        parts = [part._replace(taught=_taught(settings, part)) for part in parts]
    return *parts, noise_model, about


def _noise(settings, pictures):
    """(noise model of the pictures, or a function from picture to its noise; noise model of all)."""
    if settings.sigma not in (AUTO, CHEN):
        model = noise.from_grey_levels(settings.sigma)
        return model, model
    if any(picture.noisy is None for picture in pictures):
        raise InputError(
            f"--sigma={settings.sigma} is for pictures that are noisy already, and {settings.dataset} has clean ones."
        )
    if settings.sigma == CHEN:
        levels = {p.name: estimation.chen2015(p.noisy, _CHEN_PATCH_SIZE) for p in tqdm(pictures, unit=" noise levels")}
        return lambda picture: noise.Gaussian(levels[picture.name]), noise.Gaussian(float(np.mean(list(levels.values()))))
    models, pool = estimation.camera_noise([p.noisy for p in pictures], [p.setting for p in pictures])
    # pictures that do not tell their setting may be of several: each then has a strength of its own
    strengths = {p.name: estimation.level_factor(p.noisy, pool) if p.setting is None else 1.0 for p in pictures}
    return lambda picture: models[picture.setting].scaled(strengths[picture.name]).of_image(picture.noisy), pool


def _taught(settings, images):
    """The teacher's estimate from each noisy image, by the draws that it would take of itself."""
    teacher = model_files.load(settings.teacher, settings.precision)
    channels = images.noisy[0].shape[-1]
    if structure.image_channels(teacher.network) != channels:
        raise InputError(
            f"--teacher must be for images of {channels} channel(s), as {settings.dataset} has. Received: {settings.teacher}"
        )
    if images.binning and not structure.takes_level(teacher.network):
        raise InputError(f"--binning needs a --teacher that is told the level, as unet-awgn is. Received: {settings.teacher}")
    average = plans.plan(teacher)
    pairs = enumerate(zip(tqdm(images.noisy, unit=" images", desc="teacher"), images.noises, strict=True))
    return [passes.averaged_estimate(teacher.network, y[None], [own], average, (settings.seed, i))[0] for i, (y, own) in pairs]


def load_test_set(settings, channels):
    """The closing evaluation's `testing_data.TestSet`, None without --test_dataset; loaded first, so that it cannot fail last."""
    if settings.test_dataset is None:
        return None
    return testing_data.load_test_set(
        settings.test_dataset,
        test_noise(settings),
        channels,
        data_dir=settings.data_dir,
        manual_dir=settings.manual_dir,
        seed=settings.seed,
    )


class Batches(NamedTuple):
    """Data sets of (input, target) batches, see `pipeline.batches`: the remaining steps, one validation, one calibration."""

    train: tf.data.Dataset
    validation: tf.data.Dataset
    calibration: tf.data.Dataset


def batches(settings, train_images, validation_images, first_epoch, with_level):
    """`Batches` of a run that goes on after some epochs. Calibration batches are of training images, with draws of their own."""
    steps = steps_per_epoch(settings)
    common = {
        "with_level": with_level,
        "alpha": settings.alpha,
        "objective": settings.objective,
        "antithetic": settings.antithetic,
        "batch_size": settings.batch_size,
        "patch_size": settings.patch_size,
        "seed": settings.seed,
    }
    train = pipeline.batches(
        train_images, **common, role="train", first_step=first_epoch * steps, num_steps=(settings.epochs - first_epoch) * steps
    )
    validation = pipeline.batches(
        validation_images,
        **common,
        role="validation",
        first_step=0,
        num_steps=validation_steps(settings),
        with_clean=validation_images.clean is not None,
    )
    calibration = pipeline.batches(
        train_images,
        **common,
        role="calibration",
        first_step=0,
        num_steps=math.ceil(CALIBRATION_PATCHES / settings.batch_size),
    )
    return Batches(train, validation.cache(), calibration.cache())


def validation_steps(settings):
    """Batches of one validation."""
    return math.ceil(settings.validation_fraction * steps_per_epoch(settings))


def target_variances(settings, images, role, first_step, num_steps):
    """Noise variance of a target pixel, the mean over the patches of each of these steps, [num_steps]."""
    patches = pipeline.patches_of(settings.objective, settings.antithetic, settings.batch_size)
    drawn = sampling.random_images(len(images.noisy), first_step * patches, num_steps * patches, settings.seed, role)
    alphas = [recorruption.alpha_of_gain(gain) for gain in pipeline.input_gains(images, settings.objective, settings.alpha)]
    variances = [losses.target_variance(settings.objective, *own) for own in zip(images.noises, alphas, strict=True)]
    return np.array(variances)[drawn].reshape(num_steps, patches).mean(axis=1)
