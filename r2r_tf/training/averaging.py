"""Exponential moving averages of the weights: the optimizer keeps them, these functions make a network of them.

Batch normalisation needs more than the averaged weights. Its moving statistics follow the training weights, and the averaged
ones see other activations: DnCNN at 23.0 dB scored 15.9 dB with averaged weights (momentum 0.999) and the statistics of its
own, and 23.3 dB with statistics that were measured anew.
"""

import contextlib

import keras


def settle(plain, network, calibration):
    """Gives `plain` the weights that a run stands for: the averaged ones with statistics of their own, or, without averages, all.

    Args:
      plain: `keras.Model` of the same layers, without shared statistics.
      network: the compiled network in training; left unchanged.
      calibration: iterable of (inputs, targets) training batches.
    """
    own = network.get_weights()
    if not network.optimizer.use_ema:
        plain.set_weights(own)
        return
    # Keras's `SwapEMAWeights` swaps by additions, which leaves rounding errors in the weights
    network.optimizer.finalize_variable_values(network.trainable_variables)
    plain.set_weights(network.get_weights())
    network.set_weights(own)
    measure_statistics(plain, (inputs for inputs, _ in calibration))


def measure_statistics(network, batches):
    """Sets the moving statistics of every batch normalisation to their means over the given batches [B, H, W, C]."""
    layers = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    for count, inputs in enumerate(batches):
        for layer in layers:
            layer.momentum = count / (count + 1)  # a cumulative mean
        network(inputs, training=True)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum


@contextlib.contextmanager
def settled(plain, network, calibration):
    """Inside the block the network has the weights of `settle`; afterwards its own again, bit for bit."""
    own = network.get_weights()
    settle(plain, network, calibration)
    network.set_weights(plain.get_weights())
    try:
        yield
    finally:
        network.set_weights(own)


class ValidateSettled(keras.callbacks.Callback):
    """Validates with the weights that the run would leave if it ended now. Last in the list: it restores the training weights."""

    def __init__(self, plain, calibration):
        super().__init__()
        self._plain, self._calibration = plain, calibration

    def on_test_begin(self, logs=None):
        self._context = settled(self._plain, self.model, self._calibration)
        self._context.__enter__()

    def on_test_end(self, logs=None):
        self._context.__exit__(None, None, None)
