"""From pictures to recorrupted batches: frozen noisy images, random patches, and the tf.data map that recorrupts on the fly.

Every draw is stateless, keyed by a seed, a purpose and a running number (image or step), so a batch depends on its number alone:
whatever the parallelism, and whether a run was interrupted or not. Images are [H, W, C], batches [B, p, p, C], float32, [0, 1]
scale, neither clipped nor rounded once noise is on them.
"""

import zlib
from typing import NamedTuple

import numpy as np
import skimage.transform

from r2r_tf import recorruption
from r2r_tf.backend import tf
from r2r_tf.errors import InputError

OBJECTIVES = ("r2r", "n2c", "n2n")
_ALGORITHM = "philox"  # "auto_select" may differ between devices


class Images(NamedTuple):
    """The images of one part of a data set: lists of [H, W, C] float32 arrays of equal length, or None where there is none.

    `noisy` and `second` are frozen: each noisy image exists once. `second` is the other noisy copy that n2n needs. `simulated`
    tells whether the noise was drawn here, or is the camera's own.
    """

    noisy: list
    clean: list | None
    second: list | None
    simulated: bool = True


class Pixels(NamedTuple):
    """All pixels of a list of images in one tensor [sum of H W, C], with where each image starts and how large it is."""

    values: tf.Tensor
    starts: tf.Tensor
    heights: tf.Tensor
    widths: tf.Tensor


def key(seed, purpose):
    """A stateless seed [2] int64 from a number and a purpose; different purposes never share draws."""
    return tf.constant([seed, zlib.crc32(purpose.encode())], tf.int64)


def standard_normal(shape, seed, number):
    """Standard normal draws, keyed by (seed, number)."""
    return tf.random.stateless_normal(shape, tf.random.experimental.stateless_fold_in(seed, number, _ALGORITHM), alg=_ALGORITHM)


def add_frozen_noise(x, noise, noise_seed, source, index, copy=0):
    """The one noisy version y = x + n of a clean image that this seed knows.

    Args:
      x: [H, W, C] clean image.
      noise: noise model.
      noise_seed: fixes y for all images.
      source: data set and split, such as 'bsd400/train': no two share their noise.
      index: number of the image in its split.
      copy: 0, or 1 for the second noisy copy of n2n.
    Returns:
      [H, W, C] float32 array, not clipped.
    """
    z = standard_normal(x.shape, key(noise_seed, f"frozen noise {copy} of {source}"), index)
    return x + noise.sample(z).numpy()


def noisy_images(pictures, noise, noise_seed, source, second_copy=False, scales=(1.0,)):
    """`Images` of a list of pictures: frozen noise on clean ones, real noise left as it is.

    Args:
      pictures: list of `datasets.Picture`.
      noise: noise model; None where the pictures are noisy already.
      noise_seed, source: as in `add_frozen_noise`.
      second_copy: also draw the second noisy copy.
      scales: each image is resized by one of these, drawn once per image, before its noise is drawn.
    Raises:
      InputError: a second copy of a picture whose noise is real.
    """
    if any(picture.noisy is not None for picture in pictures):
        if second_copy:
            raise InputError(f"--objective=n2n needs two noisy copies, and {source} holds one. Use --objective=r2r.")
        return Images([picture.noisy for picture in pictures], [picture.clean for picture in pictures], None, simulated=False)
    clean = [_rescale(picture.clean, scales, noise_seed, index) for index, picture in enumerate(pictures)]
    noisy, second = (
        [add_frozen_noise(x, noise, noise_seed, source, index, copy) for index, x in enumerate(clean)] if wanted else None
        for copy, wanted in enumerate((True, second_copy))
    )
    return Images(noisy, clean, second)


def split_validation(images, seed, fraction=0.2):
    """Splits `Images` by image into a training and a validation part, 80/20, in seeded random order.

    Raises:
      InputError: fewer than two images.
    """
    count = len(images.noisy)
    if count < 2:
        raise InputError(f"Training needs at least two images, one of them for validation. Received: {count}")
    order = np.random.default_rng(seed).permutation(count)
    held_out = max(1, round(fraction * count))

    def part(indices):
        lists = (images.noisy, images.clean, images.second)
        return Images(*(values and [values[i] for i in sorted(indices)] for values in lists), images.simulated)

    return part(order[held_out:]), part(order[:held_out])


