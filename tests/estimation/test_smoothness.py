"""Noise that is correlated between pixels is told from white noise and from photographs; its filter makes it white."""

import numpy as np
import pytest
import scipy.ndimage
from skimage import data

from r2r_tf.estimation import smoothness

X = data.camera().astype(np.float64)


def smooth_noise(rng, width, shape=X.shape):
    """Noise of unit variance, white noise seen through a Gaussian of this width."""
    z = scipy.ndimage.gaussian_filter(rng.standard_normal(shape), width, mode="wrap") if width else rng.standard_normal(shape)
    return z / z.std()


def to_the_next(n):
    """Correlation of a pixel with the next."""
    return np.mean(n[:, 1:] * n[:, :-1]) / n.var()


@pytest.mark.parametrize(("width", "left"), [(0.5, 0.12), (0.6, 0.12), (0.8, 0.4)])
def test_whitened_noise_is_whiter(rng, width, left):
    """What is left at the finest frequencies is not raised without limit."""
    n = smooth_noise(rng, width)
    found = smoothness.of_channels([X / 25 + n])
    white = smoothness.filtered(n[..., None], found.whitening())[..., 0]
    assert abs(to_the_next(white)) < left < to_the_next(n) / 1.2
    assert 0.6 * found.level < white.std() < 1.15 * found.level
    assert found.variance == pytest.approx(1, rel=0.25)


def test_the_filters_undo_each_other(rng):
    found = smoothness.of_channels([X / 25 + smooth_noise(rng, 0.8)])
    there_and_back = smoothness.filtered(smoothness.filtered(X[..., None], found.whitening()), found.back())
    assert np.sqrt(np.mean(np.square(there_and_back[..., 0] - X))) < 0.005 * X.std()
    for kernel in (found.whitening(), found.back()):
        assert kernel.sum() == pytest.approx(1)
        np.testing.assert_allclose(kernel, kernel.T, atol=1e-12)


@pytest.mark.parametrize("level", [5, 15, 40])
@pytest.mark.parametrize("name", ["camera", "moon", "coins", "page"])
def test_white_noise_is_not_smooth(rng, name, level):
    picture = getattr(data, name)().astype(np.float64)
    assert smoothness.of_channels([(picture + level * rng.standard_normal(picture.shape)) / level]) is None


def test_scaled(rng):
    found = smoothness.of_channels([X / 25 + smooth_noise(rng, 0.8)])
    assert found.scaled(2.0).variance == pytest.approx(4 * found.variance)
    np.testing.assert_allclose(found.scaled(2.0).whitening(), found.whitening(), atol=1e-12)
