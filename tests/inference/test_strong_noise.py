"""Strong noise that the finest coefficients do not show: a little coarse, or cut off at the ends of the range."""

import numpy as np
import pytest
import scipy.ndimage
from skimage import data

import r2r_tf
from r2r_tf import estimation, pretrained
from r2r_tf.inference import strong_noise, weak_noise

PHOTO = data.camera()[60:316, 60:316, None] / 255.0
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def denoiser():
    return r2r_tf.load_pretrained(pretrained.DEFAULTS[1])


def found(denoiser, y):
    """(level by calm blocks, refined)."""
    level = estimation.white_level(np.float32(y))
    return level, strong_noise.refined(denoiser, np.float32(y), level)


@pytest.mark.parametrize("sigma", [0.1, 0.2, 0.4])
@pytest.mark.parametrize("name", ["camera", "coins", "brick", "grass"])
def test_white_noise_keeps_its_level(rng, denoiser, name, sigma):
    """At most a few per cent more where there is texture all over."""
    x = getattr(data, name)()[:256, :256, None] / 255.0
    _, level = found(denoiser, x + sigma * rng.standard_normal(x.shape))
    assert 0.95 * sigma < level < 1.1 * sigma


def test_noise_that_is_a_little_coarse_has_its_whole_level(rng, denoiser):
    n = scipy.ndimage.gaussian_filter(rng.standard_normal(PHOTO.shape), (0.5, 0.4, 0), mode="wrap")
    fine, level = found(denoiser, PHOTO + 0.15 * n / n.std())
    assert fine < 0.85 * 0.15 and level == pytest.approx(0.15, rel=0.1)


def test_noise_that_is_cut_off_at_both_ends_is_found(rng, denoiser):
    """Half of the pixels are black or white: what is taken away where a picture is flat is what there is of it."""
    bright = np.clip(1.6 * (PHOTO - 0.35), 0, 1)
    y = np.clip(bright + 0.3 * rng.standard_normal(PHOTO.shape), 0, 1)
    fine, level = found(denoiser, y)
    assert 0.15 < level and level >= fine
    errors = [np.mean(np.square(r2r_tf.denoise(y[..., 0], **told) - bright[..., 0])) for told in ({}, {"sigma": fine})]
    assert errors[0] <= 1.02 * errors[1]


def test_a_long_dark_tail_is_told_more(rng, denoiser):
    """The logarithm of speckle, whose skewness is below 0."""
    n = np.log(rng.gamma(2.0, 1.0, PHOTO.shape))
    n = (n - n.mean()) / n.std()
    _, level = found(denoiser, PHOTO + 0.12 * n)
    _, mirrored = found(denoiser, PHOTO - 0.12 * n)
    assert level > 1.15 * mirrored and mirrored == pytest.approx(0.12, rel=0.12)


def test_weak_noise_is_left_to_others(rng, denoiser, monkeypatch):
    monkeypatch.setattr(strong_noise.passes, "apply", lambda *arguments: pytest.fail("asked"))
    assert strong_noise.refined(denoiser, np.float32(PHOTO), weak_noise.MOST) == weak_noise.MOST
