"""Strong noise of colours, which raw values of a sensor have once their colours are filled in."""

import numpy as np
import pytest
import skimage.data

import r2r_tf
from r2r_tf import estimation, pretrained
from r2r_tf.estimation import strong_colours
from r2r_tf.inference import shipped
from r2r_tf.models import denoisers
from tools.benchmark_suites import developed


def phone(gain, seed=0):
    """(noisy, clean) of a dark scene, [256, 256, 3] float32."""
    scene = developed.dark_scene(skimage.data.astronaut()[100:228, 100:228] / 255.0)
    return [np.float32(own / 255) for own in developed.as_phone(scene, gain, np.random.default_rng(seed))]


@pytest.mark.slow
@pytest.mark.parametrize("gain", (0.004, 0.02))
def test_a_dark_picture_of_a_phone_is_cleaned_by_camera_weights(gain):
    """Channel by channel it gains little."""
    noisy, clean = phone(gain)
    chosen = shipped.denoiser_for(noisy)
    assert chosen.sha256 == denoisers.load(pretrained.CAMERA).sha256
    before, after, by_channel = (
        r2r_tf.psnr(clean, own) for own in (noisy, r2r_tf.denoise(noisy), r2r_tf.denoise(noisy, pretrained.DEFAULTS[1]))
    )
    assert after > before + 5 and after > by_channel + 1.3


@pytest.mark.parametrize("gain", (0.004, 0.02))
def test_its_level_is_found(gain):
    noisy, clean = phone(gain)
    law = strong_colours.law_of(noisy)
    level = np.sqrt(estimation.of_image(noisy, law).at(noisy).mean_variance())
    assert level == pytest.approx(np.std(noisy - clean), rel=0.3)
    assert law.at(noisy).level().mean() == pytest.approx(law.told * np.sqrt(law.at(noisy).mean_variance()), rel=1e-5)


@pytest.mark.slow
def test_a_level_that_is_told_counts():
    noisy, _ = phone(0.004)
    little, much = (r2r_tf.denoise(noisy, sigma=sigma / 255) for sigma in (4, 16))
    assert np.std(noisy - little) < 0.9 * np.std(noisy - much)


def test_other_pictures_have_none():
    """Photographs without noise, as JPEG or not, with white noise, and those of phones without noise."""
    x = skimage.data.astronaut()[:256, :256]
    noisy = x / 255.0 + 0.1 * np.random.default_rng(0).standard_normal(x.shape)
    for y in (x / 255, developed.as_jpeg(x, 85, 2) / 255, np.clip(noisy, 0, 1), phone(0.004)[1]):
        assert strong_colours.law_of(np.float32(y)) is None


def test_what_is_too_small_has_none():
    y = np.float32(np.random.default_rng(0).random((16, 16, 3)))
    assert strong_colours.law_of(y) is None
