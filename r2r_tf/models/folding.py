"""A trained network in the form that is fastest to apply: normalisation folded into convolutions, bfloat16 if wanted."""

import keras
import numpy as np


def folded(network, precision="float32"):
    """The same function of fewer operations, for inference only.

    There, batch normalisation is g (x - m) + b with g = gamma / sqrt(variance + epsilon); after a convolution with kernel k and
    bias c that is a convolution with kernel g k and bias g (c - m) + b.

    Args:
      network: `keras.Model`; one that is not functional is left as it is. Networks in it are folded on their own.
      precision: 'float32', or 'bfloat16' for all layers before the last convolution.
    Returns:
      `keras.Model`; the network itself if there is nothing to do.
    """
    if not hasattr(network, "operations") or isinstance(network, keras.Sequential):
        return network
    inner = {layer: folded(layer, precision) for layer in network.layers if isinstance(layer, keras.Model)}
    pairs = {} if inner else _normalized_convolutions(network)
    low = _before_last_convolution(network) if precision == "bfloat16" and not inner else set()
    if not (pairs or low or any(own is not layer for layer, own in inner.items())):
        return network

    def clone(layer):
        if layer in inner:
            return inner[layer]
        config = layer.get_config()
        if layer.name in low:
            config["dtype"] = "mixed_bfloat16"
        return layer.__class__.from_config({**config, "use_bias": True} if layer in pairs else config)

    def call(layer, *args, **kwargs):
        return args[0] if layer.name in folded_away else layer(*args, **kwargs)

    folded_away = {norm.name for norm in pairs.values()}
    result = keras.models.clone_model(network, clone_function=clone, call_function=call)
    for layer in network.layers:
        if layer in pairs:
            result.get_layer(layer.name).set_weights(_folded_weights(layer, pairs[layer]))
        elif layer.weights and layer not in inner and layer.name not in folded_away:
            result.get_layer(layer.name).set_weights(layer.get_weights())
    return result


def _normalized_convolutions(network):
    """Dict from each convolution whose output goes to a normalisation alone, to that layer."""
    try:
        consumers = [(operation, keras.tree.flatten(operation.input)) for operation in network.operations]
        pairs = {}
        for convolution in network.layers:
            users = [operation for operation, inputs in consumers if any(tensor is convolution.output for tensor in inputs)]
            if _folds(convolution, users) and all(convolution.output is not tensor for tensor in network.outputs):
                pairs[convolution] = users[0]
        return pairs
    except (AttributeError, ValueError):  # not functional, or a layer that is used twice
        return {}


def _folds(layer, users):
    return (
        isinstance(layer, keras.layers.Conv2D)
        and layer.activation is keras.activations.linear
        and layer.data_format == "channels_last"
        and [type(user) for user in users] == [keras.layers.BatchNormalization]
        and users[0].axis in (-1, 3)
    )


def _folded_weights(convolution, norm):
    kernel, *bias = (np.asarray(weight, np.float64) for weight in convolution.get_weights())
    zeros = np.zeros(kernel.shape[-1])
    gain = (np.asarray(norm.gamma, np.float64) if norm.scale else 1.0) / np.sqrt(
        np.asarray(norm.moving_variance, np.float64) + norm.epsilon
    )
    offset = np.asarray(norm.beta, np.float64) if norm.center else zeros
    return [kernel * gain, (sum(bias, zeros) - np.asarray(norm.moving_mean, np.float64)) * gain + offset]


def _before_last_convolution(network):
    names = [layer.name for layer in network.layers if not isinstance(layer, keras.layers.InputLayer)]
    last = max((names.index(layer.name) for layer in network.layers if isinstance(layer, keras.layers.Conv2D)), default=0)
    return set(names[:last])
