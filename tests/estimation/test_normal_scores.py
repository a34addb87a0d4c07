"""Noise made Gaussian by ranks: what recorruption needs of it holds, and does not hold of the noise as it was."""

import numpy as np
import pytest

from r2r_tf.estimation import normal_scores
from r2r_tf.noise import anscombe

ALPHA = 0.5


def stabilised_counts(rng, few=0.3, many=3.0, size=400_000):
    """(values, what they are the means of, what is known of these), of counts that are stabilised, as arrays."""
    means = rng.uniform(few, many, size)
    values = anscombe.stabilised(rng.poisson(means), 1.0, 0.0)
    counts = np.arange(60)[None]
    grid = np.linspace(0.0, many + 1, 400)
    table = np.exp(-grid[:, None]) * np.cumprod(
        np.concatenate([np.ones((400, 1)), grid[:, None] / counts[:, 1:]], axis=1), axis=1
    )
    expected = np.interp(means, grid, table @ anscombe.stabilised(counts[0], 1.0, 0.0))
    return values, expected


def skewness(residuals):
    """Third standardised moment, in its standard errors."""
    r = residuals - residuals.mean()
    return np.mean(r**3) / np.mean(r**2) ** 1.5 / np.sqrt(6 / r.size)


def test_scores_are_gaussian_of_known_variance(rng):
    values, expected = stabilised_counts(rng, few=0.2, many=0.6)
    own, sigma = (part[0] for part in normal_scores.gaussian([values], [expected], [np.zeros_like(values)]))
    assert abs(skewness(values - expected)) > 20 and abs(skewness((own - expected) / sigma)) < 3
    for few in (expected < np.median(expected), expected > np.median(expected)):
        before, after = (values - expected)[few], (own - expected)[few]
        assert np.mean(after) == pytest.approx(np.mean(before), abs=4 * before.std() / np.sqrt(before.size))
        assert np.var(after) == pytest.approx(np.mean(np.square(sigma[few])), rel=0.01)
        assert np.var(before) < np.var(after) < 2 * np.var(before)


def third_moment(noise, sigma, rng):
    """E[t u^2] of recorrupted noise, in its standard errors: 0 where input and target are independent."""
    z = sigma * rng.standard_normal(noise.shape)
    product = (noise - z / ALPHA) * np.square(noise + ALPHA * z)
    return product.mean() / (product.std() / np.sqrt(product.size))


def test_input_and_target_are_independent(rng):
    values, expected = stabilised_counts(rng, few=0.2, many=0.6)
    own, sigma = (part[0] for part in normal_scores.gaussian([values], [expected], [np.zeros_like(values)]))
    assert abs(third_moment(own - expected, sigma, rng)) < 4
    assert abs(third_moment(values - expected, np.std(values - expected), rng)) > 10


def test_a_wrong_mean_does_not_pull(rng):
    """Counts of mean 0.55 and of 0.45 that are both taken for 0.5 stay as far apart; plain scores pull them together."""
    values = [anscombe.stabilised(rng.poisson(mean, 400_000), 1.0, 0.0) for mean in (0.45, 0.55)]
    taken = [np.full(400_000, np.mean(values))] * 2
    own, _ = normal_scores.gaussian(values, taken, [np.zeros(400_000)] * 2)
    before, after = (np.mean(part[1]) - np.mean(part[0]) for part in (values, own))
    error = np.sqrt(2 / 400_000)
    assert after == pytest.approx(before, abs=4 * error)
    scores = (np.concatenate(own) - np.mean(own)) / np.std(own)
    assert np.std(values) * (scores[400_000:].mean() - scores[:400_000].mean()) < before - 2 * error


def test_the_part_that_an_estimate_takes_is_given_back(rng):
    """For x ~ N(m, s^2) the estimate m + c (y - m), c = s^2 / (s^2 + 1), is the mean of x given y: Tweedie's formula is exact."""
    known = rng.uniform(0, 100, (2, 300_000))
    y = known + 0.5 * rng.standard_normal(known.shape) + rng.standard_normal(known.shape)
    own = 0.25 / 1.25
    estimate = known + own * (y - known)
    values, sigma = normal_scores.gaussian(list(y), list(estimate), [np.full(300_000, own)] * 2)
    assert np.mean(np.square(sigma)) == pytest.approx(1.0, rel=0.01)
    _, without = normal_scores.gaussian(list(y), list(estimate), [np.zeros(300_000)] * 2)
    assert np.mean(np.square(without)) < 0.85
    assert np.shape(values) == y.shape
