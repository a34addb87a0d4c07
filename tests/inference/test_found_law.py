"""Which law: held-out pixels tell counting noise, speckle and white noise apart without a clean image."""

import numpy as np
import pytest
from conftest import mean_of_frames
from skimage import data

import r2r_tf
from r2r_tf import noise, pretrained
from r2r_tf.estimation import laws, speckle
from r2r_tf.inference import found_law
from r2r_tf.models import denoisers

X = data.camera()[60:316, 60:316].astype(np.float64) / 255


@pytest.fixture(scope="module")
def denoiser():
    return denoisers.load(pretrained.DEFAULTS[1])


def grains(rng, looks, x=X):
    return x * rng.gamma(looks, size=x.shape) / looks


def rmse(estimate, x=X):
    return float(np.sqrt(np.mean(np.square(np.asarray(estimate, np.float64) - x))))


@pytest.mark.slow
@pytest.mark.parametrize("looks", [4, 10, 20])
def test_speckle_is_found(rng, looks, denoiser):
    y = grains(rng, looks)
    law = found_law.of_pages([y[..., None]], denoiser=denoiser)
    assert isinstance(law, speckle.Speckle) and law.looks == pytest.approx(looks, rel=0.15)
    found = rmse(r2r_tf.denoise(y))
    assert found < 1.03 * rmse(r2r_tf.denoise(y, noise=noise.Gamma(looks)))
    assert found < 0.97 * rmse(r2r_tf.denoise(y, noise="poisson")) and found < 0.8 * rmse(r2r_tf.denoise(y, noise="white"))


@pytest.mark.parametrize("offset", [0, 12, 30])
def test_counts_are_not_taken_for_speckle(rng, offset, denoiser):
    """On some offset their deviations meet 0 where those of speckle do, and only held-out pixels tell."""
    y = rng.poisson(20 * X)[..., None] + float(offset)
    assert found_law.of_pages([y], denoiser=denoiser).counting


@pytest.mark.parametrize("sigma", [0.04, 0.1, 0.2])
def test_white_noise_has_no_law(rng, sigma, denoiser):
    assert found_law.of_pages([(X + sigma * rng.standard_normal(X.shape))[..., None]], denoiser=denoiser) is None


@pytest.mark.slow
@pytest.mark.parametrize("corner", [0, 256])
def test_stars_in_the_dark_get_no_worse(rng, corner):
    """Of the mean of four frames: faint stars in its calmest cells look like noise that grows many times as fast as it does."""
    x, y = mean_of_frames(rng, corner)
    assert rmse(r2r_tf.denoise(y, orientations=1), x) < 0.9 * rmse(y, x)


@pytest.mark.slow
def test_held_out_errors_exceed_the_true_ones_by_the_variance(rng, denoiser):
    """The theorem, whatever the law; where a pixel is seen it does not hold."""
    for law in (laws.Law(1 / 30, 0.0), laws.Law(0.0, 0.03)):
        excess, seen = [], []
        for _ in range(8):
            y = rng.poisson(30 * X) / 30
            estimates, held = found_law.held_out(denoiser, y, law)
            clean, noisy = (np.broadcast_to(own, held.shape)[held] for own in (X, y))
            excess.append(np.mean(np.square(estimates - noisy) - np.square(estimates - clean)))
            x_hat = r2r_tf.denoise(y, denoiser, sigma=float(np.sqrt(X.mean() / 30)))
            seen.append(np.mean(np.square(x_hat - y) - np.square(x_hat - X)))
        variance = np.broadcast_to(X, held.shape)[held].mean() / 30
        error = 5 * np.std(excess) / np.sqrt(len(excess))
        assert np.mean(excess) == pytest.approx(variance, abs=error) and error < 0.2 * variance
        assert np.mean(seen) < variance - 2 * error


def test_the_better_law_has_the_smaller_held_out_error(rng, denoiser):
    y = grains(rng, 10)
    errors = {}
    for name, law in {"speckle": speckle.Speckle(10.0).settled([y]), "white": laws.Law(0.0, float(np.mean(X**2) / 10))}.items():
        estimates, held = found_law.held_out(denoiser, y, law)
        errors[name] = np.mean(np.square(estimates - np.broadcast_to(y, held.shape)[held]))
    assert errors["speckle"] < errors["white"]
