"""What a network wants, read off the network itself: its channels, whether it is told the noise level, which sides fit."""

import functools
from typing import NamedTuple

import numpy as np

_LARGEST_MULTIPLE = 64
_PROBE_SIDE = 24
# small ones show biases, large ones saturation; powers of two scale floats of any precision without rounding
_SCALES = (1 / 64, 8.0)


class Form(NamedTuple):
    """What has to be known to apply a network.

    Attributes:
      channels: C of the images that it takes and returns.
      takes_level: whether its input has one more channel: the standard deviation of the noise in the images, [0, 1] scale.
      multiple: the smallest power of two of which both sides of an image must be a multiple.
    """

    channels: int
    takes_level: bool
    multiple: int


@functools.lru_cache(maxsize=8)
def form(network):
    """`Form` of a network; None unless it maps one [B, H, W, C] array, with the noise level or without, to that shape."""
    if len(network.inputs) != 1 or len(network.inputs[0].shape) != 4 or len(network.output_shape) != 4:
        return None
    channels, given = network.output_shape[-1], network.input_shape[-1]
    multiple = _side_multiple(network) if given in (channels, channels + 1) else None
    return Form(channels, given == channels + 1, multiple) if multiple else None


@functools.lru_cache(maxsize=8)
def is_homogeneous(network):
    """Whether f(c y, c sigma) = c f(y, sigma) for c > 0, tried on noise: convolutions without biases, with ReLU between.

    What such a network has learnt at some levels of the noise holds for others, too, if the contrast of the images varies.
    Source: Mohan et al., "Robust and interpretable blind image denoising via bias-free convolutional neural networks", ICLR 2020.
    """
    side = -(-_PROBE_SIDE // form(network).multiple) * form(network).multiple
    sides = [given or side for given in network.input_shape[1:3]]
    y = np.random.default_rng(0).standard_normal((1, *sides, network.input_shape[-1])).astype(np.float32)
    once, *scaled = (np.asarray(network(np.float32(scale) * y, training=False), np.float32) / scale for scale in (1.0, *_SCALES))
    return all(np.allclose(own, once, rtol=0, atol=1e-5 * np.abs(once).max()) for own in scaled)


def _side_multiple(network):
    """None if there is none up to 64.

    A network that works on images reduced by strides or by moving pixels to channels needs sides that these divide. For one whose
    input has a fixed size there is no choice: 1.
    """
    if None not in network.input_shape[1:3]:
        return 1
    multiple = 1
    while multiple <= _LARGEST_MULTIPLE:
        # an odd number of multiples: sides that any further halving would not divide
        shape = (1, 3 * multiple, 3 * multiple)
        try:
            fits = tuple(network.compute_output_shape((*shape, network.input_shape[-1]))) == (*shape, network.output_shape[-1])
        except (ValueError, RuntimeError):
            fits = False
        if fits:
            return multiple
        multiple *= 2
    return None
