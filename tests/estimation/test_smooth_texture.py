"""Photographs of texture are no smooth noise, though their spectra are alike."""

import numpy as np
import pytest
import scipy.ndimage
from skimage import data

from r2r_tf.estimation import laws, smoothness

X = data.camera().astype(np.float64) / 255


@pytest.mark.parametrize("name", ["grass", "gravel", "brick"])
@pytest.mark.parametrize("sigma", [0.0, 2 / 255, 5 / 255])
def test_texture_has_no_law(rng, name, sigma):
    for top in (0, 256):
        x = getattr(data, name)()[top : top + 256, :256] / 255.0
        assert laws.of_pages([(x + sigma * rng.standard_normal(x.shape))[..., None]]) == []


def smooth_noise(rng, shape, width=0.7):
    n = scipy.ndimage.gaussian_filter(rng.standard_normal(shape), width, mode="wrap")
    return n / n.std()


def test_noise_is_noise_and_what_is_skewed_is_not(rng):
    law = laws.of_pages([(X + 0.1 * smooth_noise(rng, X.shape))[..., None]])[0]
    assert law.smooth
    n = smooth_noise(rng, X.shape)
    assert smoothness.is_noise(law.stabilised(X + 0.1 * n), law.smooth)
    # negative control: the same spectrum, nearly, and far from Gaussian
    spots = np.square(smooth_noise(rng, X.shape, 1.0)) - 1
    assert not smoothness.is_noise(law.stabilised(X + 0.1 * spots / spots.std()), law.smooth)
