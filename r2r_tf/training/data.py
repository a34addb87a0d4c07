"""The data of a training run: its images, its batches, and the test set of its closing evaluation."""

import functools
import math
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from r2r_tf import estimation, noise, objectives
from r2r_tf.backend import tf
from r2r_tf.data import binning, datasets, frozen_images, own_images, pipeline, raised, test_sets
from r2r_tf.errors import InputError
from r2r_tf.image_files import scratch
from r2r_tf.inference import defaults, passes
from r2r_tf.models import denoisers, networks, structure
from r2r_tf.noise import NoiseModel, mean_level
from r2r_tf.training import as_shipped, hosts, own_noise, precision
from r2r_tf.training.settings import CHEN, given_noise, network_options, steps_per_epoch, test_noise

CALIBRATION_PATCHES = 512
_CHEN_PATCH_SIZE = 32  # of the R2R paper


class TrainingImages(NamedTuple):
    """The images of a run.

    Attributes:
      train, validation: lists of `FrozenImage`.
      noise: the noise model that a network trained on them is for.
      about: dict for model.json: value_range, and the dtype of files.
      shipped: the shipped `Denoiser` that the run leaves as it is, None where it trains.
    """

    train: list
    validation: list
    noise: NoiseModel
    about: dict
    shipped: denoisers.Denoiser | None = None


def load_images(settings):
    """`TrainingImages` of a run.

    Raises:
      InputError: noise is to be estimated from pictures that are clean.
    """
    about, shelf = {"value_range": [0, 1]}, scratch.Shelf()
    if settings.images:
        own = own_images.load(settings.images, settings.single_image, shelf)
        low, high = own.values
        counts = (high - low) / 255
        print(f"{len(own.pictures)} images. Values from {low:g} to {high:g} are 0 to 1; a grey level is {counts:.3g} counts.")
        pictures, about = own.pictures, {"value_range": list(own.values), "dtype": own.dtype}
    else:
        builder = datasets.prepare(settings.dataset, settings.data_dir, settings.manual_dir)
        pictures = datasets.load_pictures(builder, "train")
    factors, model = settings.binning, given_noise(settings)
    shipped = as_shipped.denoiser_for(settings, pictures)
    if shipped:
        factors, model = None, shipped.noise
    models = model
    if model is None:
        shown = _estimated(settings, pictures, about["value_range"], shelf)
        pictures, models, model = shown.pictures, shown.models, shown.pool
        print(f"Noise: {shown.words}.")
        factors = factors if model.white else None
    second_copy = objectives.OBJECTIVES[settings.objective].source == "second"
    images = frozen_images.noisy_images(
        pictures, models, settings.seed, second_copy=second_copy, scales=settings.scales, shelf=shelf
    )
    images = frozen_images.misjudge_levels(images, settings.sigma_error, settings.seed)
    train, validation = frozen_images.split_validation(images, settings.seed, settings.validation_fraction)
    parts = [binning.with_copies(train, factors, shelf), validation]
    if settings.teacher:
        parts = [_taught(settings, part, shelf) for part in parts]
    shelf.scatter()
    return TrainingImages(*parts, model, about, shipped)


def _estimated(settings, pictures, values, shelf):
    """The `own_noise.Shown` of pictures whose noise is not given; values are what 0 and 1 stand for in the files."""
    if any(picture.noisy is None for picture in pictures):
        raise InputError(
            f"`sigma={settings.sigma}` is for pictures that are noisy already, and {settings.dataset} has clean ones."
        )
    if settings.sigma == CHEN:
        levels = [estimation.chen2015(p.noisy, _CHEN_PATCH_SIZE) for p in tqdm(pictures, unit=" noise levels")]
        mean = noise.Gaussian(float(np.mean(levels)))
        return own_noise.Shown(pictures, [noise.Gaussian(level) for level in levels], mean, "white, by Chen's estimator")
    # clean targets belong to pictures as they are
    clean = objectives.OBJECTIVES[settings.objective].clean
    network = networks.build(settings.model, **network_options(settings, pictures[0].noisy.shape[-1]))
    homogeneous = structure.form(network).takes_level and structure.is_homogeneous(network)
    return own_noise.of_pictures(pictures, homogeneous and not clean, settings.alpha, values, shelf)


