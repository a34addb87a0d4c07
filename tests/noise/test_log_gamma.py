"""Expectations over Gamma speckle against the closed forms."""

import numpy as np
import pytest
import scipy.stats

from r2r_tf.noise import log_gamma

LOOKS = [0.5, 1, 4, 20, 100]
MEANS = np.array([0.05, 0.3, 2.0, 1e3])


def moments(mean, looks, floor=1e-12):
    """Expectation and variance of the stabilised value of mean G, G ~ Gamma(L) / L, by quantiles of G."""
    part = (np.arange(100_000) + 0.5) / 100_000
    t = log_gamma.stabilised(mean * scipy.stats.gamma.ppf(part, looks) / looks, looks, floor)
    return t.mean(), t.var()


@pytest.mark.parametrize("looks", LOOKS)
@pytest.mark.parametrize("mean", MEANS)
def test_noise_has_unit_variance_whatever_the_mean(mean, looks):
    assert moments(mean, looks)[1] == pytest.approx(1, abs=0.002)


@pytest.mark.parametrize("looks", LOOKS)
@pytest.mark.parametrize("mean", MEANS)
def test_inverse_brings_the_mean_back(mean, looks):
    assert log_gamma.unstabilised(moments(mean, looks)[0], looks, 1e-12) == pytest.approx(mean, rel=1e-3)


@pytest.mark.parametrize("looks", [1, 4, 20])
def test_the_plain_inverse_does_not(looks):
    """Negative control: it is too low by about 1 / (2 L)."""
    plain = np.exp(moments(0.3, looks)[0] * np.sqrt(scipy.special.polygamma(1, looks)))
    assert plain < 0.3 * (1 - 0.4 / looks)


@pytest.mark.parametrize("looks", [4, 20, 100])
def test_a_floor_takes_noise_from_the_dark_alone(looks):
    """Its noise never grows, and the mean is off by a small part of the floor."""
    floor = 0.03
    for mean in (0.0, 0.01, 0.1, 1.0):
        expectation, variance = moments(mean, looks, floor)
        assert variance <= 1.002 and (mean < 1 or variance > 0.9)
        assert abs(log_gamma.unstabilised(expectation, looks, floor) - mean) < 1.3 * floor / looks


def test_units_do_not_matter():
    y = np.linspace(0, 2, 11)
    shift = np.log(7) / np.sqrt(scipy.special.polygamma(1, 5))
    t = log_gamma.stabilised(y, 5, 0.03)
    np.testing.assert_allclose(log_gamma.stabilised(7 * y, 5, 0.21), t + shift)
    np.testing.assert_allclose(log_gamma.unstabilised(t + shift, 5, 0.21), 7 * log_gamma.unstabilised(t, 5, 0.03))
