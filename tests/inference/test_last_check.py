"""Nothing that is far stronger than the noise is taken away: stars, filled areas and patterns stay as they came."""

import numpy as np
import pytest
from skimage import data

import r2r_tf
from r2r_tf import pretrained
from r2r_tf.image_files.value_range import ValueRange
from r2r_tf.inference import defaults, last_check, stacks
from tools.benchmark_suites.odd_pictures import sky

SIGMA = 0.1


def test_noise_alone_counts_whole(rng):
    for factor in (0.5, 1.0, 1.5):
        assert last_check.weights(factor * SIGMA * rng.standard_normal((200, 300, 1)), SIGMA) is None


def test_what_is_far_stronger_does_not_count(rng):
    """A ramp of ten standard deviations between places of noise alone."""
    correction = SIGMA * rng.standard_normal((100, 300, 1))
    correction[:, 100:200] += 10 * SIGMA
    weights = last_check.weights(correction, SIGMA)[..., 0]
    assert (weights[:, 110:190] == 0).all() and (weights[:, :80] == 1).all() and (weights[:, 220:] == 1).all()


def test_single_pixels_do_not_count(rng):
    """Impulses are rare, however high."""
    correction = SIGMA * rng.standard_normal((200, 300, 1))
    correction[rng.random(correction.shape) < 0.05] = 100 * SIGMA
    assert last_check.weights(correction, SIGMA) is None


@pytest.mark.slow
def test_the_sky_near_bright_stars_gains(rng):
    x, y, far = sky(rng)
    x_hat = r2r_tf.denoise(y.round().astype(np.uint16), orientations=1).astype(float)
    before, after = (np.mean(np.square(own - x)[far]) for own in (y, x_hat))
    assert after < 0.3 * before and np.abs(x_hat - x)[far].max() < 30


@pytest.mark.slow
def test_tiles_are_as_the_whole(rng):
    _, y, _ = sky(rng)
    denoiser = r2r_tf.load_pretrained(pretrained.DEFAULTS[1])
    whole, tiled = (
        stacks.denoise(
            denoiser, y[None, ..., None], ValueRange(0, 65535), defaults.plan(denoiser, orientations=1), max_memory_gb=memory
        ).pixels
        for memory in (4.0, 0.06)
    )
    np.testing.assert_allclose(tiled, whole, atol=0.05)


@pytest.mark.slow
def test_photographs_are_not_touched_by_it(rng, monkeypatch):
    """Where the level is right, with texture as without."""
    y = data.camera()[100:260, 100:260] + 20.0 * rng.standard_normal((160, 160))
    checked = r2r_tf.denoise(y, orientations=1)
    monkeypatch.setattr(last_check, "weights", lambda correction, sigma: None)
    np.testing.assert_array_equal(checked, r2r_tf.denoise(y, orientations=1))