def _taught(settings, images, shelf):
    """The same images with the teacher's estimate from each, by the draws that it would take of itself."""
    teacher = denoisers.load(settings.teacher, precision.chosen(settings.precision))
    channels = images[0].noisy.shape[-1]
    if teacher.form.channels != channels:
        raise InputError(
            f"`teacher` must be for images of {channels} channel(s), as {settings.dataset} has. Received: {settings.teacher}"
        )
    if settings.binning and not teacher.form.takes_level:
        raise InputError(f"`binning` needs a `teacher` that is told the level, as unet-awgn is. Received: {settings.teacher}")
    average = defaults.plan(teacher)

    def estimate(number, image):
        return passes.averaged_estimate(teacher, image.noisy[None], [image.noise], average, seed=(settings.seed, number))[0]

    bar = tqdm(images, unit=" images", desc="teacher")
    return [image._replace(taught=shelf.keep(estimate(number, image))) for number, image in enumerate(bar)]


def load_test_set(settings, channels):
    """The closing evaluation's `test_sets.TestSet`, None without `test_dataset`; loaded first, so that it cannot fail last."""
    if settings.test_dataset is None:
        return None
    return test_sets.load_test_set(
        settings.test_dataset,
        test_noise(settings),
        channels,
        data_dir=settings.data_dir,
        manual_dir=settings.manual_dir,
        seed=settings.seed,
    )


def prepare(settings):
    """Prepares the data sets of a run, so that several hosts find them prepared."""
    for name in (None if settings.images else settings.dataset, settings.test_dataset):
        if name:
            datasets.prepare(name, settings.data_dir, settings.manual_dir)


class Batches(NamedTuple):
    """Data sets of (input, target) batches, see `pipeline.batches`: the remaining steps, one validation, one calibration."""

    train: tf.data.Dataset
    validation: tf.data.Dataset
    calibration: tf.data.Dataset


def batches(settings, images, first_epoch, with_level, many=hosts.Hosts()):
    """`Batches` of a run that goes on after some epochs. Calibration batches are of training images, with draws of their own.

    Args:
      settings: `Settings`.
      images: `TrainingImages`.
      first_epoch: how many epochs are done.
      with_level: whether the network is told the level.
      many: `hosts.Hosts`, which share training and validation; each calibrates by itself.
    """
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
    train = functools.partial(
        pipeline.batches,
        images.train,
        **common,
        role="train",
        levels=raised_levels(settings, images.train),
        first_step=first_epoch * steps,
        num_steps=(settings.epochs - first_epoch) * steps,
    )
    validation = functools.partial(
        pipeline.batches,
        images.validation,
        **common,
        role="validation",
        first_step=0,
        num_steps=validation_steps(settings),
        with_clean=all(image.clean is not None for image in images.validation),
    )
    calibration = pipeline.batches(
        images.train,
        **common,
        role="calibration",
        first_step=0,
        num_steps=math.ceil(CALIBRATION_PATCHES / settings.batch_size),
    )
    return Batches(
        many.distribute(lambda share: train(share=share)),
        many.distribute(lambda share: validation(share=share).cache()),
        calibration.cache(),
    )


def validation_steps(settings):
    """Batches of one validation."""
    return math.ceil(settings.validation_fraction * steps_per_epoch(settings))


def raised_levels(settings, images):
    """(low, high) that inputs are raised between, [0, 1] scale; None where each is raised by its own."""
    if settings.raise_to is None:
        return None
    model = given_noise(settings)
    low = model.inside(0.0) if model and model.levels == "range" else min(mean_level(image.noise) for image in images)
    return low, settings.raise_to / noise.GREY_LEVELS


def target_variances(settings, images, *, role, first_step, num_steps, levels=None):
    """Noise variance of a target pixel, the mean over the patches of each of these steps, [num_steps]; levels as in `batches`."""
    objective = objectives.of_images(settings.objective, images[0].simulated)
    count = pipeline.patches_of(settings.objective, settings.antithetic, settings.batch_size)
    choose = tf.function(raised.chooser(images, objective, settings.alpha, levels, count, settings.seed, role))

    @functools.cache  # without raised levels, an image has one alpha
    def variance(number, alpha):
        return objective.target_variance(images[number].noise, alpha)

    def of_step(step):
        image, _, alpha = choose(tf.constant(step, tf.int64))
        alphas = [0.0] * count if alpha is None else alpha.numpy().tolist()
        return np.mean([variance(*own) for own in zip(image.numpy().tolist(), alphas, strict=True)])

    return np.array([of_step(step) for step in range(first_step, first_step + num_steps)])
