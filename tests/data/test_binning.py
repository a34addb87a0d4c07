"""Binned copies: they obey the theorem with the noise that they have left, and with no other."""

import numpy as np
import pytest
import skimage.transform
from conftest import run_here, small_settings, standard_errors

from r2r_tf import noise, objectives, recorruption
from r2r_tf.data import binning, datasets, frozen_images, pipeline
from r2r_tf.errors import InputError
from r2r_tf.noise import camera
from r2r_tf.training import settings

SIGMA, ALPHA = 0.1, 0.5
OBJECTIVES = ("r2r", "n2c", "n2n")


def images(count=6, side=288, level=noise.Gaussian(SIGMA), second_copy=True):
    """Flat pictures, each of another gray, with frozen noise."""
    flat = [np.full((side, side, 1), 0.1 * (i + 1), np.float32) for i in range(count)]
    pictures = [datasets.Picture(str(i), x, None, "set/train", i) for i, x in enumerate(flat)]
    return frozen_images.noisy_images(pictures, level, 0, second_copy=second_copy)


def batches(own, objective, **changes):
    """(noise of inputs, noise of targets, inputs' last channel) of some steps, [N, p, p, 1] each."""
    options = {"alpha": ALPHA, "antithetic": False, "batch_size": 12, "patch_size": 24, "seed": 1, "role": "train"}
    options |= {"first_step": 0, "num_steps": 6, "with_clean": True, "with_level": True, **changes}
    parts = [[part.numpy() for part in batch] for batch in pipeline.batches(own, objective=objective, **options)]
    inputs, targets = (np.concatenate(part) for part in zip(*parts, strict=True))
    return inputs[..., :1] - targets[..., 1:], targets[..., :1] - targets[..., 1:], inputs[..., 1:]


def of_copies(own, factor):
    """Copies of one factor alone."""
    return [image for image in own if image.binned_by == factor]


