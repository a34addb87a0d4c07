"""How sharp a picture is, whatever its noise."""

import numpy as np
import pytest
import scipy.ndimage
from skimage import data

from r2r_tf.estimation.sharpness import sharpness

PICTURES = {name: getattr(data, name)()[:400, :512, :3].astype(np.float32) / 255 for name in ("astronaut", "coffee", "rocket")}


@pytest.mark.parametrize("name", PICTURES)
def test_size_decides(name):
    """A photograph made larger is softer than it was; one of which every second pixel is left is not."""
    x = PICTURES[name]
    larger = scipy.ndimage.zoom(x[:200, :256], (2, 2, 1), order=1)
    assert sharpness(larger) < 0.4 * sharpness(x)
    assert sharpness(x[::2, ::2]) > 0.7 * sharpness(x)


@pytest.mark.parametrize("name", PICTURES)
def test_noise_does_not(name, rng):
    for sigma in (3 / 255, 8 / 255):
        y = PICTURES[name] + sigma * rng.standard_normal(PICTURES[name].shape)
        assert sharpness(y) == pytest.approx(sharpness(PICTURES[name]), rel=0.2)


def test_pictures_that_do_not_tell():
    assert sharpness(np.zeros((10, 300, 3))) == 0.0
    assert sharpness(np.full((64, 64, 3), 0.3)) == 0.0
