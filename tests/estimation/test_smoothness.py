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


@pytest.mark.parametrize("width", [0.5, 0.6, 0.8])
def test_whitened_noise_is_whiter(rng, width):
    """Its spectrum is flat where it had more than the part below which nothing is raised, and unchanged in shape beyond."""
    n = smooth_noise(rng, width)
    found = smoothness.of_channels([X / 25 + n])
    white = smoothness.filtered(n[..., None], found.whitening())[..., 0]
    before, after = (np.square(np.abs(np.fft.fft2(part))) / part.size for part in (n, white))
    frequency = np.hypot(np.fft.fftfreq(512)[:, None], np.fft.fftfreq(512))
    bands = [(frequency >= low) & (frequency < low + 0.05) for low in (0.1, 0.15, 0.2, 0.25)]
    raised = [band for band in bands if np.sqrt(before[band].mean()) > 0.6 * found.level]
    assert len(raised) >= 2
    for band in raised:
        assert np.sqrt(after[band].mean()) == pytest.approx(found.level, rel=0.2)
    assert np.std([before[band].mean() for band in raised]) > 2 * np.std([after[band].mean() for band in raised])
    assert found.variance == pytest.approx(1, rel=0.15)


@pytest.mark.parametrize("width", [0.7, 0.8])
def test_strength_is_found_on_average(rng, width, monkeypatch):
    """Windows and bands blend frequencies: of a spectrum that falls, what they show is too weak, and that is undone."""

    def found():
        pictures = (getattr(data, name)().astype(np.float64) for name in ("camera", "moon", "coins", "text", "brick"))
        noisy = [picture / 25 + smooth_noise(rng, width, picture.shape) for picture in pictures]
        return np.mean([np.sqrt(smoothness.of_channels([one]).variance) for one in noisy])

    assert found() == pytest.approx(1, abs=0.03)
    monkeypatch.setattr(smoothness, "_ROUNDS", 0)
    assert found() < 0.955


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
