"""Pictures of two values: print keeps its letters, dither its pattern; photons that are counted one by one are noise."""

import numpy as np
import pytest
from skimage import data

import r2r_tf
from r2r_tf.estimation import two_values
from tools.benchmark_suites.odd_pictures import diffused_dither, ordered_dither, small_print

GRAY = data.camera()[:256, :256] / 255.0


@pytest.mark.parametrize("picture", [ordered_dither(GRAY), diffused_dither(GRAY[:96, :96]), small_print().astype(np.uint8)])
def test_clean_patterns_stay(picture):
    assert two_values.level_of(picture[..., None]) == 0
    np.testing.assert_array_equal(r2r_tf.denoise(picture, orientations=1), picture)
    colour = np.stack([picture, 255 - picture, picture], axis=-1)
    np.testing.assert_array_equal(r2r_tf.denoise(colour, orientations=1), colour)


@pytest.mark.parametrize("sigma", [3, 8])
def test_noise_of_print_is_that_of_its_paper(rng, sigma):
    x = small_print()
    y = x + sigma * rng.standard_normal(x.shape)
    assert two_values.level_of(y[..., None]) == pytest.approx(sigma, rel=0.1)
    assert np.mean(np.square(r2r_tf.denoise(y, orientations=1) - x)) < 0.8 * sigma**2


@pytest.mark.parametrize("most", [0.02, 0.2, 1.0])
def test_single_photons_are_no_pattern(rng, most):
    assert two_values.level_of((rng.random(GRAY.shape) < most * GRAY)[..., None].astype(float)) is None


@pytest.mark.parametrize("name", ["camera", "moon", "coins", "brick", "grass", "clock", "page"])
def test_photographs_have_more_values(rng, name):
    x = getattr(data, name)().astype(float)[..., None]
    for sigma in (0, 5, 25):
        assert two_values.level_of(x + sigma * rng.standard_normal(x.shape)) is None
