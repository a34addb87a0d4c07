"""Networks made ready for use: normalisation folded into convolutions is the same function; what must not be folded is not."""

import keras
import numpy as np
import pytest

from r2r_tf.models import folding, networks


def randomized(network, rng):
    """The network with statistics, gains and offsets far from their start."""
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    return network


def kinds(network):
    return [type(layer).__name__ for layer in network.layers]


def chain(*layers):
    inputs = x = keras.Input((None, None, 1))
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, x)


@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False}])
@pytest.mark.parametrize("bias", (True, False))
def test_folding_is_exact(rng, options, bias):
    layers = keras.layers
    network = chain(
        layers.Conv2D(8, 3, padding="same", use_bias=bias, bias_initializer="random_normal"),
        layers.BatchNormalization(**options),
        layers.ReLU(),
        layers.Conv2D(1, 3, padding="same"),
    )
    x = rng.random((2, 16, 16, 1)).astype(np.float32)
    folded = folding.folded(randomized(network, rng))
    assert kinds(folded) == ["InputLayer", "Conv2D", "ReLU", "Conv2D"]
    np.testing.assert_allclose(folded(x), network(x), atol=1e-5)


def test_shipped_network_kind(rng):
    network = randomized(networks.build("dncnn", depth=6, features=16, near_zero_start=False), rng)
    x = rng.random((1, 24, 24, 1)).astype(np.float32)
    folded = folding.folded(network)
    assert "BatchNormalization" in kinds(network) and "BatchNormalization" not in kinds(folded)
    np.testing.assert_allclose(folded(x), network(x), atol=1e-5)
    # control: at its start the network is another function
    assert np.abs(networks.build("dncnn", depth=6, features=16, near_zero_start=False)(x) - network(x)).max() > 0.1


def test_what_does_not_fold_stays(rng):
    """A normalisation after a nonlinearity, and a convolution that is also used elsewhere."""
    layers = keras.layers
    after_relu = chain(layers.Conv2D(4, 3, padding="same", activation="relu"), layers.BatchNormalization())
    inputs = keras.Input((None, None, 1))
    convolved = layers.Conv2D(4, 3, padding="same")(inputs)
    used_twice = keras.Model(inputs, layers.Add()([layers.BatchNormalization()(convolved), convolved]))
    shared = layers.Conv2D(1, 3, padding="same")
    applied_twice = keras.Model(inputs, layers.BatchNormalization()(shared(shared(inputs))))
    for network in (after_relu, used_twice, applied_twice, networks.build("unet", features=8)):
        assert folding.folded(network) is network
    sequential = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(1, 3), layers.BatchNormalization()])
    assert folding.folded(sequential, "bfloat16") is sequential


@pytest.mark.parametrize("name, options", [("dncnn", {"depth": 5}), ("unet", {"blocks": 1}), ("cnn5", {})])
def test_bfloat16_is_near(rng, name, options):
    network = randomized(networks.build(name, **options), rng)
    x = rng.random((1, 16, 16, network.input_shape[-1])).astype(np.float32)
    low = folding.folded(network, "bfloat16")
    policies = {layer.dtype_policy.name for layer in low.layers if isinstance(layer, keras.layers.Conv2D)}
    assert policies == {"mixed_bfloat16", "float32"} and keras.backend.standardize_dtype(low(x).dtype) == "float32"
    difference = np.abs(low(x) - network(x)).max()
    assert 0 < difference < 0.02
