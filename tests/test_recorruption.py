"""The theorem itself: identities, moments, the loss against the true error, and controls that must fail."""

import numpy as np
import pytest
from conftest import standard_errors

from r2r_tf import errors, recorruption

SIGMA, SIDE, DRAWS = 0.1, 8, 20_000
ALPHAS = (0.25, 0.5, 1.0, 3.0)


@pytest.fixture(scope="module")
def x():
    ramp = np.linspace(0.2, 0.8, SIDE)
    return (ramp[:, None] * ramp[None, ::-1] + 0.3 * (np.indices((SIDE, SIDE)).sum(0) % 2)).ravel()


@pytest.fixture(scope="module")
def blur():
    """A fixed linear denoiser f, as a matrix on flattened images: mean over the 3x3 neighbourhood, periodic."""
    basis = np.eye(SIDE * SIDE).reshape(-1, SIDE, SIDE)
    blurred = sum(np.roll(basis, shift, (1, 2)) for shift in np.ndindex(3, 3)) / 9
    return np.roll(blurred, (-1, -1), (1, 2)).reshape(SIDE * SIDE, -1)


def pairs(x, rng, alpha, model=recorruption.recorrupt, draws=DRAWS):
    """DRAWS independent (y_hat, y_tilde) of x, noise and recorruption redrawn."""
    y = x + SIGMA * rng.standard_normal((draws, x.size))
    return model(y, SIGMA * rng.standard_normal(y.shape), alpha)


def wrong_sigma(y, z, alpha):
    return recorruption.recorrupt(y, 1.2 * z, alpha)


def flipped_sign(y, z, alpha):
    return y + alpha * z, y + z / alpha


def correlated(y, z, alpha):
    return y + alpha * z, y - z / (2 * alpha)


WRONG = (wrong_sigma, flipped_sign, correlated)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_pair_recombines_to_the_noisy_image(rng, alpha):
    y, z = rng.standard_normal((2, 3, 5, 4, 1))
    y_hat, y_tilde = recorruption.recorrupt(y, z, alpha)
    np.testing.assert_allclose(y_hat + alpha**2 * y_tilde, (1 + alpha**2) * y, rtol=1e-12)


def moment_errors(x, rng, alpha, model):
    """Standard errors by which the residuals' variances and covariance miss the theory."""
    y_hat, y_tilde = pairs(x, rng, alpha, model, draws=4000)
    left, right = y_hat - x, y_tilde - x
    return (
        standard_errors(left.ravel() ** 2, SIGMA**2 * (1 + alpha**2)),
        standard_errors(right.ravel() ** 2, SIGMA**2 * (1 + 1 / alpha**2)),
        standard_errors((left * right).ravel(), 0.0),
    )


@pytest.mark.parametrize("alpha", ALPHAS)
def test_residual_moments(x, rng, alpha):
    assert max(moment_errors(x, rng, alpha, recorruption.recorrupt)) < 5


@pytest.mark.parametrize("model", WRONG)
def test_residual_moments_reject_wrong_recorruption(x, rng, model):
    assert max(moment_errors(x, rng, 0.5, model)) > 10


def theorem_error(x, blur, rng, alpha, model):
    """Standard errors by which the R2R loss misses the true error at y_hat plus the targets' noise variance."""
    y_hat, y_tilde = pairs(x, rng, alpha, model)
    x_hat = y_hat @ blur.T
    excess = ((x_hat - y_tilde) ** 2 - (x_hat - x) ** 2).mean(axis=1)
    return standard_errors(excess, recorruption.target_noise_variance(SIGMA**2, alpha))


@pytest.mark.parametrize("alpha", ALPHAS)
def test_loss_equals_true_error_plus_constant(x, blur, rng, alpha):
    assert theorem_error(x, blur, rng, alpha, recorruption.recorrupt) < 5


@pytest.mark.parametrize("model", WRONG)
def test_theorem_rejects_wrong_recorruption(x, blur, rng, model):
    assert theorem_error(x, blur, rng, 0.5, model) > 10


