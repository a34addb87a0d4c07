"""Which shipped weights a picture calls for."""

import keras
import numpy as np
import pytest
import scipy.ndimage
import skimage.data

import r2r_tf
from r2r_tf import noise, pretrained
from r2r_tf.data import datasets
from r2r_tf.estimation import channels
from r2r_tf.inference import shipped
from r2r_tf.models import denoisers


def chosen(y, **options):
    return pretrained.name_of(shipped.denoiser_for(y, **options).sha256)


def photograph(side=256):
    return skimage.data.camera()[:side, :side, None] / 255.0


@pytest.mark.parametrize("peak", (10, 30))
def test_photographs_with_counting_noise_keep_the_general_weights(rng, peak):
    assert chosen(rng.poisson(photograph() * peak) / peak) == pretrained.DEFAULTS[1]


def test_white_noise_never_asks_for_another(rng, monkeypatch):
    monkeypatch.setattr(shipped, "gains", lambda *arguments: pytest.fail("asked"))
    assert chosen(photograph() + 0.1 * rng.standard_normal((256, 256, 1))) == pretrained.DEFAULTS[1]
    assert chosen(rng.poisson(photograph() * 10) / 10, told="white") == pretrained.DEFAULTS[1]


def with_smooth_noise(channels):
    """(clean, noisy, the noise's model) of a photograph whose channels have noise of their own."""
    x = np.repeat(photograph(), channels, axis=-1)
    model = noise.from_text("blurred,sigma=25,blur=0.7").at(x)
    return x, model.sample(x, noise.SeededDraws((1,), x.shape)), model


@pytest.mark.slow
def test_smooth_noise_has_the_weights_for_it():
    """It is left as smooth as it is, which is better than to make it white."""
    x, y, model = with_smooth_noise(1)
    assert chosen(y) == pretrained.SMOOTH
    smooth, filtered = (r2r_tf.psnr(x, r2r_tf.denoise(y, name)) for name in (None, pretrained.DEFAULTS[1]))
    assert smooth > filtered + 0.5 and filtered > r2r_tf.psnr(x, y) + 3
    told = r2r_tf.denoise(y, noise=model)
    assert r2r_tf.psnr(x, told) > smooth - 0.1
    np.testing.assert_array_equal(told, r2r_tf.denoise(y, pretrained.SMOOTH, sigma=25 / 255))


@pytest.mark.slow
def test_smooth_noise_in_colours_of_a_soft_picture_is_that_of_a_camera():
    """Brightness and differences of colours show more than one channel after the other."""
    x, y, _ = with_smooth_noise(3)
    assert chosen(y) == pretrained.CAMERA
    camera, smooth = (r2r_tf.psnr(x, r2r_tf.denoise(y, name, channel_axis=-1)) for name in (None, pretrained.SMOOTH))
    assert camera > smooth + 0.5


@pytest.mark.slow
def test_smooth_noise_with_a_white_part_has_them_too():
    """Real noise has: a fifth of the variance."""
    rng, x = np.random.default_rng(0), photograph()
    coarse = scipy.ndimage.gaussian_filter(rng.standard_normal(x.shape), (1, 1, 0))
    n = coarse / coarse.std() + 0.5 * rng.standard_normal(x.shape)
    y = x + 0.1 * n / n.std()
    assert chosen(y) == pretrained.SMOOTH
    left, filtered = (r2r_tf.psnr(x, r2r_tf.denoise(y, name, channel_axis=-1)) for name in (None, pretrained.FILTERED))
    assert left > filtered + 0.5


@pytest.mark.slow
def test_smooth_noise_of_another_spectrum_is_made_white():
    """Noise that is smooth along rows alone: of that the weights for smooth noise leave some."""
    rng, x = np.random.default_rng(0), photograph()
    n = scipy.ndimage.gaussian_filter(rng.standard_normal(x.shape), (0.3, 1.5, 0))
    y = x + 0.1 * n / n.std()
    assert chosen(y) == pretrained.FILTERED
    filtered, left = (r2r_tf.psnr(x, r2r_tf.denoise(y, name, channel_axis=-1)) for name in (None, pretrained.SMOOTH))
    assert filtered > left + 0.5


def spots(rng, side=320):
    """What a microscope might show, at some 15 photons: blurred spots on an uneven background, [H, W, 1]."""
    x, places = np.zeros((side, side)), rng.integers(0, side, (2, 4000))
    np.add.at(x, tuple(places), rng.gamma(1, 1, 4000))
    x, background = (scipy.ndimage.gaussian_filter(own, width) for own, width in ((x, 2), (rng.random((side, side)), 30)))
    background = (background - background.min()) / np.ptp(background)
    return 15 * (x / np.percentile(x, 99.5) + 0.3 * background + 0.05)[..., None]


