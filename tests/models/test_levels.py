"""Networks that are told the noise level, and training images of many levels."""

import json

import keras
import numpy as np
import pytest
from conftest import history, run_here, small_settings, standard_errors
from skimage import data

import r2r_tf
from r2r_tf import noise
from r2r_tf.data import datasets, frozen_images, pipeline
from r2r_tf.errors import InputError
from r2r_tf.evaluation import metrics
from r2r_tf.inference import draws, passes, patches
from r2r_tf.models import denoisers, networks, structure
from r2r_tf.training import data as training_data

RANGE = noise.GaussianRange(0.05, 0.2)
BATCHES = {"batch_size": 8, "patch_size": 16, "seed": 3, "role": "train", "first_step": 0, "with_clean": True, "with_level": True}


@pytest.fixture(scope="module")
def images():
    pictures = [datasets.Picture(str(i), np.full((40, 40, 1), 0.5, np.float32), None, "set/train", i) for i in range(12)]
    return frozen_images.noisy_images(pictures, RANGE, 0)


@pytest.fixture(scope="module")
def network():
    """A small network that really uses its level, and whose last layer is not near zero."""
    network = networks.build("ffdnet", depth=3, features=8)
    last = network.get_layer("conv3")
    last.set_weights([np.random.default_rng(0).normal(0, 0.1, weight.shape) for weight in last.get_weights()])
    return network


def one_pass(network, y, level):
    return passes.apply(denoisers.Denoiser(network), y, level)


def test_each_image_has_one_level(images):
    levels = [image.noise.sigma for image in images]
    assert len(set(levels)) == 12 and min(levels) >= RANGE.low and max(levels) < RANGE.high
    for image, level in zip(images, levels, strict=True):
        y, x = image.noisy, image.clean
        assert standard_errors((y - x).ravel() ** 2, level**2) < 5
        assert standard_errors((y - x).ravel() ** 2, (level + 0.03) ** 2) > 5
    again = frozen_images.split_validation(images, 0)
    assert sorted(image.noise.sigma for part in again for image in part) == sorted(levels)


@pytest.mark.slow
@pytest.mark.parametrize("objective, antithetic", [("r2r", True), ("r2r", False), ("n2c", False)])
def test_level_channel_tells_the_noise_in_the_input(images, objective, antithetic):
    """Noise over level has variance 1 in inputs of any level; the targets' noise is independent of it."""
    dataset = pipeline.batches(images, alpha=0.5, objective=objective, antithetic=antithetic, num_steps=60, **BATCHES)
    inputs, targets = (np.concatenate(part) for part in zip(*dataset.as_numpy_iterator(), strict=True))
    y_hat, level, y_tilde, clean = inputs[..., :1], inputs[..., 1:], targets[..., :1], targets[..., 1:]
    assert (level == level[:, :1, :1]).all() and len(np.unique(level)) == 12
    unit = (y_hat - clean) / level
    # the patches overlap: their means are no independent draws, so the bound is a plain one
    assert (unit**2).mean() == pytest.approx(1.0, abs=0.05)
    assert np.corrcoef(level[:, 0, 0, 0], (y_hat - clean).std(axis=(1, 2, 3)))[0, 1] > 0.95
    assert ((y_tilde - clean) / level * unit).mean() == pytest.approx(0.0, abs=0.05)


@pytest.mark.slow
def test_target_variances_are_those_of_the_drawn_patches(images):
    """Few steps draw some images more often than others; the figures follow them, where the mean of all images would not."""
    settings = small_settings(batch_size=8)
    for first, steps in ((0, 1), (5, 1), (0, 3)):
        dataset = pipeline.batches(
            images, alpha=0.5, objective="r2r", antithetic=True, **{**BATCHES, "seed": 0, "first_step": first}, num_steps=steps
        )
        level = np.stack([inputs[:, 0, 0, 1] for inputs, _ in dataset.as_numpy_iterator()])
        expected = np.mean(level**2 / 1.25 * 5, axis=1)
        np.testing.assert_allclose(
            training_data.target_variances(settings, images, role="train", first_step=first, num_steps=steps), expected, rtol=1e-5
        )
    everything = np.mean([image.noise.mean_variance() for image in images]) * 5
    variances = training_data.target_variances(settings, images, role="train", first_step=0, num_steps=3)
    assert abs(variances[0] / everything - 1) > 0.01 and variances.mean() == pytest.approx(everything, rel=1e-5)


