"""Noise from noisy images alone, against noise that is known: level, dependence on brightness, correlation."""

import dataclasses

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from skimage import data

from r2r_tf import estimation
from r2r_tf.errors import InputError
from r2r_tf.estimation import correlation, flat_windows, level_function, structure_gain, white
from r2r_tf.estimation.flat_windows import SIZE
from r2r_tf.noise import camera
from r2r_tf.noise.camera import CameraNoise


@pytest.fixture(scope="module")
def photograph():
    return (data.astronaut() / 255).astype(np.float32)


@pytest.fixture(scope="module")
def kernel():
    """[5, 5, 2, 2], asymmetric, with unit variance in both channels and a correlation between them."""
    base = np.outer([1, 2, 3, 1, 0.5], [0.5, 1, 2, 2, 1])
    mixed = np.stack([base, 0.4 * base[::-1], 0.2 * base.T, base], axis=-1).reshape(5, 5, 2, 2)
    return mixed / np.sqrt(np.square(mixed).sum(axis=(0, 1, 2)))


@pytest.fixture(scope="module")
def even_kernel():
    """[5, 5, 2, 2], the same to all sides and in both channels, which are correlated."""
    base = np.outer([1, 2, 3, 2, 1], [1, 2, 3, 2, 1])[..., None, None] * np.array([[1, 0.3], [0.3, 1]])
    return base / np.sqrt(np.square(base).sum(axis=(0, 1, 2)))


def filtered(z, kernel):
    """noise[c] = sum over d of kernel[:, :, d, c] * z[d], where the kernel fits."""
    channels = range(kernel.shape[-1])
    return np.stack(
        [sum(scipy.signal.fftconvolve(z[..., d], kernel[:, :, d, c], "valid") for d in channels) for c in channels], -1
    )


def covariance_of(kernel, reach=correlation.REACH):
    """[2 reach + 1, 2 reach + 1, C, C] of noise that is white noise filtered by the kernel."""
    channels = range(kernel.shape[-1])
    lags = np.stack(
        [
            sum(scipy.signal.correlate(kernel[:, :, e, d], kernel[:, :, e, c], "full") for e in channels)
            for c in channels
            for d in channels
        ],
        axis=-1,
    ).reshape(2 * len(kernel) - 1, 2 * len(kernel) - 1, len(channels), len(channels))
    padded = np.pad(lags, ((reach, reach), (reach, reach), (0, 0), (0, 0)))
    middle = len(padded) // 2
    return padded[middle - reach : middle + reach + 1, middle - reach : middle + reach + 1]


def slow_chen2015(y, d):
    """Algorithm 1 of the paper, patch by patch."""
    height, width = y.shape[0] - d + 1, y.shape[1] - d + 1
    patches = np.array([y[i : i + d, j : j + d].ravel() for i in range(height) for j in range(width)], np.float64)
    eigenvalues = sorted(np.linalg.eigvalsh(np.cov(patches.T, bias=True)), reverse=True)
    while True:
        mean = sum(eigenvalues) / len(eigenvalues)
        if sum(value > mean for value in eigenvalues) >= sum(value < mean for value in eigenvalues):
            return mean**0.5
        eigenvalues = eigenvalues[1:]


def test_chen2015_is_the_algorithm(rng, photograph):
    small = photograph[:60, :50] + 0.1 * rng.standard_normal((60, 50, 3))
    for y, d in ((small, 4), (small[..., 0], 8)):
        estimate = estimation.chen2015(y, d)
        assert type(estimate) is float and estimate == pytest.approx(slow_chen2015(y, d), rel=1e-9)
    assert estimation.chen2015(small[..., :1]) == estimation.chen2015(small[..., 0])
    with pytest.raises(InputError, match="too few patches"):
        estimation.chen2015(small[:20, :20], 16)


@pytest.mark.parametrize("sigma", (5, 25, 50))
def test_chen2015_finds_white_noise_and_not_correlated_noise(rng, photograph, sigma):
    z = rng.standard_normal(photograph.shape).astype(np.float32)
    assert estimation.chen2015(photograph + sigma / 255 * z) * 255 == pytest.approx(
        sigma, rel=0.12 if sigma == 5 else 0.02
    )  # texture counts
    smooth = scipy.ndimage.gaussian_filter(z, (1, 1, 0))
    smooth *= sigma / 255 / smooth.std()
    assert estimation.chen2015(photograph + smooth) * 255 < 0.4 * sigma


def test_patch_covariance(rng):
    y = rng.random((20, 23, 2))
    patches = np.lib.stride_tricks.sliding_window_view(y, (4, 4), axis=(0, 1)).transpose(0, 1, 3, 4, 2).reshape(-1, 32)
    np.testing.assert_allclose(white.patch_covariance(y, 4), np.cov(patches.T, bias=True), atol=1e-14)


