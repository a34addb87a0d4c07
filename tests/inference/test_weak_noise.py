"""Weak white noise in textured photographs: where the fine coefficients do not tell its level, the denoiser does."""

import numpy as np
import pytest
from skimage import data

import r2r_tf
from r2r_tf import pretrained
from r2r_tf.estimation import white
from r2r_tf.inference import weak_noise
from r2r_tf.models import denoisers

pytestmark = pytest.mark.slow

NAMES = ("camera", "coins", "moon", "grass", "gravel", "brick")


@pytest.fixture(scope="module")
def denoiser():
    return denoisers.load(pretrained.DEFAULTS[1])


def photo(name, side=192):
    return getattr(data, name)()[60 : 60 + side, 60 : 60 + side].astype(np.float32)[..., None] / 255


def noisy(name, sigma, seed=3):
    x = photo(name)
    return x, (x + sigma * np.random.default_rng(seed).standard_normal(x.shape)).astype(np.float32)


@pytest.mark.parametrize("sigma", [5 / 255, 10 / 255])
def test_it_is_never_lower_and_not_far_off_where_places_show_noise_alone(denoiser, sigma):
    for name in NAMES:
        _, y = noisy(name, sigma)
        found = white.white_level(y)
        better = weak_noise.refined(denoiser, y, found)
        assert better >= found
        assert better == pytest.approx(sigma, rel=0.2) or name in ("grass", "gravel")


def test_strong_noise_and_small_pictures_stay_as_they_were_found(denoiser):
    _, y = noisy("camera", 0.1)
    assert weak_noise.refined(denoiser, y, 0.1) == 0.1
    assert weak_noise.refined(denoiser, y[:12, :12], 0.01) == 0.01


def test_a_level_that_was_missed_is_found(denoiser):
    """Where no block is calm, from nothing; unless it would be one that fine coefficients cannot miss."""
    _, y = noisy("gravel", 10 / 255)
    assert white.white_level(y) == 0.0
    assert weak_noise.refined(denoiser, y, 0.0) == pytest.approx(10 / 255, rel=0.1)
    assert weak_noise.refined(denoiser, 3 * y, 0.0) == 0.0


@pytest.mark.parametrize("name", [*NAMES, "page"])
def test_a_photograph_without_noise_has_none(denoiser, name):
    """Whatever its texture; so it comes back as it was."""
    assert weak_noise.refined(denoiser, photo(name), 0.0) == 0.0
    y = photo(name)[..., 0]
    assert (r2r_tf.denoise(y) == y).all()
