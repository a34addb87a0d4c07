"""What holds for any array and any tiling: shapes and dtypes stay, tiles do not show."""

import hypothesis
import numpy as np
import pytest
from conftest import mean_denoiser
from hypothesis import strategies

import r2r_tf
from r2r_tf.image_files import value_range
from r2r_tf.inference import passes, stacks

DTYPES = ("uint8", "uint16", "float16", "float32", "float64")
# no deadline: the first call of a shape compiles
SETTINGS = hypothesis.settings(deadline=None, max_examples=40, derandomize=True, database=None)


@pytest.fixture(scope="module")
def denoiser():
    return mean_denoiser(0.1)


def array_of(shape, dtype, seed):
    values = np.random.default_rng(seed).random(shape)
    return (values * np.iinfo(dtype).max).astype(dtype) if dtype[0] == "u" else values.astype(dtype)


@SETTINGS
@hypothesis.given(
    shape=strategies.lists(strategies.integers(1, 40), min_size=2, max_size=2),
    batch=strategies.sampled_from(((), (2,))),
    channels=strategies.sampled_from(((), (1,), (3,))),
    dtype=strategies.sampled_from(DTYPES),
    draws=strategies.sampled_from((0, 2, 4)),
    orientations=strategies.integers(1, 8),
)
def test_arrays_keep_shape_dtype_and_range(denoiser, shape, batch, channels, dtype, draws, orientations):
    hypothesis.assume(not batch or channels)
    array = array_of((*batch, *shape, *channels), dtype, seed=sum(shape))
    x_hat = r2r_tf.denoise(array, denoiser, sigma=0.05, num_recorruptions=draws, orientations=orientations)
    assert x_hat.shape == array.shape and x_hat.dtype == array.dtype and np.isfinite(x_hat.astype(float)).all()


@SETTINGS
@hypothesis.given(
    shape=strategies.tuples(
        strategies.integers(1, 2), strategies.integers(1, 90), strategies.integers(1, 90), strategies.sampled_from((1, 3))
    ),
    dtype=strategies.sampled_from(DTYPES),
    side=strategies.integers(8, 60),
    draws=strategies.sampled_from((0, 2)),
)
def test_tiles_do_not_show(denoiser, shape, dtype, side, draws):
    pixels = array_of(shape, dtype, seed=side)
    scale, average = value_range.of_pixels([pixels]), passes.Average(0.5, draws, True, 8)
    whole = stacks.denoise(denoiser, pixels, scale, average, sigma=0.05)
    # the mean takes 16 bytes a pixel
    tiled = stacks.denoise(denoiser, pixels, scale, average, sigma=0.05, max_memory_gb=16e-9 * side**2)
    tolerance = {"u": 1.0, "f": 2e-3 if dtype == "float16" else 1e-4}[dtype[0]]
    np.testing.assert_allclose(tiled.pixels.astype(float), whole.pixels.astype(float), atol=tolerance)
    assert tiled.pixels.dtype == dtype and tiled.pixels.shape == shape
