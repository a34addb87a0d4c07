"""Weak white noise in textured photographs: where the fine coefficients do not tell its level, the denoiser does."""

import numpy as np
import pytest
from skimage import data

import r2r_tf
from r2r_tf.estimation import white
from r2r_tf.inference import weak_noise
from r2r_tf.models import denoisers

NAMES = ("camera", "coins", "moon", "grass", "gravel", "brick")


@pytest.fixture(scope="module")
def denoiser():
    return denoisers.load("unet-awgn-distilled")


def photo(name, side=192):
    return getattr(data, name)()[60 : 60 + side, 60 : 60 + side].astype(np.float32)[..., None] / 255


def noisy(name, sigma, seed=3):
    x = photo(name)
    return x, (x + sigma * np.random.default_rng(seed).standard_normal(x.shape)).astype(np.float32)


def error(x_hat, x):
    return float(np.sqrt(np.mean(np.square(x_hat - x))))


@pytest.mark.parametrize("sigma", [5 / 255, 10 / 255])
def test_it_is_never_lower_and_nearer_on_the_whole(denoiser, sigma):
    """A level that is too low is dear, one that is a little too high costs nearly nothing."""
    before, after = [], []
    for name in NAMES:
        _, y = noisy(name, sigma)
        found = white.white_level(y)
        better = weak_noise.refined(denoiser, y, found)
        assert better >= found
        before.append(found / sigma - 1)
        after.append(better / sigma - 1)
    assert np.mean(np.abs(after)) < np.mean(np.abs(before)) and min(after) > -0.2


def test_strong_noise_and_small_pictures_stay_as_they_were_found(denoiser):
    _, y = noisy("camera", 0.1)
    assert weak_noise.refined(denoiser, y, 0.1) == 0.1
    assert weak_noise.refined(denoiser, y[:12, :12], 0.01) == 0.01


def test_a_level_that_was_missed_is_found(denoiser):
    """Where no block is calm, from nothing; the estimate is then nearly as good as with the level told."""
    x, y = noisy("gravel", 10 / 255)
    assert weak_noise.refined(denoiser, y, 0.0) == pytest.approx(10 / 255, rel=0.25)
    assert error(r2r_tf.denoise(y[..., 0]), x[..., 0]) < 1.06 * error(r2r_tf.denoise(y[..., 0], sigma=10 / 255), x[..., 0])


@pytest.mark.parametrize("name", ["camera", "coins", "page"])
def test_a_photograph_without_noise_has_next_to_none(denoiser, name):
    assert weak_noise.refined(denoiser, photo(name), 0.0) < 2.5 / 255
    y = photo(name)[..., 0]
    assert error(r2r_tf.denoise(y), y) < 2.5 / 255
