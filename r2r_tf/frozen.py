"""Frozen noisy images: each exists once, whatever the epoch. Redrawing its noise would leak the clean image.

Images are [H, W, C] float32, [0, 1] scale, neither clipped nor rounded once noise is on them.
"""

import zlib
from typing import NamedTuple

import numpy as np
import skimage.transform

from r2r_tf import noise as noise_models
from r2r_tf import sampling
from r2r_tf.backend import tf
from r2r_tf.errors import InputError


class Images(NamedTuple):
    """The images of one part of a data set: lists of [H, W, C] float32 arrays of equal length, or None where there is none.

    `noisy` and `second` are frozen: each noisy image exists once. `second` is the other noisy copy that n2n needs. `noises` are
    the noise models of the noisy images. `simulated` tells whether the noise was drawn here, or is the camera's own. `taught` are
    a teacher's estimates from `noisy`, which distill needs. `binning` are the factors by which images were binned, see `binning`;
    None: all are whole.
    """

    noisy: list
    clean: list | None
    second: list | None
    noises: list
    simulated: bool = True
    taught: list | None = None
    binning: list | None = None

    @property
    def factors(self):
        """`binning` of each image, 1 for whole ones."""
        return self.binning or [1] * len(self.noisy)


def add_frozen_noise(x, noise, noise_seed, source, index, copy=0):
    """The one noisy version y = x + n of a clean image that this seed knows.

    Args:
      x: [H, W, C] clean image.
      noise: noise model.
      noise_seed: fixes y for all images.
      source: data set and split, such as 'bsd400/train': no two share their noise.
      index: number of the image there.
      copy: 0, or 1 for the second noisy copy of n2n.
    Returns:
      [H, W, C] float32 array, not clipped.
    """
    with tf.device("CPU"):  # whatever accelerator is there, the same y
        z = sampling.standard_normal(x.shape, sampling.key(noise_seed, f"frozen noise {copy} of {source}"), index)
    return x + noise.sample(z.numpy())


def noisy_images(pictures, noise, noise_seed, second_copy=False, scales=(1.0,)):
    """`Images` of a list of pictures: frozen noise on clean ones, real noise left as it is.

    Args:
      pictures: list of `datasets.Picture`.
      noise: noise model, whose level for each image is drawn once; for pictures that are noisy already, their noise, or a
        function from picture to its noise.
      noise_seed: as in `add_frozen_noise`.
      second_copy: also draw the second noisy copy.
      scales: each image is resized by one of these, drawn once per image, before its noise is drawn.
    Raises:
      InputError: a second copy, another scale or a range of levels for pictures whose noise is real.
    """
    if any(picture.noisy is not None for picture in pictures):
        if second_copy:
            raise InputError(f"--objective=n2n needs two noisy copies, and {pictures[0].source} holds one. Use --objective=r2r.")
        if tuple(scales) != (1.0,):
            raise InputError(f"--scales would change the real noise of {pictures[0].source}. Leave it out.")
        if isinstance(noise, noise_models.GaussianRange):
            raise InputError(f"--sigma must be the one level of the noise that {pictures[0].source} has. Received: {noise}")
        references = [picture.clean for picture in pictures]
        has_all = all(reference is not None for reference in references)
        noisy, noises = [picture.noisy for picture in pictures], [noise(p) if callable(noise) else noise for p in pictures]
        return Images(noisy, references if has_all else None, None, noises, simulated=False)
    own = [_noise_of(picture, noise, noise_seed) for picture in pictures]
    clean = [_rescale(picture.clean, scales, noise_seed, picture.index) for picture in pictures]
    noisy, second = (
        [add_frozen_noise(x, n, noise_seed, p.source, p.index, copy) for x, n, p in zip(clean, own, pictures, strict=True)]
        if wanted
        else None
        for copy, wanted in enumerate((True, second_copy))
    )
    return Images(noisy, clean, second, own)


def misjudge_levels(images, errors, seed):
    """The same images, whose levels are believed to be others: what recorruption and network are then told.

    Args:
      images: `Images`.
      errors: relative error of all levels, as one number in a tuple; two are a range from which each image draws its own.
      seed: of those draws.
    """
    relative = np.random.default_rng([seed, zlib.crc32(b"misjudged level")]).uniform(errors[0], errors[-1], len(images.noises))
    return images._replace(noises=[own.scaled(1.0 + error) for own, error in zip(images.noises, relative.tolist(), strict=True)])


def split_validation(images, seed, fraction=0.2):
    """Splits `Images` by image into a training part and a validation part of this fraction, in seeded random order.

    Raises:
      InputError: fewer than two images.
    """
    count = len(images.noisy)
    if count < 2:
        raise InputError(f"Training needs at least two images, one of them for validation. Received: {count}")
    order = np.random.default_rng(seed).permutation(count)
    held_out = min(max(1, round(fraction * count)), count - 1)

    def part(indices):
        lists = {name: values for name, values in images._asdict().items() if isinstance(values, list)}
        return images._replace(**{name: [values[i] for i in sorted(indices)] for name, values in lists.items()})

    return part(order[held_out:]), part(order[:held_out])


def _noise_of(picture, noise, noise_seed):
    seed = [noise_seed, zlib.crc32(f"noise level of {picture.source}".encode()), picture.index]
    return noise.of_image(np.random.default_rng(seed).random())


def _rescale(image, scales, noise_seed, index):
    scale = scales[np.random.default_rng([noise_seed, index]).integers(len(scales))]
    if scale == 1.0:
        return image
    small = skimage.transform.rescale(image, scale, order=3, anti_aliasing=scale < 1, channel_axis=-1)
    return np.clip(small, 0.0, 1.0).astype(np.float32)
