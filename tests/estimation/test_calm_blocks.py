"""The level from the calmest blocks: unbiased on noise alone, blind to margins, and little misled by texture."""

import numpy as np
import pytest
from conftest import standard_errors
from skimage import data

from r2r_tf import estimation
from tools.benchmark_suites.developed import as_jpeg


def levels(x, sigma, count=12):
    return [
        estimation.white_level((x + sigma * np.random.default_rng(seed).standard_normal(x.shape))[..., None])
        for seed in range(count)
    ]


def test_noise_alone():
    found = np.square(levels(np.zeros((192, 192)), 2.0, count=60))
    assert standard_errors(found, 4.0) < 5 < standard_errors(found, 1.1 * 4.0)


@pytest.mark.parametrize("sigma, tolerance", [(5.0, 0.12), (10.0, 0.06), (25.0, 0.04), (50.0, 0.04)])
@pytest.mark.parametrize("name", ["camera", "coins", "moon"])
def test_photographs(name, sigma, tolerance):
    assert np.mean(levels(getattr(data, name)().astype(float), sigma, count=2)) == pytest.approx(sigma, rel=tolerance)


@pytest.mark.parametrize("name", ["camera", "coins", "moon", "grass", "gravel", "brick"])
def test_photographs_without_noise(name):
    """Texture is not noise; wavelets take grass for ten grey levels of it."""
    x = getattr(data, name)().astype(float)[..., None]
    assert estimation.white_level(x) < 1.2
    if name == "grass":
        assert estimation.wavelet(x) > 8


@pytest.mark.parametrize("name", ("grass", "camera", "brick"))
@pytest.mark.parametrize("quality", (75, 85, 95))
def test_texture_in_jpeg_is_not_believed_to_be_noise_and_noise_is(name, quality):
    x = getattr(data, name)()[:192, :192]
    assert estimation.white_level(as_jpeg(x, quality, 0)[..., None].astype(float)) < 0.5
    noisy = np.clip(x + 15 * np.random.default_rng(0).standard_normal(x.shape), 0, 255).round().astype(np.uint8)
    assert 12 < estimation.white_level(as_jpeg(noisy, quality, 0)[..., None].astype(float)) < 19


def test_margins_and_units_do_not_matter():
    y = 128 + 20 * np.random.default_rng(0).standard_normal((256, 256))
    framed = np.full((512, 512), 77.0)
    framed[128:384, 128:384] = y
    found, plain = (estimation.white_level(own[..., None]) for own in (framed, y))
    assert found == pytest.approx(plain, rel=0.05)
    assert estimation.white_level(1e9 + 1e-3 * y[..., None]) == pytest.approx(1e-3 * plain, rel=1e-3)
    assert estimation.white_level(np.full((64, 64, 3), 5.0)) == 0.0


def test_noise_that_grows_with_brightness_is_not_that_of_the_dark_alone():
    """Counting noise: the level is that of a middle brightness; noise of one level is found as before."""
    x = np.linspace(10.0, 250.0, 512)[:, None] * np.ones(512)
    counting = x + np.sqrt(x) * np.random.default_rng(0).standard_normal(x.shape)
    found = estimation.white_level(counting[..., None])
    assert found == pytest.approx(np.sqrt(x.mean()), rel=0.1) and found > 1.5 * np.sqrt(x[:64].mean())
    plain = x + 8 * np.random.default_rng(0).standard_normal(x.shape)
    assert estimation.white_level(plain[..., None]) == pytest.approx(8, rel=0.05)
