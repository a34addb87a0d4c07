"""The five-layer network of the reproduction paper."""

import keras

from r2r_tf.models.initial import layer_seed

FEATURES = (32, 64, 128, 32)


def cnn5(channels=1, dtype="float32", seed=0):
    """Five 3x3 convolutions, 32-64-128-32-C, with ReLU between them: 129,857 weights for gray images. Not residual.

    Args:
      channels: C of the images.
      dtype: 'float32' or 'mixed_bfloat16'; the last layer stays in float32.
      seed: of the initial weights.
    Returns:
      `keras.Model` from [B, H, W, C] float32, any H and W, to the same shape.
    Source: the network in the public reproduction of R2R. Deviations: none.
    """
    inputs = keras.Input((None, None, channels), name="noisy")
    x = inputs
    for index, features in enumerate(FEATURES, start=1):
        x = keras.layers.Conv2D(
            features,
            3,
            padding="same",
            activation="relu",
            dtype=dtype,
            name=f"conv{index}",
            kernel_initializer=keras.initializers.HeNormal(seed=layer_seed(seed, index)),
        )(x)
    outputs = keras.layers.Conv2D(
        channels,
        3,
        padding="same",
        dtype="float32",
        name="conv5",
        kernel_initializer=keras.initializers.GlorotUniform(seed=layer_seed(seed, 5)),
    )(x)
    return keras.Model(inputs, outputs, name="cnn5")
