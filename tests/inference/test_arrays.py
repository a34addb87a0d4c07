"""Averaging over recorruptions: exact for known networks, reproducible, shape and dtype kept, bad input named."""

import json

import keras
import numpy as np
import pytest
from conftest import standard_errors

import r2r_tf
from r2r_tf import noise
from r2r_tf.inference import draws, passes
from r2r_tf.models import denoisers, networks

SIGMA = 0.1


@pytest.fixture(scope="module")
def network():
    model = networks.build("dncnn", depth=3, features=4)
    model.get_layer("conv3").set_weights([np.random.default_rng(0).normal(0, 0.1, (3, 3, 4, 1))])
    return model


@pytest.fixture(scope="module")
def blur():
    """A linear network: a 3x3 mean."""
    inputs = keras.Input((None, None, 1))
    model = keras.Model(inputs, keras.layers.Conv2D(1, 3, padding="same", use_bias=False)(inputs))
    model.set_weights([np.full((3, 3, 1, 1), 1 / 9)])
    return model


@pytest.fixture
def y(rng):
    return (0.5 + 0.4 * rng.standard_normal((30, 26))).astype(np.float32)


def test_no_recorruption_is_one_pass(network, y):
    direct = network.predict_on_batch(y[None, ..., None])[0, ..., 0]
    np.testing.assert_allclose(r2r_tf.denoise(y, network, num_recorruptions=0), direct, atol=1e-6)
    np.testing.assert_allclose(r2r_tf.denoise(y, network, alpha=0), direct, atol=1e-6)
    assert direct.min() < 0 and direct.max() > 1


def test_antithetic_pairs_are_exact_for_a_linear_network(blur, y):
    direct = r2r_tf.denoise(y, blur, num_recorruptions=0)
    np.testing.assert_allclose(r2r_tf.denoise(y, blur, sigma=SIGMA, num_recorruptions=2), direct, atol=1e-6)
    plain = r2r_tf.denoise(y, blur, sigma=SIGMA, num_recorruptions=2, antithetic=False)
    assert np.abs(plain - direct).max() > 0.01


def test_mean_and_variance_of_plain_draws(blur, y):
    """For the 3x3 mean, f(y + alpha z) has variance alpha^2 sigma^2 / 9 inside, and T draws a T-th of it."""
    direct = r2r_tf.denoise(y, blur, num_recorruptions=0)
    for count in (1, 4):
        estimates = [
            r2r_tf.denoise(y, blur, sigma=SIGMA, alpha=2.0, num_recorruptions=count, antithetic=False, seed=s) for s in range(60)
        ]
        errors = (np.stack(estimates) - direct)[:, 4:-4:4, 4:-4:4]
        assert standard_errors(errors, 0.0) < 5
        assert standard_errors(errors**2, (2.0 * SIGMA) ** 2 / 9 / count) < 5


def test_fewer_draws_are_a_prefix_of_more(network, y):
    def estimate(count):
        return r2r_tf.denoise(y, network, sigma=SIGMA, num_recorruptions=count, antithetic=False, orientations=1)

    third = 3 * estimate(3) - 2 * estimate(2)
    z = draws.window((0, 0, 2), (0, 30), (0, 26), 1)
    np.testing.assert_allclose(third[..., None], network(y[None, ..., None] + 0.5 * SIGMA * z)[0], atol=1e-5)


def test_batching_of_draws_changes_nothing(network, y, monkeypatch):
    whole = r2r_tf.denoise(y, network, sigma=SIGMA)
    monkeypatch.setattr(passes, "MOST_PIXELS", 1)
    np.testing.assert_allclose(r2r_tf.denoise(y, network, sigma=SIGMA), whole, atol=1e-6)


def test_memory_decides_the_tiles_alone(network, rng):
    y = rng.random((2, 60, 70, 1)).astype(np.float32)
    whole = r2r_tf.denoise(y, network, sigma=SIGMA, seed=4)
    np.testing.assert_allclose(r2r_tf.denoise(y, network, sigma=SIGMA, seed=4, max_memory_gb=1e-4), whole, atol=1e-5)


def test_channels_go_one_by_one_through_a_gray_network(network, rng):
    y = rng.random((2, 3, 20, 22)).astype(np.float32)
    x_hat = r2r_tf.denoise(y, network, num_recorruptions=0, channel_axis=1)
    for image, channel in ((0, 0), (1, 2)):
        np.testing.assert_allclose(
            x_hat[image, channel], r2r_tf.denoise(y[image, channel], network, num_recorruptions=0), atol=1e-6
        )


