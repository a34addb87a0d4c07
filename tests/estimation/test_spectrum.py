"""The noise's power spectrum from noisy images, against noise whose spectrum is known."""

import numpy as np
import pytest
import scipy.fft
import scipy.ndimage
from skimage import data

from r2r_tf import estimation
from r2r_tf.estimation import channels, correlation, spectrum
from r2r_tf.noise import camera
from r2r_tf.noise.camera import CameraNoise, Correlated
from tools.benchmark_suites import camera as benchmark


def coarse_colours():
    """[21, 21, 3, 3]: brightness noise of fine grain, colour noise of coarse grain, as cameras leave it."""
    around = np.arange(-10, 11)
    grains = [np.exp(-np.square(around) / (2 * width**2)) for width in (0.7, 2.5, 2.5)]
    basis = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]]) / np.sqrt([[3], [2], [6]])
    taps = np.stack([weight * np.outer(g, g) / np.square(g).sum() for g, weight in zip(grains, (1.0, 0.7, 0.5), strict=True)])
    kernel = np.einsum("oij,od,oc->ijdc", taps, basis, basis)
    return (kernel / np.sqrt(np.square(kernel).sum(axis=(0, 1, 2)))).astype(np.float32)


def flat_model(sigma, kernel=None):
    return CameraNoise(np.array([0.5]), np.full((1, 3), sigma), np.eye(3)[None, None] if kernel is None else kernel)


def noise(rng, shape, sigma, kernel):
    z = rng.standard_normal((shape[0] + len(kernel) - 1, shape[1] + len(kernel) - 1, 3))
    return Correlated(sigma, kernel).from_normal(z)


def test_expected_power(rng):
    """Closed form against noise, window by window; the kernel is uneven in all its axes."""
    kernel = rng.standard_normal((5, 5, 3, 3))
    count = 2500
    z = rng.standard_normal((count, spectrum.SIZE + 4, spectrum.SIZE + 4, 3))
    coefficients = scipy.fft.dctn(camera.filtered(z, kernel), axes=(1, 2, 3), norm="ortho")
    found, expected = np.square(coefficients).mean(axis=0), spectrum.expected_power(kernel)
    # the square of a Gaussian has the relative deviation sqrt(2); 1,728 figures
    assert np.abs(found / expected - 1).max() < 5 * np.sqrt(2 / count)
    # control: another kernel's
    assert np.abs(found / spectrum.expected_power(kernel[::-1, ::-1] + 0.2) - 1).max() > 10 * np.sqrt(2 / count)


def test_kernel_has_the_spectrum():
    truth = coarse_colours()
    kernel, deviations = spectrum.kernel_of(spectrum.expected_power(truth))
    assert kernel.shape == (25, 25, 3, 3) and kernel.dtype == np.float32
    np.testing.assert_allclose(np.square(kernel).sum(axis=(0, 1, 2)), 1, rtol=1e-5)
    np.testing.assert_allclose(deviations, 1, rtol=0.08)  # channels are not quite exchangeable any more once smoothed
    assert np.abs(correlation.covariance_of(kernel) - correlation.covariance_of(truth)).max() < 0.05
    # white noise needs no filter
    white, deviations = spectrum.kernel_of(np.full((spectrum.SIZE, spectrum.SIZE, 1), 4.0))
    np.testing.assert_allclose(white[..., 0, 0], np.pad([[1.0]], 12), atol=1e-6)
    np.testing.assert_allclose(deviations, 2)


def test_benchmark_tells_the_error_of_each_band(rng):
    """An estimate that is the truth is right in all bands; one whose colours are too weak by half is wrong in those alone."""
    sigma = np.linspace(0.02, 0.06, 240)[:, None, None] * np.full((1, 240, 3), (0.8, 1.0, 1.2))
    kernel = coarse_colours()
    truth = noise(rng, (240, 240), sigma, kernel)
    ratios = np.array(list(benchmark.spectrum_ratios(truth, Correlated(sigma, kernel)).values())).reshape(2, -1)
    count = np.bincount(np.digitize(spectrum.frequencies(), spectrum.EDGES).ravel())[1 : len(spectrum.EDGES)]
    # an amplitude from 100 windows' Gaussian coefficients; two colours of different power count as no less than one
    error = 1 / np.sqrt(2 * 100 * count)
    assert np.abs((ratios - 1) / error).max() < 5
    basis = spectrum.channel_basis(3)
    weak = np.einsum("ijdc,oc,o,oe->ijde", kernel, basis, [1.0, 0.5, 0.5], basis).astype(np.float32)
    weak_ratios = np.array(list(benchmark.spectrum_ratios(truth, Correlated(sigma, weak)).values())).reshape(2, -1)
    # unequal channels leave some of the brightness noise in the colours, which shows at fine scales, where they have little
    assert weak_ratios[1, :3].max() < 0.6 and np.abs(weak_ratios[0] - ratios[0]).max() < 0.1


