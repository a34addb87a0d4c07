"""What a picture holds: areas that were filled in are no values, a lamp does not move the range."""

import numpy as np
import pytest
from skimage import data

import r2r_tf
from r2r_tf.image_files import content
from tools.benchmark_suites.odd_pictures import turned, with_lamp

X = data.camera()[60:316, 60:316].astype(float) + 100


@pytest.mark.parametrize("value", [0.0, -2000.0, 1000.0])
def test_corners_that_were_filled_in_are_no_values(rng, value):
    x, y, empty = turned(rng, X, value)
    known = content.of_sample(y[..., None])
    assert known.fills == (value,) and (content.holes(y[..., None], known)[..., 0] == empty).mean() > 0.999
    x_hat = r2r_tf.denoise(y, orientations=1)
    assert (x_hat[empty] == value).mean() > 0.999  # the tips of triangles are too narrow
    assert np.mean(np.square(x_hat - x)[~empty]) < 0.3 * 15**2


@pytest.mark.parametrize("name", ["camera", "moon", "coins", "text", "clock"])
def test_photographs_have_no_filled_areas(rng, name):
    x = getattr(data, name)().astype(float)[..., None]
    for y in (x, np.clip(2 * x + 10 * rng.standard_normal(x.shape), 0, 255), rng.poisson(x / 255).astype(float)):
        assert content.of_sample(y).fills == ()


def test_a_lamp_does_not_move_the_range(rng):
    """One per cent of the pixels, two hundred times as bright as the rest."""
    y, far = with_lamp(rng, X)
    known, plain = (content.of_sample(own[..., None]) for own in (y, X + 20 * rng.standard_normal(X.shape)))
    assert known.high - known.low < 10 * (plain.high - plain.low)
    assert np.mean(np.square(r2r_tf.denoise(y, orientations=1) - X)[far]) < 0.3 * 20**2
