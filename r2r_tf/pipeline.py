"""From pictures to recorrupted batches: frozen noisy images, random patches, and the tf.data map that recorrupts on the fly.

Every draw is stateless (see `sampling`), so a batch depends on its number alone. Images are [H, W, C], batches [B, p, p, C],
float32, [0, 1] scale, neither clipped nor rounded once noise is on them.
"""

import zlib
from typing import NamedTuple

import numpy as np
import skimage.transform

from r2r_tf import noise as noise_models
from r2r_tf import patch_noise, recorruption, sampling
from r2r_tf.backend import tf
from r2r_tf.errors import InputError


class Images(NamedTuple):
    """The images of one part of a data set: lists of [H, W, C] float32 arrays of equal length, or None where there is none.

    `noisy` and `second` are frozen: each noisy image exists once. `second` is the other noisy copy that n2n needs. `noises` are
    the noise models of the noisy images. `simulated` tells whether the noise was drawn here, or is the camera's own.
    """

    noisy: list
    clean: list | None
    second: list | None
    noises: list
    simulated: bool = True


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
        lists = (images.noisy, images.clean, images.second, images.noises)
        return Images(*(values and [values[i] for i in sorted(indices)] for values in lists), images.simulated)

    return part(order[held_out:]), part(order[:held_out])


def batches(
    images,
    *,
    alpha,
    objective,
    antithetic,
    batch_size,
    patch_size,
    seed,
    role,
    first_step,
    num_steps,
    with_clean=False,
    with_level=False,
):
    """The data set of training (or validation) batches number first_step, first_step + 1, ...

    Crops are drawn in the sensor's frame, z too; input, target and clean patch are then flipped and rotated together.

    Args:
      images: `Images` of this part.
      alpha, antithetic: of the recorruption; only r2r uses them.
      objective: 'r2r' (recorrupted pairs), 'n2c' (fresh noise on the clean image, or the real noisy one; clean target) or
        'n2n' (first noisy copy, second one as target).
      batch_size: network inputs a step; even with antithetic.
      patch_size: side of the square crops.
      seed: of crops, flips and z.
      role: 'train' or 'validation'; the two share no draws.
      first_step, num_steps: the steps to deliver.
      with_clean: append the clean patch to the target's channels, for the monitored PSNR; losses ignore it.
      with_level: append the standard deviation of the input's noise to the input's channels.
    Returns:
      `tf.data.Dataset` of (input [B, p, p, C or C + 1], target [B, p, p, C or 2C]) float32.
    Raises:
      InputError: an image is smaller than a patch, an odd batch is to be antithetic, clean images are needed and missing.
    """
    mirrored = objective == "r2r" and antithetic
    if mirrored and batch_size % 2:
        raise InputError(f"--batch_size must be even with --antithetic (pairs z, -z). Received: {batch_size}")
    if (objective == "n2c" or with_clean) and images.clean is None:
        raise InputError(f"--objective={objective} needs clean images, and the data set has none. Use --objective=r2r.")
    sources = {"noisy": images.noisy}
    if objective == "n2c" or with_clean:
        sources["clean"] = images.clean
    if objective == "n2n":
        sources["second"] = images.second
    pixels = {name: sampling.pack(values) for name, values in sources.items()}
    sampling.check_sizes(pixels["noisy"], patch_size)
    patches_per_step = patches_of(objective, antithetic, batch_size)
    draw_noise = patch_noise.sampler(images.noises, patch_size, seed, role)

    def crop(step):
        corners = sampling.random_corners(pixels["noisy"], patch_size, patches_per_step, seed, role, step)
        return step, corners, {name: sampling.gather(values, corners, patch_size) for name, values in pixels.items()}

    def recorrupt(step, corners, patches):
        y = patches["noisy"]
        z, level = draw_noise(step, corners, y)
        if objective == "n2c":
            # supervised training may redraw its noise where it is simulated, as DnCNN does
            inputs, targets = (patches["clean"] + z if images.simulated else y), patches["clean"]
        elif objective == "n2n":
            inputs, targets = y, patches["second"]
        elif antithetic:
            inputs, targets = (tf.concat(pair, axis=0) for pair in recorruption.recorrupt_antithetic(y, z, alpha))
        else:
            inputs, targets = recorruption.recorrupt(y, z, alpha)
        if with_clean:
            clean = tf.concat([patches["clean"]] * 2, axis=0) if mirrored else patches["clean"]
            targets = tf.concat([targets, clean], axis=-1)
        if with_level:
            gain = recorruption.input_gain(alpha) if objective == "r2r" else 1.0
            level = gain * level * tf.ones_like(y[..., :1])
            inputs = tf.concat([inputs, tf.tile(level, [2, 1, 1, 1]) if mirrored else level], axis=-1)
        return step, inputs, targets

    def flip_together(step, inputs, targets):
        code = sampling.random_flips(patches_per_step, seed, role, step)
        code = tf.tile(code, [2]) if mirrored else code
        return sampling.flip(inputs, code), sampling.flip(targets, code)

    dataset = tf.data.Dataset.range(first_step, first_step + num_steps)
    for function in (crop, recorrupt, flip_together):
        dataset = dataset.map(function, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    # its tuner wakes up at doubling intervals, and an iterator's end waits for it: 10 s of training took 20
    options.autotune.enabled = False
    return dataset.with_options(options).prefetch(4)


def patches_of(objective, antithetic, batch_size):
    """How many patches a batch is made of: half of it with antithetic pairs."""
    return batch_size // 2 if objective == "r2r" and antithetic else batch_size


def _noise_of(picture, noise, noise_seed):
    seed = [noise_seed, zlib.crc32(f"noise level of {picture.source}".encode()), picture.index]
    return noise.of_image(np.random.default_rng(seed).random())


def _rescale(image, scales, noise_seed, index):
    scale = scales[np.random.default_rng([noise_seed, index]).integers(len(scales))]
    if scale == 1.0:
        return image
    small = skimage.transform.rescale(image, scale, order=3, anti_aliasing=scale < 1, channel_axis=-1)
    return np.clip(small, 0.0, 1.0).astype(np.float32)
