"""Colour pictures in opponent planes: one gray U-Net for brightness, and for differences of colours at half resolution."""

import keras
import numpy as np
from keras import ops

from r2r_tf.errors import InputError
from r2r_tf.models.networks.unet import unet

# brightness, red against blue, green against both: rows over R, G, B
PLANES = np.array([[1 / 3, 1 / 3, 1 / 3], [1 / 2, 0, -1 / 2], [1 / 4, -1 / 2, 1 / 4]], np.float32)
_MIDDLE = np.float32([0.0, 0.5, 0.5])  # what is added to each: the network has seen pictures between 0 and 1
# levels that the U-Net is told, in units of the picture's: brightness, the same transposed, differences of colours. Noise of
# cameras is coarse: what a network for white noise should take away is more than its standard deviation
LEVELS = (2.1, 4.0, 2.1)

_HALVES = np.array([[0.25, 0.75, 0], [0, 0.75, 0.25]], np.float32)
# [3, 3, 1, 4]: linear interpolation to twice the resolution, the four pixels that become of one
_DOUBLING = np.stack([np.outer(row, column) for row in _HALVES for column in _HALVES], axis=-1)[:, :, None]


def opponents(channels=3, features=64, depth=3, blocks=2, near_zero_start=True, dtype="float32", seed=0, levels=LEVELS):
    """x_hat = R(y, level), plane by plane, R a `unet` for gray images.

    Noise of cameras is common to all channels at fine scales, and coarse in differences of colours, which cameras and JPEG leave
    nothing else. So these are what the network makes of them at half resolution. Of brightness the mean of two estimates counts:
    one careful, one thorough.

    Args:
      channels: 3.
      features, depth, blocks, near_zero_start, dtype, seed: of the `unet`, whose weights all planes share.
      levels: what it is told, in units of the picture's level, as `LEVELS`.
    Returns:
      `keras.Model` from [B, H, W, 4] float32, H and W multiples of 2^(depth + 1), to [B, H, W, 3]; else as `unet`.
    Raises:
      InputError: another number of channels.
    """
    if channels != 3:
        raise InputError(f"The network `opponents` is for pictures of 3 channels. Received: channels={channels}")
    network = unet(1, features, depth, blocks, near_zero_start, dtype, seed)

    def fixed(filters, size, name, **options):
        return keras.layers.Conv2D(filters, size, trainable=False, name=name, dtype="float32", **options)

    to_planes, to_colours, to_double = fixed(3, 1, "planes"), fixed(3, 1, "colours"), fixed(4, 3, "doubling", use_bias=False)
    careful, thorough, coarse = levels

    def estimate(plane, level, factor):
        return network(ops.concatenate([plane, factor * level], axis=-1))

    def of_brightness(plane, level):
        turned = estimate(_transposed(plane), _transposed(level), thorough)
        return (estimate(plane, level, careful) + _transposed(turned)) / 2

    def of_difference(plane, level):
        around = ops.pad(estimate(_halved(plane), level, coarse), [[0, 0], [1, 1], [1, 1], [0, 0]], mode="symmetric")
        return ops.depth_to_space(to_double(around), 2)

    inputs = keras.Input((None, None, 4), name="noisy_and_level")
    planes, level = to_planes(inputs[..., :3]), inputs[..., 3:]
    half = _halved(level)
    estimates = [of_brightness(planes[..., :1], level), *(of_difference(planes[..., c : c + 1], half) for c in (1, 2))]
    result = keras.Model(inputs, to_colours(ops.concatenate(estimates, axis=-1)), name="opponents")
    to_planes.set_weights([PLANES.T[None, None], _MIDDLE])
    back = np.linalg.inv(PLANES)
    to_colours.set_weights([back.T[None, None], -back @ _MIDDLE])
    to_double.set_weights([_DOUBLING])
    return result


def _halved(x):
    return ops.average_pool(x, 2, 2)


def _transposed(x):
    return ops.transpose(x, (0, 2, 1, 3))
