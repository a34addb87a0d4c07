"""Noise that is not white: recognised, made white, brought back; never to the harm of white noise."""

import numpy as np
import pytest
import scipy.ndimage
from skimage import data

import r2r_tf
from r2r_tf import noise
from r2r_tf.errors import InputError
from r2r_tf.image_files.value_range import ValueRange
from r2r_tf.inference import defaults, frames, levels, stacks
from r2r_tf.models import denoisers

X = data.camera()[60:316, 60:316].astype(np.float64) / 255


def counts(rng, peak=30, gain=1.0, read_noise=0.0, offset=0.0, x=X):
    return gain * (rng.poisson(peak * x) + read_noise * rng.standard_normal(x.shape)) + offset


def error(estimate, x):
    return np.sqrt(np.mean(np.square(estimate - x)))


def denoised(y, **options):
    return r2r_tf.denoise(y, orientations=1, **options).astype(np.float64)


@pytest.mark.slow
@pytest.mark.parametrize(("peak", "read_noise", "offset"), [(1, 0, 0), (10, 0, 0), (30, 2, 100), (200, 0, 500)])
def test_counting_noise_is_recognised(rng, peak, read_noise, offset):
    y = counts(rng, peak, 1.0, read_noise, offset)
    clean = peak * X + offset
    found = error(denoised(y), clean)
    assert found < 0.85 * error(denoised(y, noise="white"), clean)
    # as good as with the law that is true
    denoiser = denoisers.load("unet-awgn")
    law = levels.noise_of(f"poisson,gain=1,offset={offset},read_noise={read_noise}")[1]
    told = stacks.denoise(denoiser, y[None, ..., None], ValueRange(0, 1), defaults.plan(denoiser, orientations=1), law=law)
    assert found < 1.03 * error(told.pixels[0, ..., 0], clean)


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [3, 10, 25, 50])
def test_white_noise_is_treated_as_before(rng, sigma):
    y = 255 * X + sigma * rng.standard_normal(X.shape)
    np.testing.assert_array_equal(denoised(y), denoised(y, noise="white"))


@pytest.mark.slow
def test_smooth_noise_is_recognised(rng):
    n = scipy.ndimage.gaussian_filter(rng.standard_normal(X.shape), 0.8, mode="wrap")
    y = 255 * X + 20 * n / n.std()
    assert error(denoised(y), 255 * X) < 0.6 * error(denoised(y, noise="white"), 255 * X)


@pytest.mark.slow
def test_smooth_counting_noise_is_recognised(rng):
    n = scipy.ndimage.gaussian_filter(rng.standard_normal(X.shape), 0.8, mode="wrap")
    y = 30 * X + np.sqrt(30 * X + 1) * n / n.std()
    assert error(denoised(y), 30 * X) < 0.6 * error(denoised(y, noise="white"), 30 * X)


@pytest.mark.slow
def test_a_photograph_without_noise_stays(rng):
    for picture in (data.camera(), data.moon(), data.brick()):
        np.testing.assert_array_equal(
            r2r_tf.denoise(picture, orientations=1), r2r_tf.denoise(picture, orientations=1, noise="white")
        )


@pytest.mark.slow
def test_gain_and_offset_commute_with_denoising(rng):
    y = counts(rng)
    np.testing.assert_allclose(denoised(7 * y + 1000), 7 * denoised(y) + 1000, atol=0.05)


@pytest.mark.slow
def test_tiles_are_as_the_whole(rng):
    """The filters look beyond their tile, and the law is that of the whole."""
    n = scipy.ndimage.gaussian_filter(rng.standard_normal((256, 320)), 0.8, mode="wrap")
    x = np.pad(X, ((0, 0), (0, 64)), mode="reflect")
    y = 30 * x + np.sqrt(30 * x + 1) * n / n.std()
    np.testing.assert_allclose(denoised(y, max_memory_gb=0.06), denoised(y), atol=2e-3)


@pytest.mark.slow
def test_holes_come_back_and_spoil_nothing(rng):
    y = counts(rng, offset=50).astype(np.float32)
    holed = y.copy()
    holed[40:44, 80:90] = np.nan
    holed[100, 100] = 60000  # a hot pixel
    result = r2r_tf.denoise(holed, orientations=1)
    assert np.isnan(result[40:44, 80:90]).all() and result[100, 100] == 60000
    far = np.ones(y.shape, bool)
    far[:100, :130], far[60:140, 60:140] = False, False
    np.testing.assert_allclose(result[far], r2r_tf.denoise(y, orientations=1)[far], rtol=0.05)


