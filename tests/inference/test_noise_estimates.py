"""`estimate_noise`: what `denoise` finds, in the units of the caller, as a sentence and as a plot; and habits of scikit-image."""

import numpy as np
import pytest
import scipy.ndimage
import skimage.data
import skimage.restoration
from conftest import as_camera
from matplotlib.figure import Figure

import r2r_tf
from r2r_tf.errors import InputError


def white(rng, sigma=12.0):
    return skimage.data.camera()[60:260, 100:300] + sigma * rng.standard_normal((200, 200))


@pytest.mark.slow
@pytest.mark.parametrize(
    "form, width",
    [
        (lambda y: y, 1.0),
        (lambda y: np.float32(y / 255), 1.0),
        (lambda y: np.uint8(np.clip(np.round(y), 0, 255)), 255.0),
        (lambda y: np.uint16(np.clip(np.round(100 * y), 0, 65535)), 65535.0),
    ],
)
def test_levels_are_in_the_units_of_the_caller(rng, form, width):
    y = white(rng)
    given = form(y)
    found, unit = r2r_tf.estimate_noise(given), 12 * np.std(given.astype(float)) / np.std(y)
    assert found.kind == "white" and found.law is None and found.weights == "unet-awgn-gray"
    assert found.level == pytest.approx(unit, rel=0.05) and found.sigma == pytest.approx(found.level / width, rel=1e-6)
    # what it says is what `denoise` takes
    told, by_itself = (r2r_tf.denoise(given, **own).astype(float) for own in ({"sigma": found.sigma}, {}))
    assert np.sqrt(np.mean((told - by_itself) ** 2)) < 0.05 * unit


@pytest.mark.slow
def test_counting_noise_has_a_law(rng):
    x = scipy.ndimage.gaussian_filter(skimage.data.camera()[:256, :256].astype(float), 1)
    found = r2r_tf.estimate_noise(3.0 * rng.poisson(x / 4) + 50)
    assert found.law.gain == pytest.approx(3.0, rel=0.1) and str(found).startswith("Counting noise, variance ")
    axes = found.plot(Figure().subplots())
    assert axes.get_title().startswith("Counting noise") and len(axes.lines) == 2
    points, line = axes.lines
    assert np.median(points.get_ydata() / np.interp(points.get_xdata(), *line.get_data())) == pytest.approx(1, abs=0.15)


def test_cameras_and_pictures_without_noise(rng):
    x = scipy.ndimage.gaussian_filter(skimage.data.chelsea()[20:276, 100:356] / 255, (8, 8, 0)).astype(np.float32)
    found = r2r_tf.estimate_noise(as_camera(x))
    assert found.kind == "a camera's" and str(found).startswith("Noise of a camera; standard deviation ")
    constant = r2r_tf.estimate_noise(np.full((80, 80), 7.0))
    assert (constant.sigma, constant.kind, str(constant)) == (0.0, "no noise", "No noise was found.")
    assert constant.points is None and not constant.plot(Figure().subplots()).lines
    small = r2r_tf.estimate_noise(white(rng)[:40, :40])
    assert small.points is None and small.sigma > 0


@pytest.mark.slow
def test_stacks_and_channels(rng):
    stack = np.stack([white(rng), white(rng, 24.0)])[..., None]
    found = r2r_tf.estimate_noise(stack)
    assert np.allclose(found.levels, (12, 24), rtol=0.06) and "standard deviation 1" in str(found) and " to 2" in str(found)
    assert found.level == pytest.approx(np.sqrt(np.mean(np.square(found.levels))))
    moved = r2r_tf.estimate_noise(np.moveaxis(stack[..., 0], 0, -1), channel_axis=-1)
    assert np.allclose(moved.levels, found.levels, rtol=0.05)
    with pytest.raises(InputError, match="taken for 9 channels"):
        r2r_tf.estimate_noise(np.zeros((80, 80, 9)))


def test_a_bar_is_shown_where_it_is_asked_for(rng, capsys):
    y = white(rng)[:64, :64]
    for call in (
        lambda **own: r2r_tf.denoise(y, sigma=12.0, **own),
        lambda **own: r2r_tf.denoise_to_precision(y, 1.0, "cnn5-awgn25", num_recorruptions=4, **own),
        lambda **own: r2r_tf.kernel_denoise(y / 255, "cnn5-awgn25", num_recorruptions=2, **own),
    ):
        call()
        assert capsys.readouterr().err == ""
        call(progress=True)
        assert "100%" in capsys.readouterr().err


@pytest.mark.slow
def test_calibration_as_scikit_image_does_it(rng):
    """Its J-invariant loss, which knows no clean image, picks a level near the true one for our denoiser."""
    y = np.float32(white(rng, 25.0) / 255)
    sigmas = [0.2 * 25 / 255, 25 / 255, 5 * 25 / 255]
    calibrated, (parameters, losses) = skimage.restoration.calibrate_denoiser(
        y, r2r_tf.denoise, {"sigma": sigmas}, extra_output=True
    )
    best = parameters[int(np.argmin(losses))]["sigma"]
    assert best == sigmas[1] and calibrated(y).shape == y.shape
