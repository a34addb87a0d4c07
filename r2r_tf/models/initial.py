"""Initial weights: a seed for each layer, and a last layer that is near zero."""

import keras
import numpy as np

LAST_LAYER_STDDEV = 1e-3


def layer_seed(seed, index):
    """The seed of one layer's weights: neither layers nor networks of neighbouring seeds share their draws."""
    return int(np.random.SeedSequence([seed, index]).generate_state(1)[0])


def last_layer(near_zero, seed):
    """The initializer of a residual network's last layer: near zero, so that training starts at the identity, or as others."""
    if near_zero:
        return keras.initializers.RandomNormal(stddev=LAST_LAYER_STDDEV, seed=seed)
    return keras.initializers.HeNormal(seed=seed)
