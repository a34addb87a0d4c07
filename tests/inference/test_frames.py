"""Any picture: offsets and contrasts commute with denoising, what is no value comes back, no estimate is worse than its input."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies
from scipy import ndimage
from skimage import data

import r2r_tf
from r2r_tf import pretrained
from r2r_tf.image_files import content
from r2r_tf.image_files.value_range import ValueRange
from r2r_tf.inference import passes, stacks

SETTINGS = hypothesis.settings(deadline=None, max_examples=15, derandomize=True, database=None)
PHOTO = data.camera()[100:228, 100:228] / 255.0


def noisy(x=PHOTO, sigma=0.1, seed=0):
    return x + sigma * np.random.default_rng(seed).standard_normal(x.shape)


def rmse(y, x, where=...):
    return float(np.sqrt(np.mean((np.asarray(y, np.float64) - x)[where] ** 2)))


@pytest.mark.slow
@SETTINGS
@hypothesis.given(
    scale=strategies.floats(-12, 12).map(lambda power: 10.0**power),
    offset=strategies.floats(-1e4, 1e4),
    told=strategies.booleans(),
)
def test_offset_and_contrast_commute_with_denoising(scale, offset, told):
    """In float64 and the picture's own units; float32 inside keeps six digits of the range."""
    y = noisy()
    x_hat = r2r_tf.denoise(y, sigma=0.1 if told else None)
    pixels, whole = (scale * (y + offset))[None, ..., None], ValueRange(0.0, scale)
    denoiser = r2r_tf.load_pretrained(pretrained.DEFAULTS[1])
    options = {"sigma": 0.1 if told else None}
    moved = stacks.denoise(denoiser, pixels, whole, passes.Average(0.3, 0), **options).pixels[0, ..., 0]
    tolerance = 1e-4 + 1e-14 * abs(offset)
    assert rmse(moved / scale - offset, x_hat) < tolerance and rmse(x_hat, PHOTO) < 0.5 * rmse(y, PHOTO)


@pytest.mark.parametrize(
    "dtype, high, low", [("uint16", 33768, 32768), ("uint16", 4000, 100), ("float32", 2.0, 1.0), ("float64", 1e9 + 1, 1e9)]
)
def test_pedestals(dtype, high, low):
    y = low + (high - low) * noisy()
    y = (np.round(np.clip(y, 0, None)) if dtype[0] == "u" else y).astype(dtype)
    unit = (r2r_tf.denoise(y).astype(np.float64) - low) / (high - low)
    assert rmse(unit, PHOTO) < 0.5 * rmse(noisy(), PHOTO)


def spoilt(kind):
    """A noisy picture with values that are none, and where those are."""
    y, bad = noisy(np.tile(PHOTO, (2, 2))), np.zeros((256, 256), bool)
    if kind == "hot":
        bad = np.random.default_rng(1).random(y.shape) < 0.0005
    elif kind == "scattered NaN":
        bad = np.random.default_rng(1).random(y.shape) < 0.01
    else:
        bad[:70] = True
    y[bad] = {"hot": 300.0, "rows of -9999": -9999.0, "rows of 3.4e38": 3.4e38}.get(kind, np.nan)
    return y, bad


@pytest.mark.parametrize("kind", ["hot", "scattered NaN", "NaN border", "rows of -9999", "rows of 3.4e38"])
def test_what_is_no_value_comes_back_and_does_not_leak(kind):
    y, bad = spoilt(kind)
    x_hat, x, far = r2r_tf.denoise(y), np.tile(PHOTO, (2, 2)), ~ndimage.binary_dilation(bad, iterations=3)
    np.testing.assert_array_equal(x_hat[bad], y[bad])
    plain = rmse(r2r_tf.denoise(noisy(x)), x, far)
    assert np.isfinite(x_hat[~bad]).all() and rmse(x_hat, x, far) < 1.1 * plain


def test_masked_arrays_keep_their_mask():
    y, bad = spoilt("hot")
    y[bad] = 0.5 + 100 * np.arange(bad.sum())
    x_hat = r2r_tf.denoise(np.ma.masked_array(y, bad))
    assert isinstance(x_hat, np.ma.MaskedArray)
    np.testing.assert_array_equal(x_hat.mask, bad)
    np.testing.assert_array_equal(x_hat.data[bad], y[bad])
    assert rmse(x_hat.data, np.tile(PHOTO, (2, 2)), ~bad) < 0.5 * 0.1


