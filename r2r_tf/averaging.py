"""Exponential moving averages of the weights: the optimizer keeps them, these functions put them into the network."""

import contextlib

import keras


@contextlib.contextmanager
def averaged_weights(model):
    """Inside the block the network has its averaged weights, if its optimizer keeps any; afterwards its own again, unchanged.

    Keras's `SwapEMAWeights` swaps by additions, which leaves rounding errors in the weights.
    """
    if not model.optimizer.use_ema:
        yield
        return
    own = [keras.ops.convert_to_numpy(weight) for weight in model.trainable_variables]
    model.optimizer.finalize_variable_values(model.trainable_variables)
    try:
        yield
    finally:
        for weight, value in zip(model.trainable_variables, own, strict=True):
            weight.assign(value)


class ValidateAverage(keras.callbacks.Callback):
    """Validates with the averaged weights."""

    def on_test_begin(self, logs=None):
        self._context = averaged_weights(self.model)
        self._context.__enter__()

    def on_test_end(self, logs=None):
        self._context.__exit__(None, None, None)
