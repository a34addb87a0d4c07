"""Noise of things that are counted, and its exact recorruption by thinning: Poisson, Gamma and Binomial.

With a = alpha^2 / (1 + alpha^2) a draw splits y into y_hat and y_tilde, (1 - a) y_hat + a y_tilde = y, whose noises are
independent given the clean image x, and y_hat has noise of y's own family:

| family | y | y_hat | y_tilde | variance of y |
|---|---|---|---|---|
| poisson | g p, p ~ P(x / g) | g (p - w) / (1 - a), w ~ Bin(p, a) | g w / a | g x |
| gamma | x m, m ~ Gamma(L) / L | y (1 - w) / (1 - a), w ~ Beta(L a, L (1 - a)) | y w / a | x^2 / L |
| binomial | p / l, p ~ Bin(l, x) | (p - w) / (l (1 - a)), w ~ Hypergeometric(l, l a, p) | w / (l a) | x (1 - x) / l |

Source: Monroy, Bacca and Tachella, "Generalized Recorrupted-to-Recorrupted", CVPR 2025, whose alpha is our a.
"""

import dataclasses

import numpy as np

from r2r_tf import recorruption
from r2r_tf.errors import InputError

_PILOT_WIDTH, _PILOT_RADIUS = 2.0, 8  # of the smoothed image that tells each pixel's level
_LEAST = 0.05  # of the mean brightness: what darker pixels are taken for


def share(alpha):
    """a = alpha^2 / (1 + alpha^2), the part of the counts that goes to the target."""
    return alpha**2 / (1.0 + alpha**2)
