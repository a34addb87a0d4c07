"""FFDNet-like network: a chain of 3x3 convolutions at half resolution, told the noise level."""

import keras
from keras import ops

from r2r_tf.models.initial import last_layer, layer_seed


def ffdnet(channels=1, depth=15, features=64, near_zero_start=True, dtype="float32", seed=0):
    """x_hat = y - R(y, level): 2x2 pixels become channels, `depth` 3x3 convolutions with ReLU, and back.

    121,000 multiply-adds a pixel by default, where DnCNN-17 takes 554,000.

    Args:
      channels: C of the images.
      depth: number of convolutions.
      features: channels of the inner layers.
      near_zero_start: as in `dncnn`.
      dtype: 'float32' or 'mixed_bfloat16'; the last convolution and the subtraction stay in float32.
      seed: of the initial weights.
    Returns:
      `keras.Model` from [B, H, W, C + 1] float32, H and W even, to [B, H, W, C]. The last channel of the input is the standard
      deviation of the noise in it, on the [0, 1] scale.
    Source: Zhang et al., "FFDNet", IEEE TIP 2018. Deviations: no batch normalisation, predicts the noise, near-zero last layer.
    """
    inputs = keras.Input((None, None, channels + 1), name="noisy_and_level")
    x = ops.space_to_depth(inputs, 2)
    for index in range(1, depth):
        initializer = keras.initializers.HeNormal(seed=layer_seed(seed, index))
        x = keras.layers.Conv2D(
            features, 3, padding="same", activation="relu", kernel_initializer=initializer, dtype=dtype, name=f"conv{index}"
        )(x)
    initializer = last_layer(near_zero_start, layer_seed(seed, depth))
    x = keras.layers.Conv2D(
        4 * channels, 3, padding="same", kernel_initializer=initializer, dtype="float32", name=f"conv{depth}"
    )(x)
    return keras.Model(inputs, inputs[..., :channels] - ops.depth_to_space(x, 2), name="ffdnet")
