"""Gray pictures of cameras: the law of brightness alone, and the weights for colours on three that are alike."""

import io

import numpy as np
import pytest
import scipy.ndimage
import skimage.data
from conftest import as_camera
from PIL import Image

import r2r_tf
from r2r_tf import image_files
from r2r_tf.inference import gray_cameras, one_file, passes, shipped
from r2r_tf.models import denoisers

CAMERA, SHARP = "camera", "camera-sharp"


def as_gray(picture):
    return np.asarray(Image.fromarray(picture).convert("L"))


def soft_scene():
    x = skimage.data.chelsea()[20:276, 100:356] / 255
    return scipy.ndimage.gaussian_filter(x, (8, 8, 0)).astype(np.float32)


def test_the_law_is_that_of_the_mean_of_the_channels():
    """Its level, and how neighbours err alike, against draws of the noise of three channels; another law is far from both."""
    law = denoisers.load(SHARP).noise
    gray, x = law.gray(), np.full((160, 160, 3), 0.4, np.float32)
    own, expected = law.at(x), gray.at(x[..., :1])
    rng = np.random.default_rng(0)
    variances, products = [], []
    for _ in range(30):
        n = own.from_normal(rng.standard_normal((160 + own.margin, 160 + own.margin, 3))).mean(axis=-1)
        variances.append(np.square(n).mean())
        products.append((n[1:] * n[:-1]).mean())
    kernel = expected.kernel[..., 0, 0]
    neighbours = (kernel[1:] * kernel[:-1]).sum() * expected.mean_variance()
    for samples, value in ((variances, expected.mean_variance()), (products, neighbours)):
        error = np.std(samples, ddof=1) / len(samples) ** 0.5
        assert abs(np.mean(samples) - value) < 4 * error + 0.01 * abs(value)
    assert abs(np.mean(variances) - own.mean_variance()) > 20 * np.std(variances, ddof=1) / len(variances) ** 0.5
    # what a network is told is the same, over all brightness
    np.testing.assert_allclose(gray.told**2 * np.square(gray.sigma).mean(), np.square(law.sigma).mean(), rtol=1e-5)
    np.testing.assert_allclose(expected.level().mean(), own.level().mean(), rtol=0.02)


@pytest.mark.slow
def test_the_network_is_the_mean_over_three_that_are_alike():
    colour = denoisers.load(CAMERA)
    gray, y = gray_cameras.for_gray(colour), np.random.default_rng(0).random((1, 40, 56, 1), np.float32)
    expected = passes.apply(colour, np.repeat(y, 3, axis=-1), 0.02).mean(axis=-1, keepdims=True)
    np.testing.assert_allclose(passes.apply(gray, y, 0.02), expected, atol=1e-5)
    assert gray_cameras.for_gray(colour) is gray and gray.form.channels == 1
    assert gray_cameras.fitting(colour, 1) is gray and gray_cameras.fitting(colour, 3) is colour
    white = denoisers.load("unet-awgn-rgb")
    assert gray_cameras.fitting(white, 1) is white


@pytest.mark.slow
def test_gray_pictures_take_the_weights_where_they_are_named(tmp_path):
    x = soft_scene()
    y, clean = as_gray(as_camera(x)), as_gray(np.round(255 * x).astype(np.uint8)) / 255
    noisy, named, general = (
        r2r_tf.psnr(clean, own / 255) for own in (y, r2r_tf.denoise(y, CAMERA), r2r_tf.denoise(y, "unet-awgn-gray"))
    )
    assert named > noisy + 1 and named > general + 0.5
    # by default such a picture stays as it is, whose grain might be a texture's; without JPEG its noise is smooth noise
    np.testing.assert_array_equal(r2r_tf.denoise(y), y)
    Image.fromarray(y).save(tmp_path / "gray.png")
    image, denoiser = image_files.open_image(tmp_path / "gray.png"), denoisers.load(CAMERA)
    assert one_file.denoiser_of(image, denoiser)[0] is gray_cameras.for_gray(denoiser)


def test_gray_jpegs_do_not_get_them_by_themselves():
    """Without colours, the grain of a soft texture looks like a camera's noise."""
    for picture in (skimage.data.camera(), skimage.data.moon(), skimage.data.brick()):
        for quality in (75, 90):
            file = io.BytesIO()
            Image.fromarray(picture).save(file, "JPEG", quality=quality)
            y = np.asarray(Image.open(file))[:400, :400]
            assert shipped.denoiser_for(np.float32(y / 255)[..., None]).noise.family != "camera"