@pytest.mark.parametrize(
    "name, options, level, multiple",
    [
        ("dncnn", {"depth": 3}, False, 1),
        ("cnn5", {"channels": 3}, False, 1),
        ("ffdnet", {"depth": 3, "channels": 3}, True, 2),
        ("unet", {"features": 8, "blocks": 1}, True, 4),
    ],
)
def test_structure_is_told_from_the_network(name, options, level, multiple, tmp_path):
    network = networks.build(name, **options)
    denoisers.save(tmp_path, network, {"alpha": 0.5, "noise": None})
    for candidate in (network, denoisers.load(tmp_path).network):
        assert structure.form(candidate).takes_level == level and structure.form(candidate).multiple == multiple
        assert structure.form(candidate).channels == options.get("channels", 1)


def test_reflection_to_a_multiple():
    assert patches.reflected(5, 4).tolist() == [0, 1, 2, 3, 4, 3, 2, 1]
    assert patches.reflected(8, 4).tolist() == list(range(8)) and patches.reflected(1, 4).tolist() == [0, 0, 0, 0]


def test_one_pass_appends_the_level_and_reflects(network, rng):
    y = rng.random((2, 9, 8, 1)).astype(np.float32)
    levels = [0.1, 0.2]
    reflected = np.concatenate([y, y[:, 7:8]], axis=1)
    by_hand = np.concatenate([reflected, np.ones_like(reflected) * np.reshape(levels, (2, 1, 1, 1))], axis=-1).astype(np.float32)
    np.testing.assert_allclose(one_pass(network, y, levels), network(by_hand)[:, :9], atol=1e-6)
    assert np.abs(one_pass(network, y, 0.1)[1] - one_pass(network, y, levels)[1]).max() > 1e-4


def test_denoise_tells_the_level_of_what_it_feeds(network, rng):
    """f(y) hears sigma; a recorrupted input has sigma sqrt(1 + alpha^2)."""
    y, sigma, alpha = rng.random((16, 16)).astype(np.float32), 0.1, 0.5
    single = r2r_tf.denoise(y, network, sigma=sigma, num_recorruptions=0)
    np.testing.assert_allclose(single, one_pass(network, y[None, ..., None], sigma)[0, ..., 0], atol=1e-6)
    z = draws.window((0, 0, 0), (0, 16), (0, 16), 1)[..., 0]
    pair = np.stack([y + alpha * sigma * z, y - alpha * sigma * z]).astype(np.float32)[..., None]
    expected = one_pass(network, pair, sigma * np.sqrt(1 + alpha**2)).mean(axis=0)[..., 0]
    estimate = r2r_tf.denoise(y, network, sigma=sigma, alpha=alpha, num_recorruptions=2, orientations=1)
    np.testing.assert_allclose(estimate, expected, atol=1e-6)


def test_level_of_a_range_is_estimated_from_each_image(network, rng):
    stack = 0.5 + np.reshape([0.06, 0.15, 0.5], (3, 1, 1, 1)) * rng.standard_normal((3, 128, 128, 1))
    stack = stack.astype(np.float32)
    whole = r2r_tf.denoise(stack, denoisers.Denoiser(network, 0.5, RANGE), num_recorruptions=0)
    for y, x_hat, level, tolerance in zip(stack, whole, (0.06, 0.15, RANGE.high), (0.002, 0.005, 1e-6), strict=True):
        low, high = (r2r_tf.denoise(y, network, sigma=level + t, num_recorruptions=0).mean() for t in (-tolerance, tolerance))
        assert min(low, high) <= x_hat.mean() <= max(low, high)


