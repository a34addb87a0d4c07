"""A small U-Net of residual blocks without bias, told the noise level."""

import keras
from keras import ops

from r2r_tf.models.initial import last_layer, layer_seed


def unet(channels=1, features=64, depth=2, blocks=2, near_zero_start=True, dtype="float32", seed=0):
    """x_hat = y - R(y, level): residual blocks at half resolution and below, added skips on the way up.

    Args:
      channels: C of the images.
      features: channels at half resolution; as many more at each further one.
      depth: number of resolutions, of 1/2, 1/4, ...
      blocks: residual blocks (convolution, ReLU, convolution) in each stage on the way down and on the way up.
      near_zero_start: as in `dncnn`.
      dtype: 'float32' or 'mixed_bfloat16'; the last convolution and the subtraction stay in float32.
      seed: of the initial weights.
    Returns:
      `keras.Model` from [B, H, W, C + 1] float32, H and W multiples of 2^depth, to [B, H, W, C]. The last channel of the
      input is the standard deviation of the noise in it, on the [0, 1] scale.
    Source: Zhang et al., "Plug-and-Play Image Restoration with Deep Denoiser Prior", TPAMI 2021 (DRUNet). Deviations: starts at
      half resolution with 2x2 pixels as channels, far narrower, predicts the noise, near-zero last layer.
    """
    widths = [features * (step + 1) for step in range(depth)]
    count = 0

    def convolution(x, features, size=3, scale=1.0, **options):
        nonlocal count
        count += 1
        initializer = keras.initializers.VarianceScaling(scale, "fan_in", "truncated_normal", seed=layer_seed(seed, count))
        options = {"padding": "same", "use_bias": False, "kernel_initializer": initializer, "dtype": dtype, **options}
        return keras.layers.Conv2D(features, size, name=f"conv{count}", **options)(x)

    def residual_blocks(x):
        features = x.shape[-1]
        for _ in range(blocks):
            inner = convolution(x, features, scale=2.0, activation="relu")
            # a small scale keeps the sum over many blocks near its start
            x = keras.layers.Add(dtype=dtype)([x, convolution(inner, features, scale=0.1)])
        return x

    inputs = keras.Input((None, None, channels + 1), name="noisy_and_level")
    x = convolution(ops.space_to_depth(inputs, 2), widths[0])
    skips = []
    for features in widths[1:]:
        x = residual_blocks(x)
        skips.append(x)
        x = convolution(x, features, size=2, strides=2)
    x = residual_blocks(x)
    for features in reversed(widths[:-1]):
        x = ops.depth_to_space(convolution(x, 4 * features, size=1), 2)
        x = residual_blocks(keras.layers.Add(dtype=dtype)([x, skips.pop()]))
    last = last_layer(near_zero_start, layer_seed(seed, count + 1))
    x = convolution(x, 4 * channels, kernel_initializer=last, dtype="float32")
    return keras.Model(inputs, inputs[..., :channels] - ops.depth_to_space(x, 2), name="unet")
