"""Raised levels: inputs of every level from images with less noise, pairs of the theorem, weights that keep its minimum."""

import numpy as np
import pytest
import tensorflow as tf
from conftest import history, run_here, small_settings, standard_errors

from r2r_tf import noise, objectives
from r2r_tf.data import binning, datasets, frozen_images, pipeline, raised
from r2r_tf.errors import InputError
from r2r_tf.training import data as training_data

RANGE, LEVELS, ALPHA = noise.GaussianRange(0.02, 0.2), (0.02, 0.25), 0.5
BATCHES = {
    "batch_size": 32,
    "patch_size": 16,
    "seed": 3,
    "role": "train",
    "first_step": 0,
    "with_clean": True,
    "with_level": True,
}


@pytest.fixture(scope="module")
def images():
    """Twenty flat images of levels of their own, each with a copy of half the resolution."""
    pictures = [datasets.Picture(str(i), np.full((48, 40 + i, 1), 0.5, np.float32), None, "set/train", i) for i in range(20)]
    return binning.with_copies(frozen_images.noisy_images(pictures, RANGE, 0), (2,))


def choices(images, objective="r2r", count=64, steps=200, levels=LEVELS):
    choose = raised.chooser(images, objectives.OBJECTIVES[objective], ALPHA, levels, count, 3, "train")
    drawn = [choose(tf.constant(step, tf.int64)) for step in range(steps)]
    return [np.concatenate([part.numpy() for part in parts]) for parts in zip(*drawn, strict=True)]


def test_levels_are_even_and_images_have_less_noise_in_proportion_to_their_pixels(images):
    image, gain, alpha = choices(images)
    sigma = np.array([own.noise.sigma for own in images])
    level = sigma[image] * gain
    least = sigma * 1.25**0.5
    assert (least[image] <= level * (1 + 1e-6)).all() and alpha.min() >= ALPHA - 1e-4
    np.testing.assert_allclose(1 + alpha**2, gain**2, rtol=1e-5)
    low = max(LEVELS[0], least.min())
    assert standard_errors((level - low) / (LEVELS[1] - low), 0.5) < 5
    assert standard_errors((level < low + 0.25 * (LEVELS[1] - low)).astype(float), 0.25) < 5
    # above the least of all, every image is a candidate: each pixel has the same chance
    free = image[level > least.max()]
    pixels = np.array([own.noisy.size for own in images]) / sum(own.noisy.size for own in images)
    for number in range(len(images)):
        assert standard_errors((free == number).astype(float), pixels[number]) < 5
    assert standard_errors((free < 20).astype(float), 0.5) > 20


@pytest.mark.slow
def test_pairs_keep_the_theorem_at_every_level(images):
    """Noise over level has variance 1 in inputs, and is uncorrelated with the targets'; weights are those of the variances."""
    data = pipeline.batches(images, alpha=ALPHA, objective="r2r", antithetic=True, levels=LEVELS, num_steps=300, **BATCHES)
    inputs, targets, weights = (np.concatenate(part) for part in zip(*data.as_numpy_iterator(), strict=True))
    level, x = inputs[..., 1:], targets[..., 1:]
    unit, other = (inputs[..., :1] - x) / level, (targets[..., :1] - x) / level
    assert (unit**2).mean() == pytest.approx(1.0, abs=0.03) and (unit * other).mean() == pytest.approx(0.0, abs=0.03)
    assert abs((unit * (unit + other)).mean()) > 0.5
    for low, high in ((0.02, 0.1), (0.1, 0.18), (0.18, 0.25)):
        part = (level[:, 0, 0, 0] > low) & (level[:, 0, 0, 0] < high)
        assert (unit[part] ** 2).mean() == pytest.approx(1.0, abs=0.06)
    assert weights.shape == (len(inputs), 1, 1)
    # 1 / weight is linear in the target's variance, for inputs of one level
    expected = ((targets[..., :1] - x) ** 2).mean(axis=(1, 2, 3)) + 1.2e-3 * (level[:, 0, 0, 0] * 255 / 25) ** 1.1
    assert np.median(expected * weights[:, 0, 0] / 1.2e-3) == pytest.approx(1.0, abs=0.03)


def test_most_targets_have_less_noise_than_with_one_alpha(images):
    settings = small_settings(batch_size=32)
    plain, lifted = (
        training_data.target_variances(settings, images, role="train", first_step=0, num_steps=100, levels=levels)
        for levels in (None, LEVELS)
    )
    data = pipeline.batches(
        images, alpha=ALPHA, objective="r2r", antithetic=True, levels=LEVELS, num_steps=100, **{**BATCHES, "seed": 0}
    )
    measured = [((targets[..., :1] - targets[..., 1:]) ** 2).mean() for _, targets, _ in data.as_numpy_iterator()]
    assert lifted.mean() < 0.7 * plain.mean()
    assert np.mean(measured) == pytest.approx(lifted.mean(), rel=0.05) and np.corrcoef(measured, lifted)[0, 1] > 0.95