def test_pages_of_a_recording_share_their_law(rng):
    """A dark page alone does not show its law."""
    pages = np.stack([counts(rng, offset=100, x=X * part) for part in (1.0, 0.8, 0.1)])[..., None]
    denoiser = denoisers.load("unet-awgn")
    found = stacks.found_noise(denoiser, pages, ValueRange(0, 65535), defaults.plan(denoiser))
    assert len({own.law for own in found}) == 1 and found[0].law.gain == pytest.approx(1, rel=0.1)
    assert [own.level for own in found] == sorted((own.level for own in found), reverse=True)
    denoised = stacks.denoise(denoiser, pages, ValueRange(0, 65535), defaults.plan(denoiser, orientations=1))
    assert [own.law for own in denoised.found] == [own.law for own in found]


def test_uncertainty_is_in_the_values_of_the_file(rng):
    denoiser = denoisers.load("unet-awgn")
    y, plan = counts(rng)[None, ..., None], defaults.plan(denoiser, orientations=4)
    one, ten = (
        stacks.denoise(denoiser, scale * y, ValueRange(0, 1), plan, with_deviation=True).deviation for scale in (1.0, 10.0)
    )
    np.testing.assert_allclose(ten, 10 * one, rtol=0.05, atol=1e-3)
    assert 0.01 < one.mean() < 0.5


@pytest.mark.slow
def test_whole_numbers_and_colours(rng):
    colour = np.stack([counts(rng, 30 * part) for part in (1.0, 0.6, 0.3)], axis=-1).astype(np.uint16)
    result = r2r_tf.denoise(colour, orientations=1)
    assert result.dtype == np.uint16
    for channel, part in enumerate((1.0, 0.6, 0.3)):
        assert error(result[..., channel], 30 * part * X) < 0.5 * error(colour[..., channel], 30 * part * X)


def test_a_network_for_one_level_cannot_follow_a_law(rng):
    with pytest.raises(InputError, match="needs a homogeneous network"):
        r2r_tf.denoise(counts(rng), "dncnn-awgn25", noise="poisson")


@pytest.mark.slow
def test_noise_models_are_told_in_the_units_of_the_picture(rng):
    """Counting noise by its law; noise of another family by its level, whatever zero the network sees the picture with."""
    y = np.float32(counts(rng) / 30)
    told = error(denoised(y, noise=noise.Poisson(1 / 30)), X)
    assert told < 1.03 * error(denoised(y), X) and told < 0.85 * error(denoised(y, noise="white"), X)
    y = rng.binomial(20, X) / 20
    level = noise.mean_level(noise.Binomial(20).at(y[..., None]))
    assert level == pytest.approx(np.sqrt(np.mean(X * (1 - X)) / 20), rel=0.03)
    assert error(denoised(y, noise=noise.Binomial(20)), X) == pytest.approx(error(denoised(y, sigma=level), X), rel=1e-3)
    with pytest.raises(InputError, match="must be white, poisson, gamma or a noise model"):
        denoised(np.stack([y, y])[..., None], noise="snow")


WRONG = """poison gamma,gain=2 gamma,looks=0 gamma,looks=3,read_noise=2 white,gain=2 poisson,gain=0 poisson,offset=3
poisson,gain=x poisson,gain=nan"""


@pytest.mark.parametrize("text", WRONG.split())
def test_noise_that_is_no_noise(text):
    with pytest.raises(InputError, match=r"`noise` is white, poisson .* Received: "):
        levels.noise_of(text)


def test_known_noise_is_in_the_values_of_the_file():
    assert levels.noise_of("white") == (frames.WHITE, None)
    law = levels.noise_of("poisson,gain=2,offset=100,read_noise=3")[1]
    np.testing.assert_allclose(law.variance(np.array([100, 200])), [9, 209])
    assert levels.laws_in_words([stacks.Found(0.1, law), stacks.Found(0.2, law)]).startswith("counting noise")