def test_seed_decides_the_draws(network, y):
    first, same, other = (r2r_tf.denoise(y, network, sigma=SIGMA, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).max() > 1e-5


@pytest.mark.parametrize("dtype", (np.float16, np.float32, np.float64, np.uint8, np.uint16))
def test_shape_and_dtype_stay(network, y, dtype):
    limit = np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else 1
    array = (np.clip(y, 0, 1) * limit).astype(dtype)
    flat = r2r_tf.denoise(array, network, sigma=SIGMA)
    assert flat.shape == array.shape and flat.dtype == dtype
    for form, axis in (
        (array[..., None], None),
        (array[None, ..., None], None),
        (array[None], 0),
        (np.stack([array] * 2)[:, None], 1),
    ):
        x_hat = r2r_tf.denoise(form, network, sigma=SIGMA, channel_axis=axis)
        assert x_hat.shape == form.shape and x_hat.dtype == dtype
        first = x_hat.reshape(-1, *array.shape)[0]
        np.testing.assert_allclose(
            first.astype(float) / limit, flat.astype(float) / limit, atol=1 / min(limit, 255) if limit > 1 else 1e-3
        )


def test_sigma_of_the_model_and_estimated_sigma(network, rng):
    noisy = (0.5 + SIGMA * rng.standard_normal((128, 128))).astype(np.float32)
    stored = denoisers.Denoiser(network, alpha=0.5, noise=noise.Gaussian(SIGMA))
    np.testing.assert_array_equal(r2r_tf.denoise(noisy, stored), r2r_tf.denoise(noisy, network, sigma=SIGMA, alpha=0.5))
    estimated = r2r_tf.denoise(noisy, network)
    # the estimate is a few per cent off: close to the true level's result, but not it
    assert 0 < np.abs(estimated - r2r_tf.denoise(noisy, network, sigma=SIGMA)).max() < 0.01


def test_network_trained_without_recorruption_gets_one_pass(network, y):
    supervised = denoisers.Denoiser(network, alpha=0.0, noise=noise.Gaussian(SIGMA))
    np.testing.assert_array_equal(r2r_tf.denoise(y, supervised), r2r_tf.denoise(y, network, num_recorruptions=0))


def test_patchwise_prediction(blur, network, rng):
    y = rng.random((50, 61)).astype(np.float32)
    one_tile = r2r_tf.kernel_denoise(y[:40, :40], network, sigma=SIGMA, patch_size=40)
    assert one_tile.shape == (40, 40)
    # away from the tiles' borders a 3x3 mean does not notice the tiling
    tiled = r2r_tf.kernel_denoise(y, blur, sigma=SIGMA, num_recorruptions=2, patch_size=40, stride=40)
    whole = r2r_tf.denoise(y, blur, num_recorruptions=0)
    np.testing.assert_allclose(tiled[1:9, 1:20], whole[1:9, 1:20], atol=1e-6)
    # an estimated level, one for all crops of an image
    estimated = r2r_tf.kernel_denoise(np.stack([y, y])[..., None], network, patch_size=40)
    assert estimated.shape == (2, 50, 61, 1) and np.isfinite(estimated).all()
    with pytest.raises(ValueError, match="at least the patch size"):
        r2r_tf.kernel_denoise(y, blur, sigma=SIGMA, patch_size=51)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"num_recorruptions": 3}, "even with antithetic"),
        ({"num_recorruptions": -2}, "at least 0"),
        ({"sigma": 25}, "25/255"),
        ({"orientations": 0}, "orientations must be"),
        ({"orientations": 9}, "orientations must be"),
        ({"alpha": -1}, "alpha must be"),
        ({"channel_axis": 0}, r"\[H, W\]"),
        ({"model": "no/such/model"}, "no/such/model"),
    ],
)
def test_bad_arguments(network, y, arguments, message):
    with pytest.raises(r2r_tf.InputError, match=message):
        r2r_tf.denoise(y, **{"model": network, **arguments})


@pytest.mark.parametrize(
    "array, message",
    [
        (np.zeros((4, 4, 7), np.float32), "channel_axis"),
        (np.zeros((0, 4), np.float32), "not empty"),
        (np.zeros(4), "Received: shape"),
        (np.zeros((4, 4), bool), "dtype bool"),
        (np.zeros((4, 4), bool), "dtype bool"),
    ],
)
def test_bad_arrays(network, array, message):
    with pytest.raises(r2r_tf.InputError, match=message):
        r2r_tf.denoise(array, network)


def test_level_of_a_tiny_image_cannot_be_estimated(network):
    with pytest.raises(r2r_tf.InputError, match="give sigma"):
        r2r_tf.denoise(np.float32([[0.5, 0.6]]), network)


def test_model_files(network, tmp_path, y):
    card = {"alpha": 0.5, "antithetic": True, "noise": noise.Gaussian(SIGMA).to_json(), "channels": 1, "value_range": [0, 1]}
    denoisers.save(tmp_path, network, card)
    loaded = denoisers.load(tmp_path)
    assert loaded.noise == noise.Gaussian(SIGMA) and loaded.alpha == 0.5
    assert json.loads((tmp_path / "model.json").read_text())["sha256"] == loaded.sha256
    for source in (str(tmp_path), tmp_path / "model.keras", loaded):
        np.testing.assert_allclose(r2r_tf.denoise(y, source), r2r_tf.denoise(y, network, sigma=SIGMA), atol=1e-6)
    (tmp_path / "other.keras").write_bytes(b"not a model")
    with pytest.raises(r2r_tf.InputError, match="not a Keras model"):
        denoisers.load(tmp_path / "other.keras")
    (tmp_path / "model.json").write_text("{")
    with pytest.raises(r2r_tf.InputError, match="model.json is damaged"):
        denoisers.load(tmp_path)
