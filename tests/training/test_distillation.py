"""Distillation: a teacher's estimate from y is the right target for a recorrupted y, and training starts where it is told."""

import dataclasses
import json

import numpy as np
import pytest
from conftest import small_settings, standard_errors

from r2r_tf import noise
from r2r_tf.data import frozen_images, pipeline
from r2r_tf.errors import InputError
from r2r_tf.inference import arrays
from r2r_tf.models import denoisers, networks
from r2r_tf.training import data as training_data
from r2r_tf.training import run

SIGMA = 0.1


def batches(images, alpha, **changes):
    options = {"batch_size": 32, "patch_size": 16, "seed": 3, "role": "train", "first_step": 0, "num_steps": 10}
    data = pipeline.batches(images, alpha=alpha, objective="distill", antithetic=False, **{**options, **changes})
    return list(data.as_numpy_iterator())


@pytest.fixture
def images(rng):
    noisy = [rng.random((40, 48, 1)).astype(np.float32) for _ in range(4)]
    return [frozen_images.FrozenImage(y, noise.Gaussian(SIGMA), taught=y + 1) for y in noisy]


def test_input_is_recorrupted_and_target_is_the_teachers(images):
    for inputs, targets in batches(images, 0.0, num_steps=2):
        np.testing.assert_allclose(targets - inputs, 1.0, atol=1e-6)
    pairs = batches(images, 0.5, with_level=True)
    z = np.concatenate([inputs[..., :1] - (targets - 1) for inputs, targets in pairs])
    assert standard_errors(z, 0.0) < 5 and standard_errors(z**2, (0.5 * SIGMA) ** 2) < 5
    np.testing.assert_allclose(pairs[0][0][..., 1], SIGMA * 1.25**0.5, rtol=1e-6)


def test_estimates_stay_beside_their_images(images):
    train, validation = frozen_images.split_validation(images, seed=0)
    assert len(validation) == 1
    for image in train + validation:
        np.testing.assert_array_equal(image.taught, image.noisy + 1)


def test_posterior_mean_taught_at_y_is_the_posterior_mean_at_a_noisier_y():
    """x ~ N(0, 1): regressing E[x | y] on y + alpha z gives E[x | y + alpha z]; regressing y itself gives something else."""
    rng, sigma, alpha = np.random.default_rng(0), 0.8, 0.7
    x = rng.standard_normal(400_000)
    y = x + sigma * rng.standard_normal(x.size)
    y_hat = y + alpha * sigma * rng.standard_normal(x.size)
    right = 1 / (1 + sigma**2 * (1 + alpha**2))
    for target, holds in ((y / (1 + sigma**2), True), (y, False)):
        # at the right slope the residual is uncorrelated with the input
        assert (standard_errors((target - right * y_hat) * y_hat, 0.0) < 5) == holds


@pytest.mark.slow
def test_student_learns_from_its_teacher_and_starts_where_it_is_told(data_dir, tmp_path):
    common = {
        "data_dir": data_dir,
        "model": "ffdnet",
        "depth": 3,
        "features": 8,
        "batch_norm": None,
        "sigma": "5-50",
        "epochs": 1,
    }
    run.train(small_settings(**common, steps_per_epoch=60), tmp_path / "teacher")
    taught = {"objective": "distill", "teacher": str(tmp_path / "teacher"), "alpha": 0.0, "antithetic": False}
    for name, init in (("fresh", None), ("same", str(tmp_path / "teacher"))):
        settings = small_settings(**common, **taught, steps_per_epoch=1, learning_rate=1e-9, init=init)
        run.train(settings, tmp_path / name)
    # started as its teacher and hardly trained, it still is; all orientations of the teacher are another matter
    teacher, fresh, same = (denoisers.load(tmp_path / name) for name in ("teacher", "fresh", "same"))
    assert json.loads((tmp_path / "same" / "model.json").read_text())["objective"] == "distill" and same.alpha == 0
    y = np.random.default_rng(0).random((24, 24)).astype(np.float32)
    of_teacher, of_fresh, of_same = (arrays.denoise(y, own, sigma=SIGMA, num_recorruptions=0) for own in (teacher, fresh, same))
    np.testing.assert_allclose(of_same, of_teacher, atol=1e-4)
    assert np.abs(of_fresh - of_teacher).max() > 0.01
    settings = small_settings(**common, **taught)
    images, *_ = training_data.load_images(settings)
    everywhere = arrays.denoise(images[0].noisy, teacher, sigma=images[0].noise.sigma, channel_axis=-1)
    np.testing.assert_allclose(images[0].taught, everywhere, atol=1e-5)
    images, *_ = training_data.load_images(dataclasses.replace(settings, binning=(2,)))
    copy, level = images[-1].noisy, [image.noise for image in images][-1].sigma
    assert images[-1].binned_by == 2
    np.testing.assert_allclose(images[-1].taught, arrays.denoise(copy, teacher, sigma=level, channel_axis=-1), atol=1e-5)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"objective": "distill"}, "`teacher` and `objective=distill` belong together"),
        ({"teacher": "unet-awgn"}, "`teacher` and `objective=distill` belong together"),
        ({"objective": "distill", "teacher": "nobody"}, "nobody"),
        ({"objective": "distill", "teacher": "unet-awgn", "alpha": -1.0}, "`alpha`"),
        ({"objective": "distill", "teacher": "dncnn-awgn25", "binning": (2,)}, "that is told the level"),
        ({"objective": "distill", "teacher": "RGB"}, "`teacher` must be for images of 1 channel"),
        ({"init": "unet-awgn"}, "`init` must be a network of the same form"),
    ],
)
def test_refusals(data_dir, tmp_path, changes, message):
    denoisers.save(tmp_path / "rgb", networks.build("dncnn", depth=3, channels=3), {})
    changes = {name: str(tmp_path / "rgb") if value == "RGB" else value for name, value in changes.items()}
    with pytest.raises(InputError, match=message):
        run.train(small_settings(data_dir=data_dir, **changes), tmp_path / "run")
    assert not (tmp_path / "run").exists()
