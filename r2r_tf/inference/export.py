"""Export as SavedModel (endpoints for a batch, for the averaged estimate, and for PNG bytes) or ONNX; loadable without r2r_tf."""

import keras
import numpy as np

from r2r_tf import atomic, recorruption
from r2r_tf.backend import tf
from r2r_tf.errors import package
from r2r_tf.inference import passes
from r2r_tf.models import folding, structure
from r2r_tf.models.denoisers import Denoiser

# heights and widths of what an export is compared on: odd ones, and a change of size
_CHECKED_SIZES = ((37, 50), (64, 48))


def export_saved_model(network, path, alpha, seed=0):
    """Writes a SavedModel, by rename, with the endpoints

    - `serve(x)`: one pass; x [B, H, W, C] float32, [0, 1] scale, any B, H, W. A network that is told the noise level has
      `serve(x, sigma)`; sigma as below.
    - `denoise(x, sigma, num_recorruptions)`: the mean over T antithetic recorruptions inside the graph; sigma a float32 scalar on
      the [0, 1] scale, T an even int32 scalar, 0 for one pass over x itself.
    - `denoise_png(png, sigma, num_recorruptions)`: PNG bytes in, a dict with `png_bytes` out; 8 or 16 bits per
      channel are kept.

    Args:
      network: `keras.Model`, float32.
      path: folder.
      alpha: of the recorruption; 0 for a network trained on unrecorrupted inputs, for which T is ignored.
      seed: of the draws, fixed: the same input gives the same output.
    """
    network = folding.folded(network)
    form = structure.form(network)
    one_pass = _one_pass(network)
    images = tf.TensorSpec([None, None, None, form.channels], tf.float32, name="x")
    sigma_spec = tf.TensorSpec([], tf.float32, name="sigma")
    draws_spec = tf.TensorSpec([], tf.int32, name="num_recorruptions")

    def serve(x, sigma=None):
        return one_pass(x, sigma)

    def denoise(x, sigma, num_recorruptions):
        tf.debugging.assert_equal(num_recorruptions % 2, 0, "num_recorruptions must be even: draws come in pairs z, -z")
        if alpha == 0:
            return one_pass(x, sigma)

        level = sigma * recorruption.input_gain(alpha)

        def add_pair(index, total):
            draw_seed = tf.random.experimental.stateless_fold_in(tf.constant([seed, 0]), index, "philox")
            z = sigma * alpha * tf.random.stateless_normal(tf.shape(x), draw_seed, alg="philox")
            return index + 1, total + one_pass(x + z, level) + one_pass(x - z, level)

        def average():
            _, total = tf.while_loop(
                lambda index, _: index < num_recorruptions // 2, add_pair, (0, tf.zeros_like(x)), parallel_iterations=1
            )
            return total / tf.cast(num_recorruptions, tf.float32)

        return tf.cond(num_recorruptions > 0, average, lambda: one_pass(x, sigma))

    def denoise_png(png, sigma, num_recorruptions):
        # byte 24 of a PNG file, in its header chunk, is the bit depth
        sixteen = tf.strings.substr(png, 24, 1) == tf.constant(b"\x10")
        x = tf.cast(tf.io.decode_png(png, form.channels, tf.uint16), tf.float32) / 65535.0
        x_hat = tf.clip_by_value(denoise(x[None], sigma, num_recorruptions)[0], 0.0, 1.0)
        encoded = tf.cond(
            sixteen,
            lambda: tf.io.encode_png(tf.cast(tf.round(x_hat * 65535.0), tf.uint16)),
            lambda: tf.io.encode_png(tf.cast(tf.round(x_hat * 255.0), tf.uint8)),
        )
        # TensorFlow Serving answers in base64 where a name ends like this
        return {"png_bytes": encoded}

    archive = keras.export.ExportArchive()
    archive.track(network)
    archive.add_endpoint("serve", serve, [images, sigma_spec] if form.takes_level else [images])
    archive.add_endpoint("denoise", denoise, [images, sigma_spec, draws_spec])
    archive.add_endpoint("denoise_png", denoise_png, [tf.TensorSpec([], tf.string, name="png"), sigma_spec, draws_spec])
    with atomic.replacing(path) as temporary:
        archive.write_out(str(temporary), verbose=False)


def export_onnx(network, path):
    """Writes an ONNX file, by rename: one pass, x [B, H, W, C] float32 to the same shape, any B, H, W.

    A network that is told the noise level has a second input, sigma, a float32 scalar on the [0, 1] scale.

    Args:
      network: `keras.Model`, float32.
      path: file.
    Raises:
      InputError: tf2onnx is not installed.
    """
    tf2onnx = package("tf2onnx", "onnx", "ONNX")
    network = folding.folded(network)
    one_pass = _one_pass(network)
    specs = [tf.TensorSpec([None, None, None, structure.form(network).channels], tf.float32, name="x")]
    if structure.form(network).takes_level:
        specs.append(tf.TensorSpec([], tf.float32, name="sigma"))
        function = tf.function(lambda x, sigma: one_pass(x, sigma), input_signature=specs)
    else:
        function = tf.function(lambda x: one_pass(x, None), input_signature=specs)
    with atomic.replacing(path) as temporary:
        tf2onnx.convert.from_function(function, input_signature=specs, opset=17, output_path=str(temporary))


def largest_difference(network, run, sigma=0.1):
    """How far an export is from the network, on random images of several sizes.

    Args:
      network: `keras.Model`.
      run: function of (x, sigma), one pass of the export over [B, H, W, C] float32; sigma is None where it is not told.
      sigma: noise level, [0, 1] scale.
    """
    denoiser, rng, differences = Denoiser(network), np.random.default_rng(0), []
    level, channels = sigma if denoiser.form.takes_level else None, denoiser.form.channels
    for batch, (height, width) in enumerate(_CHECKED_SIZES, start=1):
        x = rng.random((batch, height, width, channels), np.float32)
        differences.append(np.abs(np.asarray(run(x, level)) - passes.apply(denoiser, x, level)).max())
    return float(max(differences))


def saved_model_runner(path):
    """`run` of `largest_difference` for a SavedModel, in TensorFlow alone."""
    loaded = tf.saved_model.load(str(path))
    return lambda x, sigma: loaded.serve(x) if sigma is None else loaded.serve(x, tf.constant(sigma))


def onnx_runner(path):
    """`run` of `largest_difference` for an ONNX file, in onnxruntime.

    Raises:
      InputError: onnxruntime is not installed.
    """
    onnxruntime = package("onnxruntime", "onnx", "Checking ONNX")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (output,) = (node.name for node in session.get_outputs())
    return lambda x, sigma: session.run([output], {"x": x} if sigma is None else {"x": x, "sigma": np.array(sigma, np.float32)})[
        0
    ]


def _one_pass(network):
    """f(x) inside a graph, whatever the network wants: the level as one more channel, sides that are a multiple."""
    form = structure.form(network)

    def one_pass(x, level):
        height, width = tf.shape(x)[1], tf.shape(x)[2]
        if form.takes_level:
            x = tf.concat([x, level * tf.ones_like(x[..., :1])], axis=-1)
        if form.multiple > 1:
            x = tf.gather(tf.gather(x, _reflected(height, form.multiple), axis=1), _reflected(width, form.multiple), axis=2)
        return network(x, training=False)[:, :height, :width]

    return one_pass


def _reflected(side, multiple):
    """`patches.reflected` inside a graph."""
    # positive numbers only: ONNX rounds quotients towards zero
    index = tf.range((side + multiple - 1) // multiple * multiple)
    return tf.maximum(0, side - 1 - tf.abs(side - 1 - index))