def test_weights_that_know_levels_alone_keep_the_minimum():
    """x ~ N(0, 1): the weighted regression of y_tilde on y_hat of one level, from images of two, has E[x | y_hat]'s slope."""
    rng, level = np.random.default_rng(0), 0.9
    x, sigma = rng.standard_normal(600_000), rng.choice([0.3, 0.7], 600_000)
    alpha = np.sqrt((level / sigma) ** 2 - 1)
    y, z = x + sigma * rng.standard_normal(x.size), sigma * rng.standard_normal(x.size)
    y_hat, y_tilde = y + alpha * z, y - z / alpha
    right = 1 / (1 + level**2)
    weights = raised.weights(np.full((x.size, 1), level), (sigma**2 * (1 + 1 / alpha**2))[:, None])
    # its variance is less than without weights, and weights that look at the noise move it
    moments = {
        name: (y_tilde - right * y_hat) * y_hat * own
        for name, own in (("levels", weights), ("none", np.ones_like(weights)), ("noise", 1 / (1 + y_tilde**2)))
    }
    assert standard_errors(moments["levels"], 0.0) < 5 and standard_errors(moments["none"], 0.0) < 5
    assert standard_errors(moments["noise"], 0.0) > 50
    spread = {name: moments[name].std() / (y_hat**2 * own).mean() for name, own in (("levels", weights), ("none", 1.0))}
    assert spread["levels"] < 0.95 * spread["none"]


@pytest.mark.slow
def test_fresh_noise_on_clean_images_lowers_levels_too(images):
    _, gain, _ = choices(images, "n2c")
    assert gain.min() < 0.5 < 2 < gain.max()
    data = pipeline.batches(images, alpha=ALPHA, objective="n2c", antithetic=False, levels=LEVELS, num_steps=100, **BATCHES)
    inputs, targets, _ = (np.concatenate(part) for part in zip(*data.as_numpy_iterator(), strict=True))
    unit = ((inputs[..., :1] - targets[..., 1:]) / inputs[..., 1:])[:, ::5, ::5]
    assert standard_errors(unit, 0.0) < 5 and standard_errors(unit**2, 1.0) < 5


def test_noise_that_is_real_is_never_lowered(images):
    _, gain, alpha = choices([image._replace(simulated=False) for image in images], "n2c")
    assert gain.min() >= 1 - 1e-6 and gain.max() > 2
    np.testing.assert_allclose(1 + alpha**2, gain**2, rtol=1e-5)


@pytest.mark.slow
def test_training_estimates_the_error_that_it_has(data_dir, tmp_path):
    """The loss has weights and says nothing by itself; the estimated PSNR still follows the error of the network's inputs."""
    changes = {"model": "ffdnet", "batch_norm": None, "sigma": "5-50", "raise_to": 60.0, "batch_size": 32}
    run_here(data_dir, tmp_path / "run", **changes, epochs=3, steps_per_epoch=40)
    rows = history(tmp_path / "run")
    assert rows[-1]["val_psnr"] > rows[0]["val_psnr"] and not any("pair_mse" in row for row in rows)
    # the same patches, without weights and with the network's estimates at the end: neither far better nor worse than in training
    assert abs(rows[-1]["est_psnr"] - rows[-1]["val_psnr"]) < 3


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes, message",
    [
        ({"raise_to": 0.0}, "`raise_to` must be above 0"),
        ({"raise_to": 300.0}, "`raise_to` must be above 0, at most 255"),
        ({"raise_to": 30.0}, "`raise_to` is for networks that are told the noise level, and `model=dncnn` is not"),
        (
            {"raise_to": 5.0, "sigma": "20-50", "model": "ffdnet", "batch_norm": None},
            "`raise_to` must be above what `alpha` makes",
        ),
        (
            {"raise_to": 60.0, "objective": "n2n", "model": "ffdnet", "batch_norm": None},
            "`objective=n2n` leaves them as they are",
        ),
        (
            {"raise_to": 60.0, "noise": "poisson,gain=0.01", "model": "ffdnet", "batch_norm": None},
            "`raise_to` is for Gaussian noise of one level an image, and these images have another",
        ),
    ],
)
def test_refused(data_dir, tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        run_here(data_dir, tmp_path / "run", **changes)
    assert not (tmp_path / "run").exists()