@pytest.mark.parametrize("factor", (2, 3))
@pytest.mark.parametrize("shape", ((12, 18, 1), (13, 20, 3)))
def test_binned_are_the_means_of_whole_blocks(factor, shape, rng):
    image = rng.random(shape).astype(np.float32)
    rows, columns = (side // factor * factor for side in shape[:2])
    reference = skimage.transform.downscale_local_mean(image[:rows, :columns], (factor, factor, 1))
    np.testing.assert_allclose(binning.binned(image, factor), reference, rtol=0, atol=1e-6)
    assert binning.binned(image, factor).dtype == image.dtype


@pytest.mark.parametrize("factor", (2, 3))
def test_noise_of_copies_is_white_and_weaker_by_the_factor(factor):
    own = of_copies(binning.with_copies(images(), (factor,)), factor)
    n = np.stack([image.noisy - image.clean for image in own])
    assert [image.noise.sigma for image in own] == pytest.approx([SIGMA / factor] * 6)
    assert standard_errors(n**2, (SIGMA / factor) ** 2) < 5
    assert standard_errors(n[:, 1::2] * n[:, :-1:2], 0.0) < 5 and standard_errors(n[:, :, 1::2] * n[:, :, :-1:2], 0.0) < 5
    assert standard_errors(n**2, SIGMA**2) > 50


@pytest.mark.slow
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("factor", (2, 3))
def test_noises_of_a_pair_of_copies_are_independent(objective, factor):
    own = of_copies(binning.with_copies(images(), (factor,)), factor)
    n_in, n_target, level = batches(own, objective)
    gain = recorruption.input_gain(ALPHA) if objective == "r2r" else 1.0
    assert standard_errors(n_in**2, (gain * SIGMA) ** 2) < 5
    np.testing.assert_allclose(level, gain * SIGMA, rtol=1e-6)
    alpha = recorruption.alpha_of_gain(gain * factor)
    variance = objectives.OBJECTIVES[objective].target_variance(own[0].noise, alpha)
    if objective == "n2c":
        assert variance == 0 and not n_target.any()
    else:
        assert standard_errors(n_target**2, variance) < 5 and standard_errors(n_in * n_target, 0.0) < 5


def test_copies_recorrupted_as_if_binning_left_the_noise_alone_are_not_independent():
    own = of_copies(binning.with_copies(images(), (2,)), 2)
    n_in, n_target, _ = batches([image._replace(noise=noise.Gaussian(SIGMA), binned_by=1) for image in own], "r2r")
    assert standard_errors(n_in * n_target, 0.0) > 50


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_whole_images_and_copies_have_inputs_of_one_level(objective):
    own = binning.with_copies(images(), (2, 3))
    n_in, _, level = batches(own, objective, batch_size=18)
    assert np.ptp(level) < 1e-7
    assert standard_errors(n_in**2, float(level[0, 0, 0, 0]) ** 2) < 5


def test_antithetic_copies_mirror_their_draws():
    own = of_copies(binning.with_copies(images(), (2,)), 2)
    n_in, n_target, _ = batches(own, "r2r", antithetic=True, num_steps=1)
    (plus, minus), (target_plus, target_minus) = np.split(n_in, 2), np.split(n_target, 2)
    np.testing.assert_allclose(plus + minus, target_plus + target_minus, rtol=0, atol=1e-6)
    alpha = recorruption.alpha_of_gain(2 * recorruption.input_gain(ALPHA))
    np.testing.assert_allclose((plus - minus) / alpha, (target_minus - target_plus) * alpha, rtol=0, atol=1e-5)


def test_a_copy_teaches_with_a_sixteenth_of_the_noise():
    alpha = recorruption.alpha_of_gain(2 * recorruption.input_gain(ALPHA))
    whole, copy = (noise.Gaussian(s).target_variance(a) for s, a in ((SIGMA, ALPHA), (SIGMA / 2, alpha)))
    assert alpha == pytest.approx(2.0) and whole / SIGMA**2 == pytest.approx(5.0) and whole / copy == pytest.approx(16.0)


def test_each_image_keeps_its_own_level():
    own = binning.with_copies(images(level=noise.GaussianRange(0.02, 0.2)), (2,))
    assert [image.noise.sigma / 2 for image in own[:6]] == pytest.approx([image.noise.sigma for image in own[6:]])


def test_no_factors_no_copies():
    own = images()
    assert binning.with_copies(own, None) == own and all(image.binned_by == 1 for image in own)


def test_correlated_noise_is_refused():
    correlated = camera.Correlated(np.full((16, 16, 1), SIGMA, np.float32), np.ones((1, 1, 1, 1), np.float32))
    with pytest.raises(InputError, match="`binning` is for white noise"):
        binning.with_copies([image._replace(noise=correlated) for image in images()], (2,))


@pytest.mark.parametrize(
    "changes, message",
    (
        ({"binning": (1,)}, "different numbers of at least 2"),
        ({"binning": (2, 2)}, "different numbers"),
    ),
)
def test_copies_without_sense_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        settings.check(small_settings(**changes))


@pytest.mark.slow
def test_training_estimates_its_psnr_with_copies_too(data_dir, tmp_path):
    """Without the copies' own target variances the estimate would be off by decibels, or undefined."""
    common = {"epochs": 1, "steps_per_epoch": 40, "learning_rate": 1e-9, "binning": (2,)}
    record = run_here(data_dir, tmp_path / "run", **common)
    row = dict(zip(*[line.split(",") for line in (tmp_path / "run" / "history.csv").read_text().splitlines()], strict=True))
    # at its start the network returns its input: noise of sigma sqrt(1 + alpha^2), for whole images and copies alike
    expected = -20 * np.log10(25 / 255 * recorruption.input_gain(ALPHA))
    assert float(row["est_psnr"]) == pytest.approx(expected, abs=0.3)
    assert record["training_images"] == 6


def test_copies_smaller_than_a_patch_are_refused(data_dir, tmp_path):
    with pytest.raises(InputError, match=r"smallest image side, \d+ \(after `binning`\)"):
        run_here(data_dir, tmp_path / "run", binning=(20,))
    assert not (tmp_path / "run").exists()