def test_loss_and_true_error_choose_the_same_denoiser(x, blur, rng):
    identity = np.eye(x.size)
    y_hat, y_tilde = pairs(x, rng, 0.5)
    strengths = np.linspace(0, 1, 11)
    estimates = [y_hat @ ((1 - s) * identity + s * blur).T for s in strengths]
    loss = [np.mean((x_hat - y_tilde) ** 2) for x_hat in estimates]
    true = [np.mean((x_hat - x) ** 2) for x_hat in estimates]
    assert np.argmin(loss) == np.argmin(true) not in (0, 10)
    # against the noisy image itself, without recorruption, doing nothing always looks best
    y = x + SIGMA * rng.standard_normal((DRAWS, x.size))
    assert np.argmin([np.mean((y @ ((1 - s) * identity + s * blur).T - y) ** 2) for s in strengths]) == 0


def shift_gradient(y_hat, y_tilde):
    """Gradient of the loss of f(y) = sum_k w_k shift_k(y) in its five weights, for each image of a batch [B, H, W]."""
    shifts = [y_hat] + [np.roll(y_hat, step, axis) for axis in (1, 2) for step in (1, -1)]
    weights = (0.4, 0.15, 0.15, 0.15, 0.15)
    residual = sum(w * s for w, s in zip(weights, shifts)) - y_tilde
    return np.stack([2 * np.mean(residual * s, axis=(1, 2)) for s in shifts], axis=-1)


@pytest.mark.parametrize("alpha", (0.25, 0.5, 1.0))
def test_antithetic_gradient_is_unbiased_and_less_noisy(x, rng, alpha):
    y = (x + SIGMA * rng.standard_normal(x.size)).reshape(SIDE, SIDE)
    z1, z2 = SIGMA * rng.standard_normal((2, DRAWS, SIDE, SIDE))
    first, second = (shift_gradient(*recorruption.recorrupt(y, z, alpha)) for z in (z1, z2))
    inputs, targets = recorruption.recorrupt_antithetic(y, z1, alpha)
    mirrored = np.mean([shift_gradient(*pair) for pair in zip(inputs, targets)], axis=0)
    independent = (first + second) / 2
    difference = mirrored - second
    assert all(standard_errors(difference[:, k], 0.0) < 5 for k in range(5))
    # given y, at least two times less variance than two independent draws
    assert mirrored.var(axis=0).sum() < 0.5 * independent.var(axis=0).sum()


def test_antithetic_holds_both_pairs(rng):
    y, z = rng.standard_normal((2, 3, 4, 4, 1))
    inputs, targets = recorruption.recorrupt_antithetic(y, z, 0.5)
    for sign, y_hat, y_tilde in zip((1, -1), inputs, targets):
        np.testing.assert_array_equal((y_hat, y_tilde), recorruption.recorrupt(y, sign * z, 0.5))


@pytest.mark.parametrize("alpha", (0.5, 2.0))
def test_general_form_with_scaled_identity_is_the_plain_one(rng, alpha):
    y, z = rng.standard_normal((2, 7, 6))
    a, b = recorruption.general_factors(SIGMA * np.eye(6), alpha * np.eye(6))
    np.testing.assert_allclose(
        recorruption.recorrupt_general(y, z, a, b), recorruption.recorrupt(y, SIGMA * z, alpha), rtol=1e-12
    )


def test_general_form_decorrelates_any_covariance(rng):
    size, draws = 4, 100_000
    root, d = rng.standard_normal((2, size, size))
    a, b = recorruption.general_factors(root, d)
    np.testing.assert_allclose(a @ b.T, root @ root.T, rtol=1e-9)
    n, z = rng.standard_normal((draws, size)) @ root.T, rng.standard_normal((draws, size))
    y_hat, y_tilde = recorruption.recorrupt_general(n, z, a, b)
    crossed = [y_hat[:, i] * y_tilde[:, j] for i in range(size) for j in range(size)]
    assert max(standard_errors(samples, 0.0) for samples in crossed) < 5
    # control: noise of another covariance
    y_hat, y_tilde = recorruption.recorrupt_general(rng.standard_normal((draws, size)), z, a, b)
    crossed = [y_hat[:, i] * y_tilde[:, j] for i in range(size) for j in range(size)]
    assert max(standard_errors(samples, 0.0) for samples in crossed) > 10


@pytest.mark.parametrize("alpha", (0, -0.5, float("nan"), float("inf"), None))
def test_alpha_out_of_range(alpha):
    with pytest.raises(errors.InputError, match=r"Received: alpha="):
        recorruption.recorrupt(0.0, 0.0, alpha)


def test_singular_d():
    with pytest.raises(ValueError, match="singular"):
        recorruption.general_factors(np.eye(2), np.ones((2, 2)))