def batches(
    images, *, noise, alpha, objective, antithetic, batch_size, patch_size, seed, role, first_step, num_steps, with_clean=False
):  # fmt: skip
    """The data set of training (or validation) batches number first_step, first_step + 1, ...

    Crops are drawn in the sensor's frame, z too; input, target and clean patch are then flipped and rotated together.

    Args:
      images: `Images` of this part.
      noise: noise model of the images.
      alpha, antithetic: of the recorruption; only r2r uses them.
      objective: 'r2r' (recorrupted pairs), 'n2c' (fresh noise on the clean image, or the real noisy one; clean target) or
        'n2n' (first noisy copy, second one as target).
      batch_size: network inputs a step; even with antithetic.
      patch_size: side of the square crops.
      seed: of crops, flips and z.
      role: 'train' or 'validation'; the two share no draws.
      first_step, num_steps: the steps to deliver.
      with_clean: append the clean patch to the target's channels, for the monitored PSNR; losses ignore it.
    Returns:
      `tf.data.Dataset` of (input [B, p, p, C], target [B, p, p, C or 2C]) float32.
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
    pixels = {name: pack(values) for name, values in sources.items()}
    check_sizes(pixels["noisy"], patch_size)
    patches_per_step = batch_size // 2 if mirrored else batch_size

    def crop(step):
        corners = random_corners(pixels["noisy"], patch_size, patches_per_step, seed, role, step)
        return step, {name: gather(values, corners, patch_size) for name, values in pixels.items()}

    def recorrupt(step, patches):
        y = patches["noisy"]
        z = noise.sample(standard_normal(tf.shape(y), key(seed, f"{role} z"), step))
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
        return step, inputs, targets

    def flip_together(step, inputs, targets):
        code = tf.random.stateless_uniform(
            [patches_per_step], tf.random.experimental.stateless_fold_in(key(seed, f"{role} flip"), step, _ALGORITHM),
            minval=0, maxval=8, dtype=tf.int32, alg=_ALGORITHM)  # fmt: skip
        code = tf.tile(code, [2]) if mirrored else code
        return flip(inputs, code), flip(targets, code)

    dataset = tf.data.Dataset.range(first_step, first_step + num_steps)
    for function in (crop, recorrupt, flip_together):
        dataset = dataset.map(function, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return dataset.with_options(options).prefetch(4)


def pack(images):
    """`Pixels` of a list of [H, W, C] arrays."""
    sizes = np.array([image.shape[:2] for image in images], np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes.prod(axis=1))[:-1]])
    values = np.concatenate([image.reshape(-1, image.shape[-1]) for image in images])
    return Pixels(tf.constant(values, tf.float32), *(tf.constant(part, tf.int64) for part in (starts, sizes[:, 0], sizes[:, 1])))


def check_sizes(pixels, patch_size):
    """Raises InputError unless a patch fits into every image."""
    smallest = int(tf.minimum(tf.reduce_min(pixels.heights), tf.reduce_min(pixels.widths)))
    if smallest < patch_size:
        raise InputError(f"--patch_size must not exceed the smallest image side, {smallest}. Received: {patch_size}")


def random_corners(pixels, patch_size, count, seed, role, step):
    """Images and corners of the patches of one step.

    Every image is drawn once before any is drawn again: patch k is from image pi(k mod N), with a new permutation pi for each
    pass over the N images.

    Returns:
      (image, top, left), each [count] int64.
    """
    number = tf.shape(pixels.starts, tf.int64)[0]
    k = step * count + tf.range(count, dtype=tf.int64)
    salt = tf.fill([count], tf.constant([zlib.crc32(role.encode())], tf.int64)[0])
    # the raw op, since tf.random.experimental.index_shuffle pads a matrix of seeds wrongly (TensorFlow 2.21)
    image = tf.raw_ops.RandomIndexShuffle(
        index=k % number, seed=tf.stack([tf.fill([count], tf.constant(seed, tf.int64)), salt, k // number], axis=1),
        max_index=tf.fill([count], number - 1), rounds=4)  # fmt: skip
    u = tf.random.stateless_uniform(
        [2, count], tf.random.experimental.stateless_fold_in(key(seed, f"{role} corner"), step, _ALGORITHM), dtype=tf.float64,
        alg=_ALGORITHM)  # fmt: skip
    rooms = tf.stack([tf.gather(pixels.heights, image), tf.gather(pixels.widths, image)]) - patch_size + 1
    top, left = tf.unstack(tf.cast(tf.floor(u * tf.cast(rooms, tf.float64)), tf.int64))
    return image, top, left


def gather(pixels, corners, patch_size):
    """The patches [count, p, p, C] at the given corners."""
    image, top, left = corners
    along = tf.range(patch_size, dtype=tf.int64)
    rows = (top[:, None] + along)[:, :, None]
    columns = (left[:, None] + along)[:, None, :]
    start, width = (tf.gather(part, image)[:, None, None] for part in (pixels.starts, pixels.widths))
    return tf.gather(pixels.values, start + rows * width + columns)


def flip(batch, code):
    """One of the eight flips and rotations for each image of a batch [B, p, p, C]; code [B] int32, 0 to 7."""
    for bit, transform in ((1, lambda b: b[:, ::-1]), (2, lambda b: b[:, :, ::-1]), (4, lambda b: tf.transpose(b, [0, 2, 1, 3]))):
        batch = tf.where((code & bit > 0)[:, None, None, None], transform(batch), batch)
    return batch


def _rescale(image, scales, noise_seed, index):
    scale = scales[np.random.default_rng([noise_seed, index]).integers(len(scales))]
    if scale == 1.0:
        return image
    small = skimage.transform.rescale(image, scale, order=3, anti_aliasing=scale < 1, channel_axis=-1)
    return np.clip(small, 0.0, 1.0).astype(np.float32)