@pytest.mark.slow
def test_micrographs_have_the_weights_for_them(rng):
    x = spots(rng) / 5
    y = rng.poisson(x) / 30.0
    assert chosen(y) == pretrained.MICROSCOPE
    options = {"channel_axis": -1, "num_recorruptions": 0, "orientations": 1}
    errors = [np.square(r2r_tf.denoise(y, name, **options) - x / 30).mean() for name in ("microscope", pretrained.DEFAULTS[1])]
    assert errors[0] < 0.95 * errors[1]


@pytest.mark.slow
def test_one_that_leaves_noise_does_not_gain(rng):
    """By noisy pairs alone; nor does one that does the same."""
    network, _ = denoisers.read("unet-awgn")
    *weights, last = network.get_weights()
    general = denoisers.Denoiser(network)
    lazy = denoisers.Denoiser(keras.models.clone_model(network))
    lazy.network.set_weights([*weights, 0.8 * last])
    y = 40 * photograph() + rng.standard_normal((256, 256, 1))
    assert not shipped.gains(lazy, general, y)
    assert not shipped.gains(general, general, y)


@pytest.mark.release
def test_real_micrographs_have_the_weights_for_them(manual_dir, real_data_dir):
    """Fields that they were not trained on; there they do what they were chosen for."""
    pictures = datasets.load_pictures(datasets.prepare("w2s", real_data_dir, manual_dir), "test")[::3]
    names = [chosen(np.asarray(picture.noisy, np.float64)) for picture in pictures]
    assert names.count(pretrained.MICROSCOPE) >= len(names) - 3  # on the others the general ones are as good
    noisy, clean = pictures[0].noisy[..., 0], pictures[0].clean[..., 0].astype(np.float64)
    scores = []
    for model in (pretrained.MICROSCOPE, pretrained.DEFAULTS[1]):
        estimate = r2r_tf.denoise(noisy, model, num_recorruptions=0, orientations=1)
        gain, offset = np.polyfit(estimate.ravel().astype(np.float64), clean.ravel(), 1)
        scores.append(r2r_tf.psnr(clean, gain * estimate + offset))
    assert scores[0] > scores[1]


def colours(side=256):
    return skimage.data.astronaut()[:side, :side] / 255.0


@pytest.mark.slow
@pytest.mark.parametrize("sigma", (10, 25))
def test_white_noise_in_colours_is_taken_from_all_three_together(rng, sigma):
    x = colours()
    y = (x + sigma / 255 * rng.standard_normal(x.shape)).astype(np.float32)
    assert chosen(y) == chosen(y, told="white") == pretrained.DEFAULTS[3]
    together, apart = (r2r_tf.psnr(x, r2r_tf.denoise(y, name)) for name in (pretrained.DEFAULTS[3], pretrained.DEFAULTS[1]))
    assert together > apart + 1 and r2r_tf.psnr(x, r2r_tf.denoise(y)) > together - 0.1


def test_strong_noise_that_is_cut_off_everywhere(rng):
    """As in pictures of 8 bits: no window is free of pixels at the ends of the range."""
    x = colours()
    y = np.clip(x + 40 / 255 * rng.standard_normal(x.shape), 0, 1)
    assert chosen(np.float32(y)) == pretrained.DEFAULTS[3]
    shared = np.clip(x + 40 / 255 * rng.standard_normal((*x.shape[:2], 1)), 0, 1)
    assert chosen(np.float32(shared)) == pretrained.DEFAULTS[1]


@pytest.mark.parametrize("told", (None, "white"))
def test_noise_that_colours_share_is_taken_from_each_alone(rng, told):
    """As in a gray picture that was saved in three channels, and as it is where channels were mixed."""
    x, shared = colours(), rng.standard_normal((256, 256, 1))
    gray = np.repeat(photograph() + 0.1 * shared, 3, axis=-1)
    mixed = x + 0.1 * (shared + rng.standard_normal(x.shape)) / 2**0.5
    for y in (gray, mixed):
        assert chosen(y, told=told) == pretrained.DEFAULTS[1]


@pytest.mark.slow
def test_other_noise_in_colours_is_taken_from_each_alone(rng):
    x = colours()
    assert chosen(rng.poisson(20 * x) / 20) == pretrained.DEFAULTS[1]
    assert chosen(x + rng.standard_normal(x.shape) * [0.02, 0.1, 0.1]) == pretrained.DEFAULTS[1]
    assert chosen(x + 0.1 * rng.standard_normal(x.shape), told="poisson") == pretrained.DEFAULTS[1]
    assert chosen(x[:20, :20] + 0.1 * rng.standard_normal((20, 20, 3))) == pretrained.DEFAULTS[1]


def test_brightness_excess_is_that_of_correlated_noise(rng):
    """(1 + 2 r) / (1 - r), a little less in the tenth of the windows that have least of it."""
    for correlation in (0.0, 0.2, 0.5):
        shared, own = rng.standard_normal((400, 400, 1)), rng.standard_normal((400, 400, 3))
        y = 0.5 + 0.1 * (correlation**0.5 * shared + (1 - correlation) ** 0.5 * own)
        expected = (1 + 2 * correlation) / (1 - correlation)
        assert 0.85 * expected < channels.colour_noise(y.astype(np.float32)).excess < expected
