"""How far a network sees, and how much memory it takes: what cutting a large image into tiles has to know."""

import functools
import math

import keras
import numpy as np

from r2r_tf.models import structure

_FIRST_SIDE, _LARGEST_SIDE, _STRIP = 64, 1024, 32
# of the largest layer's output: that itself, its input, work space of the convolution
_COPIES = 4


@functools.lru_cache(maxsize=8)
def radius(network):
    """The distance, in pixels, beyond which an input pixel does not change an output pixel; None if there is no such.

    Measured, whatever the layers: a copy of the network whose kernels are all positive answers to one bright pixel wherever it
    can. Networks that work at reduced resolution see differently far from each place of their grid: the largest counts.

    Args:
      network: `keras.Model`, [B, H, W, C] to the same height and width.
    """
    probe = keras.models.clone_model(network)
    for layer in probe.layers:
        # kernels whose answers neither overflow in the middle nor vanish at the rim, over dozens of layers
        layer.set_weights([_positive(weight) if weight.ndim == 4 else weight for weight in layer.get_weights()])
    reaches = [_reach(probe, structure.form(network).multiple, axis) for axis in (0, 1)]
    return None if None in reaches else max(reaches)


@functools.lru_cache(maxsize=8)
def bytes_per_pixel(network):
    """About how much memory a pass takes for each pixel of the image: some copies of the layer with the largest output.

    A network in it counts for itself, as if it were applied at full resolution.
    """
    side = structure.form(network).multiple
    fixed = keras.models.clone_model(network, input_tensors=keras.Input((side, side, network.input_shape[-1])))
    inner = [layer for layer in fixed.layers if isinstance(layer, keras.Model)]
    largest = max(math.prod(layer.output.shape[1:]) for layer in fixed.layers if layer not in inner)
    return max([_COPIES * 4 * largest / side**2, *map(bytes_per_pixel, inner)])


def _reach(probe, multiple, axis):
    """How far bright pixels are seen along one axis of a strip, one in each place of the network's grid; None for without end."""
    side, width = _FIRST_SIDE, max(multiple, _STRIP)
    while side <= _LARGEST_SIDE:
        first = side // 2 - side // 2 % multiple
        places = np.arange(first, first + multiple)
        bright = np.zeros((multiple, side, width, probe.input_shape[-1]), np.float32)
        bright[np.arange(multiple), places, width // 2] = 1.0
        answer = np.asarray(probe(bright if axis == 0 else bright.swapaxes(1, 2), training=False))
        image, *seen, _ = np.nonzero(answer)
        reach = int(np.abs(seen[axis] - places[image]).max())
        if reach < first:
            return reach
        side *= 2
    return None


def _positive(kernel):
    """Ones over the input channels and one side of the kernel."""
    return np.full(kernel.shape, 1.0 / (kernel.shape[0] * kernel.shape[2]), np.float32)
