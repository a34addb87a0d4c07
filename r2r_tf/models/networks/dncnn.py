"""DnCNN: a residual chain of 3x3 convolutions."""

import functools

import keras

from r2r_tf.errors import InputError
from r2r_tf.models.initial import last_layer, layer_seed


def dncnn(
    channels=1,
    depth=17,
    features=64,
    batch_norm=True,
    near_zero_start=True,
    dtype="float32",
    seed=0,
    normalization="plain",
):
    """DnCNN: x_hat = y - R(y), R of `depth` 3x3 convolutions with ReLU, batch-normalised in the depth - 2 inner layers.

    Args:
      channels: C of the images.
      depth: number of convolutions, at least 2; the paper's 17 for a known noise level.
      features: channels of the inner layers.
      batch_norm: normalise the inner layers; without it they have biases.
      near_zero_start: start the last convolution near zero, so that training starts at the identity, not at a random image.
      dtype: 'float32' or 'mixed_bfloat16'; the last convolution and the subtraction stay in float32.
      seed: of the initial weights.
      normalization: 'plain', Keras's layer; for training on the TensorFlow backend also 'synchronized' (batch statistics shared
        between replicas) and 'fused' (one kernel, faster on CPUs). The weights are the same.
    Returns:
      `keras.Model` from [B, H, W, C] float32, any H and W, to the same shape; 556,032 trainable weights by default.
    Raises:
      InputError: depth < 2 or features < 1.
    Source: Zhang et al., IEEE TIP 2017. Deviations: convolutions without bias (as in their released code for the normalised
      layers; here all of them) and the near-zero last layer. The reproduction paper of R2R says '2 batch normalization layers';
      its code has these 15.
    """
    if depth < 2 or features < 1:
        raise InputError(f"DnCNN needs at least 2 layers and 1 feature. Received: depth={depth}, features={features}")

    def convolution(filters, index, initializer, **options):
        return keras.layers.Conv2D(filters, 3, padding="same", kernel_initializer=initializer, name=f"conv{index}", **options)

    if normalization == "fused":
        from r2r_tf.models.fused_norm import FusedBatchNormalization as normalize
    else:
        normalize = functools.partial(keras.layers.BatchNormalization, synchronized=normalization == "synchronized")
    inputs = keras.Input((None, None, channels), name="noisy")
    x = inputs
    for index in range(1, depth):
        inner = index > 1
        x = convolution(
            features,
            index,
            keras.initializers.HeNormal(seed=layer_seed(seed, index)),
            use_bias=inner and not batch_norm,
            dtype=dtype,
        )(x)
        if inner and batch_norm:
            # a momentum of 0.9 follows the weights within the short epochs used here; Keras's 0.99 lags behind in short runs
            x = normalize(momentum=0.9, epsilon=1e-5, dtype=dtype, name=f"norm{index}")(x)
        x = keras.layers.ReLU(dtype=dtype, name=f"relu{index}")(x)
    residual = convolution(
        channels,
        depth,
        last_layer(near_zero_start, layer_seed(seed, depth)),
        use_bias=False,
        dtype="float32",
    )(x)
    outputs = keras.layers.Subtract(dtype="float32", name="denoised")([inputs, residual])
    return keras.Model(inputs, outputs, name="dncnn")