def test_power_of_the_noise_of_a_photograph(rng):
    """Structure is not taken for noise, but for the coarsest, which a photograph has everywhere."""
    x = scipy.ndimage.zoom(data.astronaut(), (1.5, 1.5, 1), order=1).astype(np.float32) / 255
    truth = coarse_colours()
    y = (x + noise(rng, x.shape, 0.04, truth)).astype(np.float32)
    found, channels = spectrum.power(y, flat_model(0.02))
    np.testing.assert_allclose(channels, 1)
    ratio = found / (4 * spectrum.expected_power(truth))
    bands = np.digitize(spectrum.frequencies(), (0.06, 0.1, 0.2, 0.3, 0.8))
    own = np.array([[np.median(ratio[bands == band, c]) for band in range(1, 5)] for c in range(3)])
    np.testing.assert_allclose(own[0], 1, rtol=0.25)
    np.testing.assert_allclose(own[1:, :1], 1, rtol=0.25)
    # control: what the whole picture shows
    windows = np.lib.stride_tricks.sliding_window_view(y, (24, 24), axis=(0, 1))[::12, ::12].reshape(-1, 3, 24, 24)
    whole = np.square(scipy.fft.dctn(np.moveaxis(windows, 1, -1) / 0.02, axes=(1, 2, 3), norm="ortho")).mean(axis=0)
    assert np.median((whole / (4 * spectrum.expected_power(truth)))[bands == 1, 0]) > 3


@pytest.mark.slow
@pytest.mark.parametrize("factor", (1.0, 3.0))
def test_level_ratio(rng, factor):
    model = flat_model(0.03, coarse_colours())
    for picture in (data.astronaut(), data.rocket(), data.coffee()):
        y = (picture / 255 + noise(rng, picture.shape, factor * 0.03, model.kernel)).astype(np.float32)
        assert spectrum.level_ratio(y, model) == pytest.approx(factor, rel=0.15)
        assert estimation.level_factor(y, model) == spectrum.level_ratio(y, model)


def test_large_pictures_show_as_much_in_a_part_of_their_windows(rng, monkeypatch):
    x = np.kron(rng.uniform(0.3, 0.7, (8, 8)), np.ones((60, 60)))[..., None]
    y = (x + noise(rng, x.shape, 0.05, coarse_colours())).astype(np.float32)
    whole, _ = spectrum.power(y, flat_model(0.05))
    monkeypatch.setattr(spectrum, "MOST", 60)
    part, _ = spectrum.power(y, flat_model(0.05))
    assert 0 < np.abs(part / whole - 1).max() and np.median(np.abs(part / whole - 1)) < 0.25


def test_pictures_that_are_too_small(rng):
    y = rng.random((23, 100, 3)).astype(np.float32)
    burnt_out = np.ones((100, 100, 3), np.float32)
    assert spectrum.power(y, flat_model(0.1)) is None and spectrum.power(burnt_out, flat_model(0.1)) is None
    assert estimation.level_factor(y, flat_model(0.1)) == 1.0


def test_white_noise_is_told_from_that_of_cameras(rng):
    x = data.astronaut() / 255
    for sigma in (0.02, 0.1):
        white, camera = sigma * rng.standard_normal(x.shape), noise(rng, x.shape, sigma, coarse_colours())
        assert channels.colour_noise((x + white).astype(np.float32)).white
        assert not channels.colour_noise((x + camera).astype(np.float32)).white
    # nothing to tell: gray, gray in three channels, small
    gray = (x + noise(rng, x.shape, 0.1, coarse_colours()))[..., :1].astype(np.float32)
    assert all(channels.colour_noise(own).white for own in (gray, gray * np.ones(3, np.float32), gray[:20]))
