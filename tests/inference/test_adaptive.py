"""Adaptive averaging: the standard error is true, draws stop when it is small enough, and they are those of `denoise`."""

import csv

import keras
import numpy as np
import pytest

import r2r_tf
from r2r_tf import noise
from r2r_tf.data import test_sets
from r2r_tf.evaluation import files as evaluation_files
from r2r_tf.evaluation import scores
from r2r_tf.inference import adaptive, passes
from r2r_tf.models import denoisers

SIGMA = 0.1


@pytest.fixture(scope="module")
def squares():
    """y + y^2: a pair's mean is that plus alpha^2 z^2, whose variance is known."""
    inputs = keras.Input((None, None, 1))
    network = keras.Model(inputs, keras.layers.Add()([inputs, keras.layers.Multiply()([inputs, inputs])]))
    return denoisers.Denoiser(network, 1.0, noise.Gaussian(SIGMA))


def test_standard_error_is_true(squares, rng):
    """Var(alpha^2 sigma^2 z^2) = 2 alpha^4 sigma^4, and n pairs have an n-th of it."""
    y, pairs = rng.random((100, 100, 1)).astype(np.float32), 8
    average = passes.Average(1.0, 2 * pairs)
    mean, error, draws = adaptive.estimate(squares, y, squares.noise, average, target_se=1e-9)
    assert draws == 2 * pairs
    assert error == pytest.approx((2 / pairs) ** 0.5 * SIGMA**2, rel=0.05)
    assert np.std(mean - (y + y**2)) == pytest.approx(error, rel=0.05)
    np.testing.assert_allclose(mean, r2r_tf.denoise(y, squares, num_recorruptions=2 * pairs, orientations=1), atol=1e-5)


def test_draws_stop_when_the_error_is_small_enough(squares, rng):
    y = rng.random((3, 60, 60, 1)).astype(np.float32)
    for pairs in (2, 5, 20):
        target = (2 / (pairs - 0.5)) ** 0.5 * SIGMA**2
        x_hat, errors, draws = r2r_tf.denoise_to_precision(y, target, squares)
        assert all(abs(count - 2 * pairs) <= 2 for count in draws) and max(errors) <= target and len(draws) == 3
        assert np.sqrt(np.mean((x_hat - (y + y**2 + SIGMA**2)) ** 2)) == pytest.approx(np.mean(errors), rel=0.1)
    assert r2r_tf.denoise_to_precision(y, 1e-9, squares, num_recorruptions=6)[2] == [6, 6, 6]
    # an easier image needs fewer: without noise, the two pairs that tell so
    assert r2r_tf.denoise_to_precision(y[:1], 1e-9, squares, sigma=0.0)[2] == [4]


@pytest.mark.slow
def test_evaluation_reports_the_draws(squares, data_dir, tmp_path):
    test = test_sets.load_test_set("skimage_natural", noise.Gaussian(SIGMA), 1, data_dir=data_dir, max_images=2)
    summary = scores.evaluate(squares, test, tmp_path, num_recorruptions=40, target_se=0.7 * SIGMA**2, orientations=1)
    with (tmp_path / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    # of two pairs the error is just 1.0, of 4.1 pairs 0.7
    assert all(float(row["draws"]) in (8, 10) and float(row["standard_error"]) <= 0.7 * SIGMA**2 for row in rows)
    assert summary["mean_draws"] == np.mean([float(row["draws"]) for row in rows])
    assert f"T 40 antithetic, alpha 1 at most, {summary['mean_draws']:.1f} on average" in evaluation_files.table(summary)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"target_se": 0.0}, "target_se must be above 0"),
        ({"num_recorruptions": 2}, "Two pairs"),
        ({"alpha": 0}, "Two pairs"),
        ({"num_recorruptions": 5}, "even"),
    ],
)
def test_refusals(squares, arguments, message):
    with pytest.raises(r2r_tf.InputError, match=message):
        r2r_tf.denoise_to_precision(np.zeros((9, 9), np.float32), **{"target_se": 0.1, "model": squares, **arguments})