def test_bright_things_are_no_holes():
    """A cell of several pixels, far above all else, is a part of the picture."""
    y = noisy()
    y[40:60, 40:60] += 20
    known = content.of_sample(y[..., None])
    assert not content.holes(y[..., None], known)[40:60, 40:60].any()
    assert abs(r2r_tf.denoise(y)[45:55, 45:55].mean() - y[45:55, 45:55].mean()) < 0.05


@pytest.mark.parametrize("value", [0, 128, 255])
def test_margins_change_nothing_inside(value):
    y = np.clip(255 * noisy(np.tile(PHOTO, (2, 2))), 0, 255).round().astype(np.uint8)
    framed = np.full_like(y, value)
    inside = (slice(60, -60),) * 2
    framed[inside] = y[inside]
    x = 255 * np.tile(PHOTO, (2, 2))
    assert rmse(r2r_tf.denoise(framed), x, inside) < 1.15 * rmse(r2r_tf.denoise(y), x, inside)


def test_constants_stay():
    for value in (0, 100, 255):
        np.testing.assert_array_equal(r2r_tf.denoise(np.full((64, 64), value, np.uint8)), value)
    rgb = np.zeros((64, 64, 3))
    rgb[..., 1] = noisy(PHOTO[:64, :64])
    x_hat = r2r_tf.denoise(rgb)
    assert not x_hat[..., ::2].any() and np.isfinite(x_hat).all()
    stack = np.stack([noisy(PHOTO), np.full(PHOTO.shape, 7.0)])[..., None]
    np.testing.assert_array_equal(r2r_tf.denoise(stack)[1], 7.0)
    np.testing.assert_array_equal(r2r_tf.denoise(np.full((20, 20), np.nan)), np.nan)


def test_graphics_without_noise_stay():
    picture = np.full((128, 128), 255, np.uint8)
    picture[20:50, 20:100], picture[60:90, 30:45] = 200, 0
    np.testing.assert_array_equal(r2r_tf.denoise(picture), picture)


@pytest.mark.parametrize("name", ["camera", "moon", "grass", "coins"])
@pytest.mark.parametrize("sigma", [0.0, 0.3, 1.0, 2.0, 5.0])
def test_never_worse_when_the_level_is_told(name, sigma):
    """At most a tenth of a decibel, however little noise there is; without Stein's weights it is up to 20 dB."""
    x = getattr(data, name)()[100:356, 100:356] / 255.0
    y = noisy(x, sigma / 255)
    x_hat = r2r_tf.denoise(y, sigma=sigma / 255)
    assert rmse(x_hat, x) <= rmse(y, x) * 10 ** (0.1 / 20)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (9, 40), (16, 16, 3), (2, 20, 20, 1)])
@pytest.mark.parametrize("dtype", ["float64", "float16", "int8", "uint16"])
@pytest.mark.parametrize("options", [{}, {"sigma": 0.1}])
@pytest.mark.filterwarnings("error")
def test_strange_values_come_back_as_they_were_and_the_rest_finite(shape, dtype, options):
    """Values near the ends of floats, infinities, holes everywhere, nearly nothing there."""
    y = np.random.default_rng(0).standard_normal(shape)
    strange = [1e-300 * y, 1e300 * y, 5e-324 * y, 1e9 + 1e-30 * y, np.full(shape, np.nan), np.where(y > 0, np.nan, y)]
    strange += [np.where(y > 1, np.inf, y), np.where(y > 1, -3e38, y), np.zeros(shape), (y > 2).astype(float)]
    for values in strange:
        with np.errstate(all="ignore"):
            values = np.nan_to_num(values).astype(dtype) if dtype[0] in "iu" else values.astype(dtype)
        try:
            x_hat = r2r_tf.denoise(values, orientations=1, **options)
        except r2r_tf.InputError:
            assert min(shape[:2]) < 8  # too small for its noise to be estimated
            continue
        finite = np.isfinite(values)
        assert x_hat.dtype == values.dtype and x_hat.shape == shape and np.isfinite(x_hat[finite]).all()
        np.testing.assert_array_equal(x_hat[~finite], values[~finite])
