"""Patches: which images they are from and where, cut out of all pixels in one tensor, flipped, rotated and filtered."""

import functools
from typing import NamedTuple

import numpy as np

from r2r_tf.backend import tf
from r2r_tf.data import stateless_draws
from r2r_tf.errors import InputError
from r2r_tf.image_files import scratch


class Pixels(NamedTuple):
    """All pixels of a list of images, with how large each is.

    Attributes:
      values: [sum of H W, C] tensor, or, where one of them lies on disk, the list of arrays.
      starts, heights, widths: of the images, [N] int64 tensors.
    """

    values: tf.Tensor | list
    starts: tf.Tensor
    heights: tf.Tensor
    widths: tf.Tensor


def response(kernel, side):
    """What `filtered` multiplies the spectrum of a patch by, from a filter [k, k, C, C]: [side, side // 2 + 1, C, C]."""
    return np.fft.rfft2(kernel, (side, side), axes=(0, 1)).astype(np.complex64)


def filtered(z, responses, margin):
    """`noise.camera.filtered` for a batch of patches, each with a filter of its own.

    Args:
      z: [B, p + margin, p + margin, C].
      responses: [B, ...], as from `response` for the side p + margin.
      margin: of the filters, which are one larger.
    Returns:
      [B, p, p, C]. The transform wraps around, into the margin alone.
    """
    side = z.shape[1]
    spectrum = tf.einsum("bdij,bijdc->bcij", tf.signal.rfft2d(tf.transpose(z, [0, 3, 1, 2])), responses)
    return tf.transpose(tf.signal.irfft2d(spectrum, [side, side]), [0, 2, 3, 1])[:, margin:, margin:]


def pack(images):
    """`Pixels` of a list of [H, W, C] arrays."""
    sizes = np.array([image.shape[:2] for image in images], np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes.prod(axis=1))[:-1]])
    values = images
    if not any(map(scratch.on_disk, images)):
        values = tf.constant(np.concatenate([image.reshape(-1, image.shape[-1]) for image in images]), tf.float32)
    return Pixels(values, *(tf.constant(part, tf.int64) for part in (starts, sizes[:, 0], sizes[:, 1])))


def check_sizes(pixels, patch_size):
    """Raises InputError unless a patch fits into every image."""
    smallest = int(tf.minimum(tf.reduce_min(pixels.heights), tf.reduce_min(pixels.widths)))
    if smallest < patch_size:
        raise InputError(
            f"`patch_size` must not exceed the smallest image side, {smallest} (after `binning`). Received: {patch_size}"
        )


def random_images(number, first, count, seed, role):
    """Which of N images the patches number first, first + 1, ... are from, [count] int64.

    Every image is drawn once before any is drawn again: patch k is from image pi(k mod N), with a new permutation pi for each
    pass over the N images.
    """
    number = tf.cast(number, tf.int64)
    k = tf.cast(first, tf.int64) + tf.range(count, dtype=tf.int64)
    keys = tf.tile(stateless_draws.key(seed, role)[None], [count, 1])
    # the raw op, since tf.random.experimental.index_shuffle pads a matrix of seeds wrongly (TensorFlow 2.21)
    return tf.raw_ops.RandomIndexShuffle(
        index=k % number,
        seed=tf.concat([keys, (k // number)[:, None]], axis=1),
        max_index=tf.fill([count], number - 1),
        rounds=4,
    )


def random_corners(pixels, patch_size, image, seed, role, step):
    """Corners of the patches of one step, in the images of these numbers, [count] int64.

    Returns:
      (image, top, left), each [count] int64.
    """
    u = stateless_draws.uniforms([2, tf.shape(image)[0]], seed, f"{role} corner", step)
    rooms = tf.stack([tf.gather(pixels.heights, image), tf.gather(pixels.widths, image)]) - patch_size + 1
    top, left = tf.unstack(tf.cast(tf.floor(u * tf.cast(rooms, tf.float64)), tf.int64))
    return image, top, left


def gather(pixels, corners, patch_size):
    """The patches [count, p, p, C] at the given corners."""
    image, top, left = corners
    if isinstance(pixels.values, list):
        patches = tf.numpy_function(functools.partial(_cut, pixels.values, patch_size), corners, tf.float32, stateful=False)
        return tf.ensure_shape(patches, [image.shape[0], patch_size, patch_size, pixels.values[0].shape[-1]])
    along = tf.range(patch_size, dtype=tf.int64)
    rows = (top[:, None] + along)[:, :, None]
    columns = (left[:, None] + along)[:, None, :]
    start, width = (tf.gather(part, image)[:, None, None] for part in (pixels.starts, pixels.widths))
    return tf.gather(pixels.values, start + rows * width + columns)


def _cut(images, size, image, top, left):
    """The same of arrays that may lie on disk."""
    places = zip(image.tolist(), top.tolist(), left.tolist(), strict=True)
    windows = [images[number][row : row + size, column : column + size] for number, row, column in places]
    scratch.fetch(windows)
    return np.stack(windows)


def random_flips(count, seed, role, step):
    """Codes of `flip` for the patches of one step, [count] int32."""
    seed = stateless_draws.numbered(stateless_draws.key(seed, f"{role} flip"), step)
    return tf.random.stateless_uniform([count], seed, minval=0, maxval=8, dtype=tf.int32, alg=stateless_draws.ALGORITHM)


def flip(batch, code):
    """One of the eight flips and rotations for each image of a batch [B, p, p, C]; code [B] int32, 0 to 7."""
    for bit, transform in ((1, lambda b: b[:, ::-1]), (2, lambda b: b[:, :, ::-1]), (4, lambda b: tf.transpose(b, [0, 2, 1, 3]))):
        batch = tf.where((code & bit > 0)[:, None, None, None], transform(batch), batch)
    return batch
