"""Export as SavedModel: endpoints for a batch, for the averaged estimate, and for PNG bytes; loadable without r2r_tf."""

import keras

from r2r_tf import atomic
from r2r_tf.backend import tf


def export_saved_model(network, path, alpha, seed=0):
    """Writes a SavedModel, by rename, with the endpoints

    - `serve(x)`: one pass; x [B, H, W, C] float32, [0, 1] scale, any B, H, W.
    - `denoise(x, sigma, num_recorruptions)`: the mean over T antithetic recorruptions inside the graph; sigma a float32 scalar on
      the [0, 1] scale, T an even int32 scalar, 0 for one pass over x itself.
    - `denoise_png(png, sigma, num_recorruptions)`: PNG bytes in, PNG bytes out; 8 or 16 bits per channel are kept.

    Args:
      network: `keras.Model`, float32.
      path: folder.
      alpha: of the recorruption; 0 for a network trained on unrecorrupted inputs, for which T is ignored.
      seed: of the draws, fixed: the same input gives the same output.
    """
    channels = network.input_shape[-1]
    images = tf.TensorSpec([None, None, None, channels], tf.float32, name="x")
    sigma_spec = tf.TensorSpec([], tf.float32, name="sigma")
    draws_spec = tf.TensorSpec([], tf.int32, name="num_recorruptions")

    def serve(x):
        return network(x, training=False)

    def denoise(x, sigma, num_recorruptions):
        tf.debugging.assert_equal(num_recorruptions % 2, 0, "num_recorruptions must be even: draws come in pairs z, -z")
        if alpha == 0:
            return serve(x)

        def add_pair(index, total):
            draw_seed = tf.random.experimental.stateless_fold_in(tf.constant([seed, 0]), index, "philox")
            z = sigma * alpha * tf.random.stateless_normal(tf.shape(x), draw_seed, alg="philox")
            return index + 1, total + serve(x + z) + serve(x - z)

        def average():
            _, total = tf.while_loop(
                lambda index, _: index < num_recorruptions // 2, add_pair, (0, tf.zeros_like(x)), parallel_iterations=1
            )
            return total / tf.cast(num_recorruptions, tf.float32)

        return tf.cond(num_recorruptions > 0, average, lambda: serve(x))

    def denoise_png(png, sigma, num_recorruptions):
        # byte 24 of a PNG file, in its header chunk, is the bit depth
        sixteen = tf.strings.substr(png, 24, 1) == tf.constant(b"\x10")
        x = tf.cast(tf.io.decode_png(png, channels, tf.uint16), tf.float32) / 65535.0
        x_hat = tf.clip_by_value(denoise(x[None], sigma, num_recorruptions)[0], 0.0, 1.0)
        return tf.cond(
            sixteen,
            lambda: tf.io.encode_png(tf.cast(tf.round(x_hat * 65535.0), tf.uint16)),
            lambda: tf.io.encode_png(tf.cast(tf.round(x_hat * 255.0), tf.uint8)),
        )

    archive = keras.export.ExportArchive()
    archive.track(network)
    archive.add_endpoint("serve", serve, [images])
    archive.add_endpoint("denoise", denoise, [images, sigma_spec, draws_spec])
    archive.add_endpoint("denoise_png", denoise_png, [tf.TensorSpec([], tf.string, name="png"), sigma_spec, draws_spec])
    with atomic.replacing(path) as temporary:
        archive.write_out(str(temporary), verbose=False)
