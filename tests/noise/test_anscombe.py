"""Exact expectations over Poisson counts and Gaussian read noise against the closed forms."""

import numpy as np
import pytest
import scipy.stats

from r2r_tf.noise import anscombe

GAIN, OFFSET = 2.5, 100.0


def moments(mean, read_noise):
    """Expectation and variance of the stabilised value of gain p + offset + read noise, p of a mean of counts; exact."""
    counts = np.arange(0, 400)
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    weight = scipy.stats.poisson.pmf(counts, mean)[:, None] * weights / weights.sum()
    y = GAIN * (counts[:, None] + read_noise * nodes) + OFFSET
    t = anscombe.stabilised(y, GAIN, (GAIN * read_noise) ** 2 - GAIN * OFFSET)
    expectation = (weight * t).sum()
    return expectation, (weight * np.square(t - expectation)).sum()


@pytest.mark.parametrize("read_noise", [0, 1, 2, 5])
@pytest.mark.parametrize("mean", [4, 10, 30, 100])
def test_noise_has_unit_variance(mean, read_noise):
    assert moments(mean, read_noise)[1] == pytest.approx(1, abs=0.08)


def error_of(inverse, mean, read_noise):
    """How far the inverse of the expectation is from the mean, in standard deviations of the noise."""
    constant = (GAIN * read_noise) ** 2 - GAIN * OFFSET
    found = inverse(moments(mean, read_noise)[0], GAIN, constant)
    return abs(found - OFFSET - GAIN * mean) / (GAIN * np.sqrt(mean + read_noise**2) or GAIN)


@pytest.mark.parametrize(("read_noise", "most"), [(0, 0.006), (0.5, 0.085), (1, 0.04), (2, 0.02), (5, 0.01)])
@pytest.mark.parametrize("mean", [0.0, 0.1, 0.5, 1, 2, 4, 10, 30, 100])
def test_inverse_brings_the_mean_back(mean, read_noise, most):
    assert error_of(anscombe.unstabilised, mean, read_noise) <= most


def test_the_plain_inverse_does_not():
    """Negative control."""

    def plain(t, gain, constant):
        return ((gain * t / 2) ** 2 - 0.375 * gain**2 - constant) / gain

    assert all(error_of(plain, mean, 0) > 0.04 for mean in (1, 4, 10, 30))


def test_units_do_not_matter():
    """y in other units, with the law in those, is the same t."""
    y = np.linspace(100, 200, 11)
    here = anscombe.stabilised(y, GAIN, -GAIN * OFFSET)
    np.testing.assert_allclose(anscombe.stabilised(3 * y, 3 * GAIN, -9 * GAIN * OFFSET), here, rtol=1e-12)
    np.testing.assert_allclose(
        anscombe.unstabilised(here, 3 * GAIN, -9 * GAIN * OFFSET) / 3, anscombe.unstabilised(here, GAIN, -250)
    )
