"""Arrays as people have them: any byte order and whole numbers, lists, whatever NumPy can read; else one sentence with advice."""

import numpy as np
import pytest
from skimage import data

import r2r_tf

Y = 20000 + 100 * (data.camera()[100:164, 100:180] + 20 * np.random.default_rng(0).standard_normal((64, 80)))
X = 20000 + 100.0 * data.camera()[100:164, 100:180]


class Lazy:
    """Like an array of xarray or dask."""

    def __array__(self, dtype=None, copy=None):
        return np.asarray(Y, dtype)


def error(x_hat):
    return np.sqrt(np.mean(np.square(np.asarray(x_hat, np.float64) - X)))


@pytest.mark.parametrize("dtype", [">u2", "<u2", ">f4", ">f8", "int32", ">i4", "uint32", "int64", "uint64", "float32"])
def test_dtypes_and_byte_orders(dtype):
    x_hat = r2r_tf.denoise(Y.astype(dtype), orientations=1)
    assert x_hat.dtype == np.dtype(dtype) and x_hat.dtype.byteorder == np.dtype(dtype).byteorder
    assert error(x_hat) < 0.5 * error(Y)


def test_signed_numbers_below_zero():
    x_hat = r2r_tf.denoise((Y - 40000).astype(np.int16), orientations=1)
    assert x_hat.dtype == np.int16 and error(x_hat.astype(float) + 40000) < 0.5 * error(Y)


def test_what_numpy_can_read():
    expected = r2r_tf.denoise(Y, orientations=1)
    np.testing.assert_array_equal(r2r_tf.denoise(Lazy(), orientations=1), expected)
    np.testing.assert_array_equal(r2r_tf.denoise(Y.tolist(), orientations=1), expected)
    both = r2r_tf.denoise([Y, Y[:40].astype(np.float32)], orientations=1)
    assert [one.shape for one in both] == [(64, 80), (40, 80)] and both[1].dtype == np.float32
    np.testing.assert_array_equal(both[0], expected)


def test_sigma_in_the_values_of_floats():
    assert error(r2r_tf.denoise(Y, sigma=2000.0, orientations=1)) < 0.5 * error(Y)
    assert error(r2r_tf.denoise(Y, sigma=20.0, orientations=1)) > 0.8 * error(Y)


GRAY, STACK = Y / 65535, np.stack([Y] * 5) / 65535
COLOUR = np.stack([Y] * 3, axis=-1) / 65535


@pytest.mark.parametrize(
    "array, options, message",
    [
        (
            STACK,
            {},
            r"taken for 80 channels, and the network takes 1: a stack of gray images needs one more axis, array\[..., None\]",
        ),
        (STACK[:3], {}, r"or if axis 0 holds the channels, give channel_axis=0"),
        (STACK[:3], {"channel_axis": 1}, "Axis 1 of shape"),
        (np.stack([COLOUR] * 2), {"channel_axis": 1}, "give channel_axis=3"),
        (GRAY > 0.5, {}, "floats or whole numbers. Received: dtype bool"),
        (GRAY + 1j, {}, "floats or whole numbers"),
        ("noisy.png", {}, "floats or whole numbers"),
        (None, {}, "floats or whole numbers"),
        ([[1.0, 2.0], [3.0]], {}, "one by one"),
        (GRAY, {"sigma": "loud"}, "sigma must be a number, from 0 to 1 .25 grey levels.*Received: sigma='loud'"),
        (GRAY, {"sigma": float("nan")}, "Received: sigma=nan"),
        (GRAY, {"sigma": [0.1, 0.2]}, "sigma must be a number"),
        (GRAY, {"sigma": 25}, "Received: sigma=25"),
        (GRAY, {"seed": -1}, "seed must be a whole number, at least 0"),
        (GRAY, {"seed": 0.5}, "seed must be a whole number"),
        (GRAY, {"max_memory_gb": 0}, "max_memory_gb must be a number"),
        (GRAY, {"max_memory_gb": float("inf")}, "max_memory_gb must be a number"),
        (COLOUR, {"channel_axis": 5}, "channel_axis must be a whole number, from -3 to 2"),
        (COLOUR, {"channel_axis": "last"}, "channel_axis must be a whole number"),
        (GRAY, {"num_recorruptions": "many"}, "num_recorruptions must be a whole number"),
        (GRAY, {"orientations": 2.5}, "orientations must be a whole number"),
        (GRAY, {"alpha": "strong"}, "alpha must be a finite number"),
    ],
)
def test_refusals_say_what_to_do(array, options, message):
    with pytest.raises(r2r_tf.InputError, match=message):
        r2r_tf.denoise(array, **options)
