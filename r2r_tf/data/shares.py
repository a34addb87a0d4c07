"""Shares of a batch: where several hosts train one network, each makes its own part of every batch and draws for that alone.

Patches are numbered through the batch, and every draw is keyed by its step and by the number of its patch. So the shares side
by side are the batch that one host would make, bit for bit.
"""

from typing import NamedTuple

from r2r_tf.backend import tf
from r2r_tf.errors import InputError


class Shares(NamedTuple):
    """Shares number first, first + 1, ..., first + count - 1 of so many equal ones: one for each device of a host."""

    first: int = 0
    count: int = 1
    of: int = 1

    def size(self, patches):
        """How many of a batch's patches a share has.

        Raises:
          InputError: they cannot be shared equally.
        """
        if patches % self.of:
            raise InputError(
                f"`batch_size` must give each of {self.of} devices as many patches (pairs z, -z with `antithetic`). "
                f"Received: {patches} patches"
            )
        return patches // self.of

    def step_and_begin(self, number, size):
        """(step, number of the first patch there) of share number 0, 1, ... that is delivered here, scalar tensors."""
        return number // self.count, (self.first + number % self.count) * size


WHOLE = Shares()


def part(values, begin, size):
    """Elements begin, begin + 1, ... of a tensor's first axis; its static size is known."""
    return tf.ensure_shape(values[begin : begin + size], [size, *values.shape[1:]])