def test_flat_windows_do_not_choose_small_noise(rng):
    """On an image without any structure every window is as good, and the noise of those chosen is that of all."""
    y = (0.5 + 0.1 * rng.standard_normal((600, 600, 1))).astype(np.float32)
    windows = flat_windows.pool([flat_windows.flat_windows(y)])
    own = windows.variances()[:, 0]
    error = own.std() / np.sqrt(len(own) / 9)  # neighbouring windows overlap: at least a ninth of them is independent
    assert len(own) >= 500 and abs(own.mean() - 0.01) < 5 * error < 0.001
    # control: the windows that vary least have less noise
    assert np.sort(own)[: len(own) // 10].mean() < 0.01 - 10 * error
    assert np.abs(windows.residuals.sum(axis=1)).max() < 1e-4  # no plane is left in them


def test_flat_windows_avoid_texture_and_clipping(rng):
    y = np.full((240, 480, 1), 0.5, np.float32)
    y[:, 240:] += 0.2 * rng.standard_normal((240, 240, 1)).astype(np.float32)  # texture
    y[:120, :240] = 1.0  # burnt out
    y[120:, :240] += 0.02 * rng.standard_normal((120, 240, 1)).astype(np.float32)
    windows = flat_windows.flat_windows(y)
    assert np.sqrt(flat_windows.pool([windows]).variances().mean()) == pytest.approx(0.02, rel=0.05)
    assert windows.means.max() < 0.9
    with pytest.raises(InputError, match="36 pixels"):
        flat_windows.flat_windows(y[:30])


@pytest.fixture(scope="module")
def correlated_windows(kernel):
    """Of noise with that kernel, sigma 0.05, on a picture with edges."""
    z = np.random.default_rng(1).standard_normal((804, 804, 2))
    x = np.kron(np.random.default_rng(2).uniform(0.3, 0.7, (8, 8)), np.ones((100, 100)))[..., None]
    y = (x + 0.05 * filtered(z, kernel)).astype(np.float32)
    return flat_windows.pool([flat_windows.flat_windows(y)])


def test_correlation_is_found(correlated_windows, kernel):
    found, truth = correlation.autocovariance(correlated_windows), covariance_of(kernel)
    assert np.abs(found - truth).max() < 0.06
    np.testing.assert_allclose(np.diagonal(found[4, 4]), 1)
    # the correlation of (c, d) at a lag is that of (d, c) at the opposite one
    np.testing.assert_allclose(found, np.swapaxes(found[::-1, ::-1], 2, 3))
    variance = correlated_windows.variances().mean(axis=0)
    np.testing.assert_allclose(np.sqrt(variance * correlation.lost_with_planes(found)), 0.05, rtol=0.04)
    # control: with what the planes took, and without
    assert np.sqrt(variance).max() < 0.047
    few = flat_windows.Windows(*(part[:50] for part in correlated_windows))
    with pytest.raises(InputError, match="more pictures"):
        correlation.autocovariance(few)


def test_white_noise_is_found_white(rng):
    y = (0.5 + 0.1 * rng.standard_normal((500, 500, 1))).astype(np.float32)
    found = correlation.autocovariance(flat_windows.pool([flat_windows.flat_windows(y)]))[..., 0, 0]
    found[4, 4] -= 1
    assert np.abs(found).max() < 0.03


def test_covariance_of_a_kernel(kernel):
    np.testing.assert_allclose(correlation.covariance_of(kernel), covariance_of(kernel), atol=1e-12)


@pytest.mark.slow
def test_camera_noise_of_two_settings(rng, even_kernel):
    """Whole road: pictures of two ISO settings to noise models, and the level of a picture by itself."""
    x = np.kron(rng.uniform(0.2, 0.8, (6, 6)), np.ones((60, 60)))[..., None] * np.ones(2)
    truth = {100: 0.02, 400: 0.05}
    pictures, settings = [], []
    for iso, sigma in truth.items():
        for _ in range(3):
            z = rng.standard_normal((364, 364, 2))
            pictures.append((x + sigma * filtered(z, even_kernel)).astype(np.float32))
            settings.append(iso)
    found, pool = estimation.camera_noise(pictures, settings)
    for iso, sigma in truth.items():
        own = pictures[settings.index(iso)]
        # calm windows have a little less noise than others where nothing but noise tells them apart
        level = found[iso].flat_level(own) / sigma
        assert 0.9 < np.median(level) < 1.05 and 0.8 < level.min() and level.max() < 1.15
        # edges are not taken for noise
        np.testing.assert_allclose(found[iso].at(own).sigma, sigma, rtol=0.2)
        assert np.abs(covariance_of(found[iso].kernel) - covariance_of(even_kernel)).max() < 0.1
    assert pool.sigma.shape == (16, 2) and 0.02 < pool.sigma.mean() < 0.05
    for picture, iso in zip(pictures, settings, strict=True):
        assert estimation.level_factor(picture, found[100]) == pytest.approx(truth[iso] / truth[100], rel=0.12)


def photographs():
    return [picture.astype(np.float64)[..., :3] / 255 for picture in (data.astronaut(), data.coffee(), data.rocket())]


@pytest.mark.slow
def test_noise_that_is_stronger_in_structure(rng):
    """The gain is found on photographs, where the strength of fine detail tells of texture instead."""
    taps = np.outer([1, 2, 1], [1, 2, 1])[..., None, None] * (np.eye(3) + 0.5)
    kernel = taps / np.sqrt(np.square(taps).sum(axis=(0, 1, 2)))
    flat = CameraNoise(np.array([0.5]), np.full((1, 3), 0.03), kernel)
    truth = dataclasses.replace(flat, activity=np.array([0.15, 0.5, 1.5]), gain=np.array([1.0, 1.6, 3.0]))
    pictures = []
    for x in photographs():
        shape = (x.shape[0] + 2, x.shape[1] + 2, 3)
        seen = x + flat.at(x).from_normal(rng.standard_normal(shape))
        pictures.append((x + truth.at(seen).from_normal(rng.standard_normal(shape))).astype(np.float32))
    activity, gain = structure_gain.structure_gain(pictures, [flat] * 3)
    expected = np.interp(activity, truth.activity, truth.gain)
    expected /= np.sqrt(np.square(expected[:4]).mean())
    assert expected.max() > 1.8
    np.testing.assert_allclose(gain, expected, rtol=0.2)
    # control: by fine detail, whatever its direction, it would be several times that
    active = [camera.activity(y, flat.flat_level(y)) for y in pictures]
    detail = [np.abs(y - scipy.ndimage.gaussian_filter(y, (2, 2, 0))).mean(axis=-1) for y in pictures]
    ends = (lambda own: own < activity[3], lambda own: own > activity[-2])
    low, high = (np.median(np.concatenate([d[end(a)] for d, a in zip(detail, active, strict=True)])) for end in ends)
    assert high / low > 1.5 * expected.max()


def test_noise_that_is_the_same_everywhere(rng):
    """No gain is found where there is none, but for some of the finest texture."""
    pictures = [(x + 0.05 * rng.standard_normal(x.shape)).astype(np.float32) for x in photographs()]
    flat = CameraNoise(np.array([0.5]), np.full((1, 3), 0.05), np.eye(3)[None, None])
    activity, gain = structure_gain.structure_gain(pictures, [flat] * 3)
    assert activity[0] < 0.06 and activity[-1] > 0.7 and (np.diff(activity) > 0).all()
    assert 0.9 < gain.min() and gain.max() < 1.25
    for nothing in (pictures[0][:36, :36], np.full((200, 200, 3), 0.5, np.float32)):
        assert [part.tolist() for part in structure_gain.structure_gain([nothing], [flat])] == [[0.0], [1.0]]


def ramp(rng, factor, texture=False):
    """A picture of all brightnesses with sigma = factor (0.01 + 0.04 brightness (1 - brightness)), and its sigma."""
    x = np.tile(np.linspace(0.05, 0.95, 1000), (300, 1))[..., None]
    sigma = factor * (0.01 + 0.04 * x * (1 - x))
    y = x + sigma * rng.standard_normal(x.shape)
    if texture:
        y[:, 480:520] += 0.05 * rng.standard_normal((300, 40, 1))
    return y.astype(np.float32)


def test_level_functions(rng):
    """Two settings with the same shape; texture at one brightness of one of them does not count."""
    pictures = {"low": ramp(rng, 1.0), "high": ramp(rng, 2.0, texture=True)}
    windows = {name: flat_windows.pool([flat_windows.flat_windows(y)]) for name, y in pictures.items()}
    found = level_function.level_functions(windows)
    for name, factor in (("low", 1.0), ("high", 2.0)):
        brightness = np.linspace(0.1, 0.9, 50)[:, None]
        truth = factor * (0.01 + 0.04 * brightness * (1 - brightness))
        np.testing.assert_allclose(found[name].level_at(brightness), truth, rtol=0.12)
    assert windows["high"].residuals.shape[1] == SIZE**2


def test_a_setting_with_few_windows_leans_on_the_pool(rng):
    windows = {factor: flat_windows.pool([flat_windows.flat_windows(ramp(rng, factor))]) for factor in (1.0, 1.1, 4.0)}
    alone = level_function.level_functions(windows)
    windows[4.0] = flat_windows.Windows(*(part[:: len(windows[4.0].means) // 40] for part in windows[4.0]))
    few = level_function.level_functions(windows)
    assert alone[4.0].sigma.mean() > 2 * few[4.0].sigma.mean() > 0
    np.testing.assert_allclose(few[1.0].sigma, alone[1.0].sigma, rtol=0.1)
    nothing = flat_windows.Windows(*(part[:5] for part in windows[1.0]))
    with pytest.raises(InputError, match="smooth areas"):
        level_function.level_functions({"a": nothing})