def test_homogeneous_networks_hear_levels_outside_their_range(rng):
    """f(c y, c sigma) = c f(y, sigma) without biases: the estimated level is told as it is."""
    network = networks.build("unet", features=8, near_zero_start=False)
    assert structure.is_homogeneous(network)
    y = rng.standard_normal((1, 16, 16, 1)).astype(np.float32)
    np.testing.assert_allclose(one_pass(network, 3 * y, 0.3), 3 * one_pass(network, y, 0.1), atol=1e-4)
    biased = networks.build("dncnn", depth=3)
    biased.set_weights([weight + 0.1 for weight in biased.get_weights()])
    inputs = keras.Input((None, None, 2))
    bounded = keras.Model(inputs, keras.layers.Conv2D(1, 3, padding="same", use_bias=False, activation="tanh")(inputs))
    assert not structure.is_homogeneous(biased) and not structure.is_homogeneous(bounded)
    noisy = (0.5 + 0.01 * rng.standard_normal((128, 128))).astype(np.float32)
    own = denoisers.Denoiser(network, 0.5, RANGE)
    alone = r2r_tf.denoise(noisy, own, orientations=1)
    near, clamped = (r2r_tf.denoise(noisy, own, sigma=sigma, orientations=1) for sigma in (0.01, RANGE.low))
    assert np.abs(alone - near).max() < 0.1 * np.abs(alone - clamped).max()


@pytest.mark.parametrize("sigma, told, gain", [(3, 3 / 255, 1.0), (75, None, 12.0)])
def test_shipped_network_outside_its_range(sigma, told, gain):
    """It was trained for 5 to 55, and cleans pictures with less and more noise; strong noise it estimates by itself."""
    x = data.camera()[100:260, 100:260] / 255
    y = (x + sigma / 255 * np.random.default_rng(0).standard_normal(x.shape)).astype(np.float32)
    assert metrics.psnr(x, r2r_tf.denoise(y, sigma=told, orientations=1), clip=False) > metrics.psnr(x, y, clip=False) + gain


@pytest.mark.slow
def test_training_on_a_range_from_the_settings(data_dir, tmp_path):
    changes = {"model": "ffdnet", "batch_norm": None, "sigma": "5-50", "test_dataset": "skimage_natural", "ema": 0.5}
    run_here(data_dir, tmp_path / "run", **changes, epochs=2, steps_per_epoch=40)
    card = json.loads((tmp_path / "run" / "model.json").read_text())
    assert card["noise"] == {"name": "gaussian_range", "low": 5 / 255, "high": 50 / 255}
    summary = json.loads((tmp_path / "run" / "test" / "summary.json").read_text())
    assert summary["sigma"] == 27.5 and summary["methods"]["model"]["psnr"] > summary["methods"]["noisy input"]["psnr"] + 2
    # the mean of squared target noises, at most the loudest level's, in pairs that share their z
    pixels, variance = 8 * 8 * 24 * 24 / 2, 5 * (50 / 255) ** 2
    for row in history(tmp_path / "run"):
        estimated, monitored = (10 ** (-row[name] / 10) for name in ("val_est_psnr", "val_psnr"))
        assert abs(estimated - monitored) < 5 * variance * np.sqrt(2 / pixels)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"sigma": "5-50"}, "`model=dncnn` is not told the noise level"),
        ({"model": "ffdnet", "batch_norm": None, "patch_size": 25}, "`patch_size` must be a multiple of 2"),
        ({"model": "ffdnet"}, "`model=ffdnet` has no batch_norm"),
        ({"test_sigma": "5-50"}, "Received: sigma='5-50'"),
        ({"model": "unet", "depth": None, "batch_norm": None, "sigma": "50-5"}, "from a lower to a higher"),
    ],
)
def test_bad_settings(data_dir, tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        run_here(data_dir, tmp_path / "run", **changes)
    assert not (tmp_path / "run").exists()
