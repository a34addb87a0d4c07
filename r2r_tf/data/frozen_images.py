"""Frozen noisy images: each exists once, whatever the epoch. Redrawing its noise would leak the clean image.

Images are [H, W, C] float32, [0, 1] scale, neither clipped nor rounded once noise is on them.
"""

import zlib
from typing import NamedTuple

import numpy as np
import skimage.transform

from r2r_tf.backend import tf
from r2r_tf.data import stateless_draws
from r2r_tf.errors import InputError
from r2r_tf.image_files import scratch
from r2r_tf.noise import ImageNoise


class FrozenImage(NamedTuple):
    """One noisy image and what is known of it; arrays are [H, W, C] float32, None where there is none.

    Attributes:
      noisy: y, which exists once.
      noise: its noise; None where nothing is known of it.
      clean: x.
      second: the other noisy copy, which n2n needs.
      taught: a teacher's estimate from y, which distill needs.
      binned_by: side of the blocks whose means it is made of, see `binning`; 1 for a whole image.
      simulated: whether the noise was drawn here, or is the camera's own.
    """

    noisy: np.ndarray
    noise: ImageNoise | None
    clean: np.ndarray | None = None
    second: np.ndarray | None = None
    taught: np.ndarray | None = None
    binned_by: int = 1
    simulated: bool = True


def add_frozen_noise(x, model, noise_seed, *, source, index, copy=0):
    """The one noisy version y of a clean image that this seed knows.

    Args:
      x: [H, W, C] clean image.
      model: `noise.NoiseModel` of one picture.
      noise_seed: fixes y for all images.
      source: data set and split, such as 'bsd400/train': no two share their noise.
      index: number of the image there.
      copy: 0, or 1 for the second noisy copy of n2n.
    Returns:
      [H, W, C] float32 array, not clipped.
    """
    with tf.device("CPU"):  # whatever accelerator is there, the same y
        draws = stateless_draws.FrozenDraws(stateless_draws.key(noise_seed, f"frozen noise {copy} of {source}"), index, x.shape)
        return model.at(x).sample(x, draws)


def noisy_images(pictures, model_of, noise_seed, *, second_copy=False, scales=(1.0,), shelf=None):
    """List of `FrozenImage` of a list of pictures: frozen noise on clean ones, real noise left as it is.

    Args:
      pictures: list of `datasets.Picture`.
      model_of: `noise.NoiseModel`, whose level for each image is drawn once; or, for pictures that are noisy already, a list of
        those, one for each; None for real noise of which nothing is known.
      noise_seed: as in `add_frozen_noise`.
      second_copy: also draw the second noisy copy.
      scales: each image is resized by one of these, drawn once per image, before its noise is drawn.
      shelf: `scratch.Shelf` for what is known of real noise pixel by pixel; None for one of its own.
    Raises:
      InputError: a second copy, another scale or a range of levels for pictures whose noise is real.
    """
    models = model_of if isinstance(model_of, list) else [model_of] * len(pictures)
    if any(picture.noisy is not None for picture in pictures):
        if second_copy:
            raise InputError(f"`objective=n2n` needs two noisy copies, and {pictures[0].source} holds one. Use `objective=r2r`.")
        if tuple(scales) != (1.0,):
            raise InputError(f"`scales` would change the real noise of {pictures[0].source}. Leave it out.")
        if any(model and model.levels == "range" for model in models):
            raise InputError(f"`sigma` must be the one level of the noise that {pictures[0].source} has. Received: {models[0]}")
        keep = (shelf or scratch.Shelf()).keep_parts
        return [
            FrozenImage(picture.noisy, keep(model and model.at(picture.noisy)), picture.clean, simulated=False)
            for picture, model in zip(pictures, models, strict=True)
        ]
    return [_simulated(picture, model, noise_seed, second_copy, scales) for picture, model in zip(pictures, models, strict=True)]


def misjudge_levels(images, errors, seed):
    """The same images, whose levels are believed to be others: what recorruption and network are then told.

    Args:
      images: list of `FrozenImage`.
      errors: relative error of all levels, as one number in a tuple; two are a range from which each image draws its own.
      seed: of those draws.
    """
    if not any(errors):
        return images
    relative = np.random.default_rng([seed, zlib.crc32(b"misjudged level")]).uniform(errors[0], errors[-1], len(images))
    return [image._replace(noise=image.noise.scaled(1.0 + error)) for image, error in zip(images, relative.tolist(), strict=True)]


def split_validation(images, seed, fraction=0.2):
    """Splits a list of `FrozenImage` into a training part and a validation part of this fraction, in seeded random order.

    Raises:
      InputError: fewer than two images.
    """
    count = len(images)
    if count < 2:
        raise InputError(f"Training needs at least two images, one of them for validation. Received: {count}")
    order = np.random.default_rng(seed).permutation(count)
    held_out = min(max(1, round(fraction * count)), count - 1)
    return tuple([images[i] for i in sorted(indices)] for indices in (order[held_out:], order[:held_out]))


def _simulated(picture, model, noise_seed, second_copy, scales):
    level_seed = [noise_seed, zlib.crc32(f"noise level of {picture.source}".encode()), picture.index]
    own = model.draw(np.random.default_rng(level_seed).random())
    x = _rescale(picture.clean, scales, noise_seed, picture.index)
    y, second = (
        add_frozen_noise(x, own, noise_seed, source=picture.source, index=picture.index, copy=copy) if wanted else None
        for copy, wanted in enumerate((True, second_copy))
    )
    return FrozenImage(y, own.at(y), x, second)


def _rescale(image, scales, noise_seed, index):
    scale = scales[np.random.default_rng([noise_seed, index]).integers(len(scales))]
    if scale == 1.0:
        return image
    small = skimage.transform.rescale(image, scale, order=3, anti_aliasing=scale < 1, channel_axis=-1)
    return np.clip(small, 0.0, 1.0).astype(np.float32)
