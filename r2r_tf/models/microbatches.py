"""A batch in parts that go through one network side by side."""

import keras
from keras import ops


def in_parts(network, parts):
    """The same network and weights, fed part by part; a batch's gradient is the sum of its parts'.

    Operations of different parts do not wait for each other, so cores that one operation leaves idle take the next part, and
    each part's activations are smaller. Batch normalisation sees each part by itself: its statistics come from fewer patches.

    Args:
      network: `keras.Model` from [B, H, W, C] to the same shape.
      parts: how many; B must be a multiple of it. With antithetic pairs and two parts, one has the images with z, the other
        those with -z.
    Returns:
      `keras.Model`; the network itself for one part.
    """
    if parts == 1:
        return network
    inputs = keras.Input(network.input_shape[1:], name="noisy")
    outputs = ops.concatenate([network(part) for part in ops.split(inputs, parts)])
    return keras.Model(inputs, outputs, name=f"{network.name}_in_{parts}_parts")
