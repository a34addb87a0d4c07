"""Stateless draws: normals, places of patches, flips and rotations, each keyed by a seed, a purpose and a running number.

A draw depends on its key alone: whatever the parallelism, the order of execution, and whether a run was interrupted or not.
"""

import zlib
from typing import NamedTuple

import numpy as np

from r2r_tf.backend import tf
from r2r_tf.errors import InputError

_ALGORITHM = "philox"  # "auto_select" may differ between devices


class KeyedDraws(NamedTuple):
    """`noise.Draws` of one image or one batch of patches.

    Attributes:
      seed: [2] int64, as from `key`.
      number: of the image, or of the step.
      shape: [..., H, W, C], whole numbers but for the batch.
      sign: 1, or -1 for the antithetic twin.
    """

    seed: tf.Tensor
    number: int
    shape: tuple
    sign: int = 1

    def normal(self, margin=0):
        """Standard normal, [..., H + margin, W + margin, C]."""
        *batch, height, width, channels = self.shape
        z = standard_normal([*batch, height + margin, width + margin, channels], self.seed, self.number)
        z = tf.ensure_shape(z, [*[None] * len(batch), height + margin, width + margin, channels])
        return z if self.sign > 0 else -z

    def uniform(self, number=0):
        """Uniform in [0, 1), [..., H, W, C]."""
        seed = _numbered(_numbered(self.seed, self.number), 1 + number)
        u = tf.random.stateless_uniform(list(self.shape), seed, alg=_ALGORITHM)
        return u if self.sign > 0 else 1.0 - u

    def poisson(self, mean):
        """Poisson counts of these means, float32."""
        return tf.random.stateless_poisson(tf.shape(mean), self._own("poisson"), tf.cast(mean, tf.float64), tf.float32)

    def binomial(self, counts, probability):
        """How many of so many counts are taken, each with this probability, float32."""
        counts, seed = tf.cast(counts, tf.float32), self._own("binomial")
        return tf.random.stateless_binomial(tf.shape(counts), seed, counts, tf.cast(probability, tf.float32), tf.float32)

    def gamma(self, shape, purpose="gamma"):
        """Gamma of scale 1, float32."""
        shape = tf.broadcast_to(tf.cast(shape, tf.float32), self.shape)
        return tf.random.stateless_gamma(tf.shape(shape), self._own(purpose), shape)

    def beta(self, first, second):
        """Beta, float32."""
        part, rest = self.gamma(first, "beta, first"), self.gamma(second, "beta, second")
        return part / (part + rest)

    def _own(self, purpose):
        """A seed for draws that have no mirror image: the twin has others."""
        seed = _numbered(_numbered(self.seed, self.number), zlib.crc32(purpose.encode()) & 0x7FFFFFFF)
        return seed if self.sign > 0 else _numbered(seed, 1)

    def mirrored(self):
        """The antithetic twin."""
        return self._replace(sign=-self.sign)


class FrozenDraws(KeyedDraws):
    """`KeyedDraws` as NumPy arrays."""

    def normal(self, margin=0):
        """Standard normal, [..., H + margin, W + margin, C]."""
        return super().normal(margin).numpy()

    def uniform(self, number=0):
        """Uniform in [0, 1), [..., H, W, C]."""
        return super().uniform(number).numpy()

    def poisson(self, mean):
        """Poisson counts of these means, float32."""
        return super().poisson(mean).numpy()

    def binomial(self, counts, probability):
        """How many of so many counts are taken, each with this probability, float32."""
        return super().binomial(counts, probability).numpy()

    def gamma(self, shape, purpose="gamma"):
        """Gamma of scale 1, float32."""
        return super().gamma(shape, purpose).numpy()


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
    return tf.random.stateless_normal(shape, _numbered(seed, number), alg=_ALGORITHM)


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
    values = np.concatenate([image.reshape(-1, image.shape[-1]) for image in images])
    return Pixels(tf.constant(values, tf.float32), *(tf.constant(part, tf.int64) for part in (starts, sizes[:, 0], sizes[:, 1])))


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
    keys = tf.tile(key(seed, role)[None], [count, 1])
    # the raw op, since tf.random.experimental.index_shuffle pads a matrix of seeds wrongly (TensorFlow 2.21)
    return tf.raw_ops.RandomIndexShuffle(
        index=k % number,
        seed=tf.concat([keys, (k // number)[:, None]], axis=1),
        max_index=tf.fill([count], number - 1),
        rounds=4,
    )


def uniforms(shape, seed, purpose, step):
    """Uniform in [0, 1), float64."""
    return tf.random.stateless_uniform(shape, _numbered(key(seed, purpose), step), dtype=tf.float64, alg=_ALGORITHM)


def random_corners(pixels, patch_size, image, seed, role, step):
    """Corners of the patches of one step, in the images of these numbers, [count] int64.

    Returns:
      (image, top, left), each [count] int64.
    """
    u = uniforms([2, tf.shape(image)[0]], seed, f"{role} corner", step)
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


def random_flips(count, seed, role, step):
    """Codes of `flip` for the patches of one step, [count] int32."""
    seed = _numbered(key(seed, f"{role} flip"), step)
    return tf.random.stateless_uniform([count], seed, minval=0, maxval=8, dtype=tf.int32, alg=_ALGORITHM)


def flip(batch, code):
    """One of the eight flips and rotations for each image of a batch [B, p, p, C]; code [B] int32, 0 to 7."""
    for bit, transform in ((1, lambda b: b[:, ::-1]), (2, lambda b: b[:, :, ::-1]), (4, lambda b: tf.transpose(b, [0, 2, 1, 3]))):
        batch = tf.where((code & bit > 0)[:, None, None, None], transform(batch), batch)
    return batch


def _numbered(seed, number):
    return tf.random.experimental.stateless_fold_in(seed, number, _ALGORITHM)
