"""Correlated noise whose level depends on brightness: moments, the theorem for it, and what white recorruption would do."""

import dataclasses

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from conftest import standard_errors

from r2r_tf import noise, recorruption
from r2r_tf.noise import camera

SIDE, DRAWS, SIGMA = 10, 20_000, 0.1


@pytest.fixture(scope="module")
def kernel():
    """[3, 3, 2, 2], asymmetric."""
    taps = np.random.default_rng(0).uniform(0, 1, (3, 3, 2, 2)).astype(np.float32)
    return taps / np.sqrt(np.square(taps).sum(axis=(0, 1, 2)))


@pytest.fixture(scope="module")
def model(kernel):
    """Level differs from pixel to pixel and channel to channel."""
    sigma = SIGMA * np.random.default_rng(1).uniform(0.5, 1.5, (SIDE, SIDE, 2)).astype(np.float32)
    return camera.Correlated(sigma, kernel)


def draws(rng, model, count=DRAWS):
    return model.from_normal(rng.standard_normal((count, SIDE + model.margin, SIDE + model.margin, 2), np.float32))


def test_filter_is_a_convolution(rng, kernel):
    z = rng.standard_normal((2, 9, 12, 2))
    by_hand = np.stack(
        [
            [sum(scipy.signal.convolve2d(image[..., d], kernel[:, :, d, c], "valid") for d in range(2)) for c in range(2)]
            for image in z
        ]
    )
    np.testing.assert_allclose(camera.filtered(z, kernel), np.moveaxis(by_hand, 1, -1), atol=1e-6)


def test_moments(rng, model):
    """Each pixel's variance, and the covariance of neighbours across channels, are those of S S^T."""
    n = draws(rng, model)
    assert np.max(np.abs(np.square(n).mean(0) - model.sigma**2) / (model.sigma**2 * np.sqrt(2 / DRAWS))) < 5
    assert standard_errors(np.square(n).mean(axis=(1, 2, 3)), model.mean_variance()) < 5
    k = model.kernel.astype(np.float64)
    # channel 0 here with channel 1 one column to the right: kernel taps that meet the same draw
    expected = np.sum(k[:, :-1, :, 0] * k[:, 1:, :, 1]) * model.sigma[4, 4, 0] * model.sigma[4, 5, 1]
    assert standard_errors(n[:, 4, 4, 0] * n[:, 4, 5, 1], expected) < 5
    assert standard_errors(n[:, 4, 4, 0] * n[:, 4, 5, 1], 0.0) > 10


def blurred(images):
    return scipy.ndimage.uniform_filter(images, (0, 3, 3, 0))


def theorem_error(rng, model, drawn, alpha):
    """Standard errors by which the R2R loss misses the true error plus the targets' noise variance."""
    x = np.linspace(0.2, 0.8, SIDE, dtype=np.float32)[:, None, None] * np.ones((SIDE, SIDE, 2), np.float32)
    y_hat, y_tilde = recorruption.recorrupt(x + draws(rng, model), draws(rng, drawn), alpha)
    x_hat = blurred(y_hat)
    excess = (np.square(x_hat - y_tilde) - np.square(x_hat - x)).mean(axis=(1, 2, 3))
    return standard_errors(excess, model.target_variance(alpha))


@pytest.mark.parametrize("alpha", (0.5, 1.0, 20.0))
def test_theorem_holds_for_correlated_noise(rng, model, alpha):
    assert theorem_error(rng, model, model, alpha) < 5


@pytest.mark.slow
def test_white_recorruption_of_correlated_noise_fails(rng, model):
    alone = np.zeros((1, 1, 2, 2), np.float32)
    alone[0, 0] = np.eye(2)
    assert theorem_error(rng, model, camera.Correlated(model.sigma, alone), 0.5) > 10
    # nor is one level for all pixels, of the same mean variance, enough
    level = np.float32(model.mean_variance() ** 0.5)
    y = draws(rng, model)
    left, right = recorruption.recorrupt(y, draws(rng, camera.Correlated(level, model.kernel)), 0.5)
    place = np.unravel_index(np.argmax(model.sigma), model.sigma.shape)
    assert standard_errors(left[:, *place] * right[:, *place], 0.0) > 10


@pytest.mark.parametrize("alpha", (0.5, 1.0, 2.0))
@pytest.mark.parametrize("weight", (1.0, 0.06))
def test_level_that_depends_on_the_noise(rng, alpha, weight):
    """The remaining dependence of the pair is the one that `of_image` tells."""
    count, s, slope = 4_000_000, 1.0, 0.05
    n, z, other = rng.standard_normal((3, count))
    sigma = s + slope * (weight * n + 0.1 * other)
    u, t = n + alpha * sigma * z, n - sigma * z / alpha
    # z and -z at once: half the noise of the mean
    assert standard_errors(u * t, 0.0) < 5
    predicted = 2 * slope * weight * s**3 * (alpha**2 - 2)
    tolerance = 0.3 * slope * weight  # second order
    error = np.std(t * u**2) / np.sqrt(count)
    assert abs(np.mean(t * u**2) - predicted) < 5 * error + tolerance
    assert 5 * error < 0.3 * abs(2 * slope * s**3 * (alpha**2 - 2))


def test_level_follows_the_smoothed_image(rng, kernel):
    knots, sigma = np.array([0.0, 1.0]), np.array([[0.01, 0.02], [0.03, 0.02]])
    model = camera.CameraNoise(knots, sigma, kernel)
    x = np.full((64, 128, 2), 0.25, np.float32)
    x[:, 64:] = 0.75
    own = model.at(x + 0.02 * rng.standard_normal(x.shape).astype(np.float32))
    np.testing.assert_allclose(own.sigma[:, :40, 0], 0.015, rtol=0.03)
    np.testing.assert_allclose(own.sigma[:, 90:, 0], 0.025, rtol=0.03)
    np.testing.assert_allclose(own.sigma[..., 1], 0.02, rtol=1e-6)
    assert own.kernel is kernel and model.at(x).scaled(2.0).sigma[0, 0, 0] == pytest.approx(0.03)


def test_stored_form_comes_back(kernel):
    model = camera.CameraNoise(np.array([0.1, 0.9]), np.array([[0.01, 0.02], [0.03, 0.02]]), kernel)
    back = noise.from_json(model.to_json())
    assert type(back) is camera.CameraNoise
    for field in dataclasses.fields(model):
        np.testing.assert_allclose(getattr(back, field.name), getattr(model, field.name), atol=1e-6)
