"""Batch normalisation in one fused TensorFlow kernel, for training on CPUs; a network is saved with Keras's own layer."""

import keras

from r2r_tf.backend import tf


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` over the last axis, the same function and weights, computed by FusedBatchNormV3.

    Keras composes it of a dozen operations and, in bfloat16, converts to float32 and back. TensorFlow backend, one replica.
    """

    def call(self, inputs, training=None, mask=None):
        """Normalises [B, H, W, C]; in training by the batch's own statistics, which the moving ones follow."""
        x = tf.cast(inputs, self.compute_dtype)
        statistics = ([], []) if training else (self.moving_mean.value, self.moving_variance.value)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=x,
            scale=self.gamma.value,
            offset=self.beta.value,
            mean=statistics[0],
            variance=statistics[1],
            epsilon=self.epsilon,
            is_training=bool(training),
        )
        if training:
            # the kernel returns the unbiased variance, n / (n - 1) of Keras's
            n = tf.cast(tf.size(x) // tf.shape(x)[-1], tf.float32)
            for moving, current in ((self.moving_mean, mean), (self.moving_variance, variance * (n - 1.0) / n)):
                moving.assign(self.momentum * moving + (1.0 - self.momentum) * current)
        return outputs
