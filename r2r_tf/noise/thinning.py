"""Recorruption by thinning: a draw splits what was counted into an input and a target whose noises are independent.

With a = alpha^2 / (1 + alpha^2), (1 - a) y_hat + a y_tilde = y, and y_hat has noise of y's own family:

| family | y | y_hat | y_tilde | variance of y |
|---|---|---|---|---|
| poisson | g p, p ~ P(x / g) | g (p - w) / (1 - a), w ~ Bin(p, a) | g w / a | g x |
| gamma | x m, m ~ Gamma(L) / L | y (1 - w) / (1 - a), w ~ Beta(L a, L (1 - a)) | y w / a | x^2 / L |
| binomial | p / l, p ~ Bin(l, x) | (p - w) / (l (1 - a)), w ~ Hypergeometric(l, l a, p) | w / (l a) | x (1 - x) / l |

The loss on pairs exceeds the true squared error at y_hat by the variance of y_tilde, that of y over a.
Source: Monroy, Bacca and Tachella, "Generalized Recorrupted-to-Recorrupted", CVPR 2025, whose alpha is our a.
"""

import dataclasses

import numpy as np
import scipy.ndimage

from r2r_tf.errors import InputError

PILOT_WIDTH, PILOT_RADIUS = 2.0, 8  # of the smoothed image that tells each pixel's level
OWN_WEIGHT = 1 / np.square(np.exp(-np.square(np.arange(-PILOT_RADIUS, PILOT_RADIUS + 1) / PILOT_WIDTH) / 2).sum())  # of the pixel
_LEAST = 0.05  # of the mean brightness: what darker pixels are taken for


class OfOneStrength:
    """What the `noise.NoiseModel` of counted things has in common: any strength is one of its family, and it is that of all."""

    levels, white, estimator, reach = "map", False, None, PILOT_RADIUS
    polynomial = None

    def draw(self, u):
        """Itself."""
        del u
        return self

    def inside(self, sigma):
        """sigma itself."""
        return sigma


class OfImage:
    """What the `noise.ImageNoise` of counted things has in common; its level follows a map `brightness` [..., H, W, 1]."""

    def target_variance(self, alpha):
        """`mean_variance` over a."""
        return self.mean_variance() / share(alpha)

    def crop(self, rows, columns):
        """The noise of a part of the image."""
        return dataclasses.replace(self, brightness=self.brightness[rows, columns])


def share(alpha):
    """a, the part that goes to the target."""
    return alpha**2 / (1.0 + alpha**2)


def pair(y, taken, alpha):
    """(y_hat, y_tilde) from y and the part of it, in y's units, that is taken for the target."""
    a = share(alpha)
    return (y - taken) / (1.0 - a), taken / a


def brightness(y):
    """The mean over channels that a pixel's level follows, [H, W, 1] float32, smoothed and clearly above 0."""
    gray = np.asarray(y, np.float32).mean(axis=-1, keepdims=True)
    smooth = scipy.ndimage.gaussian_filter(gray, (PILOT_WIDTH, PILOT_WIDTH, 0), radius=PILOT_RADIUS)
    return np.maximum(smooth, _LEAST * max(float(gray.mean()), 1e-6))


def parameter(parameters, names, family, example, zero=False):
    """The one parameter of a flag as (name, low, high), above 0, or not below it with `zero`; low is high unless it is a range.

    Raises:
      InputError: another parameter, or no positive number; the message ends "Received: ...".
    """
    (name, text), *more = [*parameters.items(), ("", "")]
    least = 0.0 if zero else np.nextafter(0.0, 1.0)
    low, dash, high = text.partition("-")
    try:
        values = float(low), float(high if dash else low)
    except ValueError:
        values = np.nan, np.nan
    if len(more) != 1 or name not in names or not least <= values[0] <= values[1] < np.inf:
        given = ",".join(f"{key}={value}" for key, value in parameters.items())
        raise InputError(f"{family} noise has {' or '.join(names)}, above 0, such as {example}. Received: {family},{given}")
    return name, *values
