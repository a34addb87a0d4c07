"""Networks: parameter counts, the identity at the start, any size, named layers, safe to load without r2r_tf."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from r2r_tf.errors import InputError
from r2r_tf.models import microbatches, networks
from r2r_tf.models.fused_norm import FusedBatchNormalization
from r2r_tf.training import losses


def trainable(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def test_parameter_counts():
    assert trainable(networks.build("dncnn")) == 556_032
    assert networks.build("cnn5").count_params() == trainable(networks.build("cnn5")) == 129_857
    normalised = [layer for layer in networks.build("dncnn").layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert len(normalised) == 15
    # without normalisation each inner layer has a bias instead of scale, offset
    assert trainable(networks.build("dncnn", batch_norm=False)) == 556_032 - 15 * 64
    assert networks.build("ffdnet").count_params() == 8 * 9 * 64 + 13 * 64 * 64 * 9 + 14 * 64 + 4 * 64 * 9 + 4
    # 3x3 convolutions, one 2x2 on the way down and one 1x1 on the way up, no bias
    inner = 9 * (4 * 4 * 64**2 // 2 + 4 * 128**2) + 4 * 64 * 128 + 128 * 4 * 64
    assert networks.build("unet").count_params() == 9 * (8 * 64 + 64 * 4) + inner


@pytest.mark.parametrize("name, options", [("dncnn", {"depth": 4, "features": 8}), ("cnn5", {})])
@pytest.mark.parametrize("channels", (1, 3))
def test_any_size_same_shape(rng, name, options, channels):
    model = networks.build(name, channels=channels, **options)
    for shape in ((1, 7, 13), (2, 40, 40)):
        x = rng.random((*shape, channels)).astype(np.float32)
        assert model(x).shape == x.shape
    assert all(layer.name.rstrip("0123456789") in {"noisy", "conv", "norm", "relu", "denoised"} for layer in model.layers)


def test_training_starts_at_the_identity(rng):
    x = rng.random((2, 24, 24, 1)).astype(np.float32)
    model = networks.build("dncnn", depth=6, features=16)
    assert np.abs(model(x) - x).max() < 0.05
    model.get_layer("conv6").set_weights([np.zeros((3, 3, 16, 1))])
    np.testing.assert_array_equal(model(x), x)
    # control: an ordinary initialisation is far from it
    assert np.abs(networks.build("dncnn", depth=6, features=16, near_zero_start=False)(x) - x).max() > 0.1


@pytest.mark.parametrize("name, options", [("ffdnet", {"depth": 4}), ("unet", {"blocks": 1})])
@pytest.mark.parametrize("channels", (1, 3))
def test_networks_that_are_told_the_level(rng, name, options, channels):
    """Same shape without the level, near the identity at first, and bfloat16 changes little."""
    x = rng.random((2, 16, 24, channels + 1)).astype(np.float32)
    model = networks.build(name, channels=channels, features=8, **options)
    assert model(x).shape == (2, 16, 24, channels) and np.abs(model(x) - x[..., :channels]).max() < 0.1
    half = networks.build(name, channels=channels, features=8, dtype="mixed_bfloat16", **options)
    half.set_weights(model.get_weights())
    assert keras.backend.standardize_dtype(half(x).dtype) == "float32" and np.abs(half(x) - model(x)).max() < 0.01
    # the level reaches the output
    louder = x + np.float32([0.0] * channels + [0.3])
    assert np.abs(model(louder) - model(x)).max() > 0


def test_seed_decides_the_weights():
    first, same, other = (networks.build("dncnn", depth=3, features=4, seed=seed).get_weights() for seed in (0, 0, 9))
    assert all(np.array_equal(a, b) for a, b in zip(first, same))
    assert not np.array_equal(first[0], other[0])


def test_bfloat16_keeps_the_output_in_float32(rng):
    x = rng.random((1, 32, 32, 1)).astype(np.float32)
    full = networks.build("dncnn", depth=5, features=16)
    full.get_layer("conv5").set_weights([rng.normal(0, 0.05, (3, 3, 16, 1))])
    half = networks.build("dncnn", depth=5, features=16, dtype="mixed_bfloat16")
    half.set_weights(full.get_weights())
    output = half(x)
    assert keras.backend.standardize_dtype(output.dtype) == "float32"
    assert 0 < np.abs(output - full(x)).max() < 0.02


def test_unknown_network():
    with pytest.raises(InputError, match="Received: model='gan'"):
        networks.build("gan")
    with pytest.raises(InputError, match="depth=1"):
        networks.build("dncnn", depth=1)


@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-5), ("mixed_bfloat16", 0.05)])
def test_fused_normalisation_is_the_same_function(rng, dtype, tolerance):
    """Output, gradients and moving statistics of both layers, in training and in inference."""
    x = (3 + 2 * rng.standard_normal((4, 9, 7, 5))).astype(np.float32)
    target = rng.standard_normal(x.shape).astype(np.float32)
    results = []
    for layer_type in (keras.layers.BatchNormalization, FusedBatchNormalization):
        layer = layer_type(momentum=0.9, epsilon=1e-5, dtype=dtype)
        layer.build(x.shape)
        layer.set_weights([np.linspace(0.5, 2, 5), np.linspace(-1, 1, 5), np.zeros(5), np.ones(5)])
        inputs = tf.Variable(x)
        with tf.GradientTape() as tape:
            trained = layer(inputs, training=True)
            loss = tf.reduce_mean((tf.cast(trained, tf.float32) - target) ** 2)
        gradients = tape.gradient(loss, [inputs, *layer.trainable_variables])
        results.append([trained, *gradients, *layer.get_weights(), layer(x, training=False)])
    for plain, fused in zip(*results, strict=True):
        plain, fused = (np.asarray(tf.cast(value, tf.float32)) for value in (plain, fused))
        np.testing.assert_allclose(fused, plain, rtol=tolerance, atol=tolerance * np.abs(plain).max())


def test_training_networks_share_the_plain_ones_weights():
    plain, fused = (networks.build("dncnn", depth=4, features=4, normalization=kind) for kind in ("plain", "fused"))
    assert [w.path for w in plain.weights] == [w.path for w in fused.weights]
    assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), fused.get_weights(), strict=True))


def gradients(network, x, target):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(losses.pair_loss(target, network(x, training=True)))
    return [np.asarray(gradient) for gradient in tape.gradient(loss, network.trainable_variables)]


@pytest.mark.parametrize("parts", (2, 4))
def test_parts_of_a_batch(rng, parts):
    """Without normalisation the parts' gradients are those of the whole batch; normalised, each part by its own statistics."""
    x, target = rng.standard_normal((2, 8, 12, 12, 1)).astype(np.float32)
    # parts with means of their own, so that normalisation tells them apart
    x += np.repeat(np.arange(8, dtype=np.float32) // 2, 12 * 12).reshape(x.shape)
    differences = []
    for batch_norm in (False, True):
        network = networks.build("dncnn", depth=4, features=4, batch_norm=batch_norm)
        network.get_layer("conv4").set_weights([rng.standard_normal((3, 3, 4, 1))])
        split = microbatches.in_parts(network, parts)
        assert [w.path for w in split.weights] == [w.path for w in network.weights]
        whole, summed = (gradients(model, x, target) for model in (network, split))
        differences.append(max(np.abs(a - b).max() / np.abs(a).max() for a, b in zip(whole, summed, strict=True)))
        by_hand = np.concatenate([network(part, training=True) for part in np.split(x, parts)])
        np.testing.assert_allclose(split(x, training=True), by_hand, rtol=1e-4, atol=1e-4)
    assert differences[0] < 1e-4 and differences[1] > 1e-2


def test_one_part_is_the_network():
    network = networks.build("dncnn", depth=3, features=4)
    assert microbatches.in_parts(network, 1) is network
