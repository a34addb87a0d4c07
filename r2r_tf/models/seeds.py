"""Seeds of initial weights."""

import numpy as np


def layer_seed(seed, index):
    """The seed of one layer's weights: neither layers nor networks of neighbouring seeds share their draws."""
    return int(np.random.SeedSequence([seed, index]).generate_state(1)[0])
