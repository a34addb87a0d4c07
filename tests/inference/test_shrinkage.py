"""Stein's weights: they minimise the true error of a denoiser whose divergence is known."""

import numpy as np
import pytest
from scipy import ndimage

from r2r_tf.inference import shrinkage

SIGMA, SIDE = 0.1, 256


def case(strength, seed=0):
    """A blur of that strength as the denoiser of a picture of waves; (x, y, correction, change, probe)."""
    rng = np.random.default_rng(seed)
    waves = np.sin(np.arange(SIDE) / 3.0)
    x = 0.5 + 0.2 * np.outer(waves, waves)[..., None]
    y = x + SIGMA * rng.standard_normal(x.shape)

    def f(image):
        return ndimage.gaussian_filter(image, (strength, strength, 0), mode="wrap")

    probe = rng.standard_normal(x.shape)
    return x, y, f(y) - y, f(y + shrinkage.PROBE * SIGMA * probe) - f(y), probe


@pytest.mark.parametrize("strength", [0.5, 1.0, 2.0])
def test_weights_are_those_of_the_least_error(strength):
    x, y, correction, change, probe = case(strength)
    w = shrinkage.weights(correction, change, probe, SIGMA)
    # the best single weight, with the truth at hand
    best = np.sum((x - y) * correction) / np.sum(correction**2)
    assert w.mean() == pytest.approx(np.clip(best, 0, 1), abs=0.05)
    errors = [np.mean((y + own * correction - x) ** 2) for own in (w, 0.0, 1.0)]
    assert errors[0] < min(errors[1:]) * 1.02


def test_a_level_that_is_wrong_gives_other_weights():
    _, _, correction, change, probe = case(1.0)
    right, half = (shrinkage.weights(correction, change * factor, probe, factor * SIGMA).mean() for factor in (1.0, 0.5))
    assert half < right - 0.2
