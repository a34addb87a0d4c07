"""Stateless draws, each keyed by a seed, a purpose and a running number.

A draw depends on its key alone: whatever the parallelism, the order of execution, and whether a run was interrupted or not.
"""

import math
import zlib
from typing import NamedTuple

from r2r_tf.backend import tf

ALGORITHM = "philox"  # "auto_select" may differ between devices
_PHILOX = 1  # the same, for raw ops


class KeyedDraws(NamedTuple):
    """`noise.Draws` of one image or one batch of patches.

    Attributes:
      seed: [2] int64, as from `key`.
      number: of the image, or of the step.
      shape: [..., H, W, C], whole numbers but for the batch.
      first, of: the number of the first patch in a batch of so many, where the draws are for a share of it.
      sign: 1, or -1 for the antithetic twin.
    """

    seed: tf.Tensor
    number: int
    shape: tuple
    first: int = 0
    of: int | None = None
    sign: int = 1

    def normal(self, margin=0):
        """Standard normal, [..., H + margin, W + margin, C]."""
        *batch, height, width, channels = self.shape
        sides = [height + margin, width + margin, channels]
        z = standard_normal([*batch, *sides], self.seed, self.number, skip=self.first * math.prod(sides))
        z = tf.ensure_shape(z, [*[None] * len(batch), *sides])
        return z if self.sign > 0 else -z

    def uniform(self, number=0):
        """Uniform in [0, 1), [..., H, W, C]."""
        seed = numbered(numbered(self.seed, self.number), 1 + number)
        u = _drawn(tf.raw_ops.StatelessRandomUniformV2, list(self.shape), seed, self.first * math.prod(self.shape[-3:]))
        return u if self.sign > 0 else 1.0 - u

    def poisson(self, mean):
        """Poisson counts of these means, float32."""
        mean, seed = self._in_batch(tf.cast(mean, tf.float64)), self._own("poisson")
        return self._share(tf.random.stateless_poisson(tf.shape(mean), seed, mean, tf.float32))

    def binomial(self, counts, probability):
        """How many of so many counts are taken, each with this probability, float32."""
        counts, seed = tf.cast(counts, tf.float32), self._own("binomial")
        probability = self._in_batch(tf.broadcast_to(tf.cast(probability, tf.float32), tf.shape(counts)))
        counts = self._in_batch(counts)
        return self._share(tf.random.stateless_binomial(tf.shape(counts), seed, counts, probability, tf.float32))

    def gamma(self, shape, purpose="gamma"):
        """Gamma of scale 1, float32."""
        shape = self._in_batch(tf.broadcast_to(tf.cast(shape, tf.float32), self.shape), 1.0)
        return self._share(tf.random.stateless_gamma(tf.shape(shape), self._own(purpose), shape))

    def beta(self, first, second):
        """Beta, float32."""
        part, rest = self.gamma(first, "beta, first"), self.gamma(second, "beta, second")
        return part / (part + rest)

    def _in_batch(self, values, others=0.0):
        """Parameters of draws whose ops know no counter, in the whole batch: those of the other shares are trivial."""
        if self.of in (None, values.shape[0]):
            return values
        rest = [[0, 0]] * (len(values.shape) - 1)
        around = [[self.first, self.of - values.shape[0] - self.first], *rest]
        return tf.pad(values, around, constant_values=tf.constant(others, values.dtype))

    def _share(self, values):
        return values if self.of is None else values[self.first : self.first + self.shape[0]]

    def _own(self, purpose):
        """A seed for draws that have no mirror image: the twin has others."""
        seed = numbered(numbered(self.seed, self.number), zlib.crc32(purpose.encode()) & 0x7FFFFFFF)
        return seed if self.sign > 0 else numbered(seed, 1)

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


def key(seed, purpose):
    """A stateless seed [2] int64 from a number and a purpose; different purposes never share draws."""
    return tf.constant([seed, zlib.crc32(purpose.encode())], tf.int64)


def standard_normal(shape, seed, number, skip=0):
    """Standard normal draws, keyed by (seed, number); the first `skip` of them are left out."""
    return _drawn(tf.raw_ops.StatelessRandomNormalV2, shape, numbered(seed, number), skip)


def _drawn(draw, shape, seed, skip):
    """What `tf.random.stateless_normal` and `stateless_uniform` draw, float32, without the first `skip` values.

    Philox makes four values of each count, and the lower half of a seed's counts starts at 0: what is skipped is not drawn.
    """
    key_of_seed, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=seed)
    skip = tf.cast(skip, tf.uint64)
    rest = tf.cast(skip % 4, tf.int32)
    counter += tf.stack([skip // 4, tf.zeros([], tf.uint64)])
    values = draw(shape=[tf.reduce_prod(shape) + rest], key=key_of_seed, counter=counter, alg=_PHILOX)
    return tf.reshape(values[rest:], shape)


def uniforms(shape, seed, purpose, step):
    """Uniform in [0, 1), float64."""
    return tf.random.stateless_uniform(shape, numbered(key(seed, purpose), step), dtype=tf.float64, alg=ALGORITHM)


def numbered(seed, number):
    """The stateless seed of a running number."""
    return tf.random.experimental.stateless_fold_in(seed, number, ALGORITHM)
