"""Raw frames of colour cameras are told from gray pictures, and their four kinds of pixels denoised each by itself."""

import numpy as np
import pytest
from skimage import data

import r2r_tf
from r2r_tf.estimation import mosaic
from tools.benchmark_suites.odd_pictures import raw_frame


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_raw_frames_are_found(rng, name, first):
    _, y = raw_frame(rng, getattr(data, name)()[:256, :256], first)
    assert mosaic.is_mosaic(y)


@pytest.mark.parametrize("name", ["camera", "moon", "brick", "grass", "coins", "text", "page"])
@pytest.mark.parametrize("sigma", [0, 2, 20])
def test_gray_pictures_are_none(rng, name, sigma):
    y = getattr(data, name)().astype(float)
    assert not mosaic.is_mosaic(y + sigma * rng.standard_normal(y.shape))
    rows, columns = np.mgrid[:128, :128]
    assert not mosaic.is_mosaic(3.0 * rows + columns) and not mosaic.is_mosaic(y[:16, :16])


@pytest.mark.slow
def test_raw_frames_gain_and_stay_in_place(rng):
    x, y = raw_frame(rng, data.astronaut()[:256, :256])
    stack = np.stack([y, y[::-1, ::-1]])[..., None]
    x_hat = r2r_tf.denoise(stack, orientations=1)[..., 0]
    assert np.mean(np.square(x_hat[0] - x)) < 0.85 * np.mean(np.square(y - x))
    assert np.mean(np.square(x_hat[1] - x[::-1, ::-1])) < 0.85 * np.mean(np.square(y - x))
