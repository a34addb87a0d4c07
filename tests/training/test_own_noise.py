"""Training on one's own pictures with nothing told: the simplest law that fits, and never a loss."""

import json
import re

import numpy as np
import pytest
import scipy.ndimage
import skimage.data
import skimage.transform
from conftest import weights

from r2r_tf import noise, pretrained
from r2r_tf.data.datasets import Picture
from r2r_tf.errors import InputError
from r2r_tf.image_files.value_range import ValueRange
from r2r_tf.inference import defaults, stacks
from r2r_tf.models import denoisers, networks
from r2r_tf.noise import blocks
from r2r_tf.noise.stabilised import Stabilised
from r2r_tf.training import network_forms, own_noise, run, settings
from r2r_tf.training.settings import Settings

ALPHA = 0.5


def scenes(count=4):
    """Parts of an embedded photograph, [192, 192, 1]."""
    photograph = skimage.transform.resize(skimage.data.camera() / 255.0, (384, 384))
    places = [(0, 0), (0, 192), (192, 0), (192, 192)][:count]
    return [photograph[top : top + 192, left : left + 192, None] for top, left in places]


def pictures(noisy):
    return [Picture(str(number), None, np.float32(y), "mine", number) for number, y in enumerate(noisy)]


def levels_of(shown, noisy):
    """Levels in the units of the noisy pictures, of those that are shown in units of their own."""
    own = zip(shown.models, shown.pictures, noisy, strict=True)
    return [model.sigma * np.std(y) / np.std(picture.noisy) for model, picture, y in own]


def test_white_noise_has_one_level(rng):
    noisy = [x + 0.1 * rng.standard_normal(x.shape) for x in scenes()]
    shown = own_noise.of_pictures(pictures(noisy), True, ALPHA)
    levels = levels_of(shown, noisy)
    assert np.ptp(levels) < 1e-3 * levels[0] and levels[0] == pytest.approx(0.1, rel=0.05)
    assert shown.words.startswith("white") and isinstance(shown.pool, noise.GaussianRange)


def test_a_picture_of_another_level_keeps_it_and_one_without_noise_is_left_out(rng):
    noisy = [x + level * rng.standard_normal(x.shape) for x, level in zip(scenes(), (0.1, 0.1, 0.2, 0.1), strict=True)]
    ramp = np.tile(np.linspace(0, 1, 192)[:, None, None], (1, 192, 1))
    shown = own_noise.of_pictures(pictures([*noisy, ramp]), True, ALPHA)
    assert len(shown.pictures) == 4 and "1 pictures without noise" in shown.words
    levels = levels_of(shown, noisy)
    assert levels[2] == pytest.approx(0.2, rel=0.07) and levels[0] == pytest.approx(0.1, rel=0.07)


@pytest.mark.slow
def test_a_picture_of_smooth_noise_among_others_is_left_out(rng):
    noisy = [rng.poisson(20 * x + 1) / 30.0 for x in scenes(3)]
    smooth = scipy.ndimage.gaussian_filter(rng.standard_normal((192, 192, 1)), (0.7, 0.7, 0))
    mixed = pictures([*noisy, scenes()[3] + 0.1 * smooth / smooth.std()])
    mixed = [picture._replace(setting=str(number // 3)) for number, picture in enumerate(mixed)]
    shown = own_noise.of_pictures(mixed, True, ALPHA)
    assert [picture.name for picture in shown.pictures] == ["0", "1", "2"]
    assert shown.words.startswith("counting noise") and shown.words.endswith("1 pictures of smooth noise are left out")


@pytest.mark.slow
def test_counting_noise_becomes_gaussian_of_known_level(rng):
    """What is shown has noise of the sigma that goes with it: against stabilised values of the same counts without noise."""
    clean = [20 * x + 1 for x in scenes()]
    shown = own_noise.of_pictures(pictures([rng.poisson(x) / 30.0 for x in clean]), True, ALPHA, (100.0, 130.0))
    # in the values of files that have counts on 100
    gain, constant = re.fullmatch(r"counting noise, variance ([\d.]+) m - ([\d.]+)", shown.words).groups()
    assert float(gain) == pytest.approx(1, rel=0.15) and float(constant) == pytest.approx(100, rel=0.15)
    assert all(isinstance(model, Stabilised) for model in shown.models)
    for x, own, model in zip(clean, shown.pictures, shown.models, strict=True):
        expected = np.mean([2 * np.sqrt(rng.poisson(x) + 0.375) for _ in range(60)], axis=0) * model.many
        residual = own.noisy - expected
        residual -= residual.mean()  # the zero is that of the picture's content
        assert np.mean(np.square(residual)) == pytest.approx(np.mean(np.square(model.sigma)), rel=0.12)
        assert np.mean(model.sigma) == pytest.approx(model.many, rel=0.1)


def test_networks_that_are_not_homogeneous_have_a_cameras(rng):
    noisy = pictures([x + 0.1 * rng.standard_normal(x.shape) for x in scenes()])
    assert own_noise.of_pictures(noisy, False, ALPHA).pool.family == "camera"


def test_stabilised_noise_is_one_of_the_house(rng):
    sigma = rng.uniform(0.05, 0.1, (40, 60, 1)).astype(np.float32)
    own = Stabilised(sigma, 0.1)
    x = np.full(sigma.shape, 0.5, np.float32)
    draws = [own.sample(x, noise.SeededDraws((number,), x.shape)) for number in range(400)]
    assert np.std(draws, axis=0).mean() == pytest.approx(sigma.mean(), rel=0.01)
    means = [blocks.binned(y, 2) for y in draws]
    assert np.mean(np.var(means, axis=0)) == pytest.approx(own.binned(2).mean_variance(), rel=0.02)
    assert own.level() == 0.1 and own.scaled(2).binned(2).level() == pytest.approx(0.1)
    assert own.crop(slice(3, 9), slice(0, 5)).sigma.shape == (6, 5, 1) and own.at(x) is own


def settings_of(folder, **changes):
    small = {"model": "unet", "depth": 3, "sigma": "auto", "init": "auto", "batch_size": 4, "patch_size": 32, "epochs": 1}
    return Settings(
        images=(str(folder),),
        **{**small, "steps_per_epoch": 2, "patience": 1, "optimizer": "muon", "saved_model": False, **changes},
    )


@pytest.fixture
def folder(tmp_path, rng):
    path = tmp_path / "mine"
    path.mkdir()
    for number, x in enumerate(scenes()):
        np.save(path / f"{number}.npy", np.float32(x + 0.1 * rng.standard_normal(x.shape))[..., 0])
    return path


@pytest.mark.slow
def test_a_training_that_spoils_leaves_what_it_started_from(folder, tmp_path, capsys):
    run.train(settings_of(folder, learning_rate=0.3), tmp_path / "run")
    assert f"of {pretrained.STARTS[1]} as it is" in capsys.readouterr().out
    card = json.loads((tmp_path / "run" / "model.json").read_text())
    assert card["best_epoch"] == 0 and card["noise"]["name"] == "gaussian_range"
    # used as they were, in as many orientations
    assert denoisers.load(tmp_path / "run").orientations == denoisers.load(pretrained.STARTS[1]).orientations == 1
    shipped = denoisers.read(pretrained.STARTS[1])[0].get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(weights(tmp_path / "run"), shipped, strict=True))


@pytest.mark.slow
def test_a_run_of_another_form_starts_anew(folder, tmp_path, capsys):
    run.train(settings_of(folder, features=8), tmp_path / "run")
    assert "as it is" not in capsys.readouterr().out
    assert json.loads((tmp_path / "run" / "model.json").read_text())["best_epoch"] == 1


@pytest.mark.slow
def test_a_level_that_the_loss_contradicts_is_refused(folder, tmp_path, monkeypatch):
    levels = own_noise._levels
    monkeypatch.setattr(own_noise, "_levels", lambda values: [1.3 * level for level in levels(values)])
    with pytest.raises(InputError, match=f"stronger than the pictures'.*{pretrained.STARTS[1]}.*Give `sigma`"):
        run.train(settings_of(folder), tmp_path / "run")


@pytest.mark.slow
def test_its_network_cleans_white_and_counting_noise(folder, tmp_path, rng):
    run.train(settings_of(folder), tmp_path / "run")
    trained = denoisers.load(tmp_path / "run")
    y = rng.poisson(20 * scenes()[0] + 1).astype(np.float32)
    found = stacks.denoise(trained, y[None], ValueRange(0.0, 30.0), defaults.plan(trained)).found
    assert found[0].law is not None and found[0].law.gain == pytest.approx(1.0, rel=0.2)


@pytest.mark.slow
def test_colour_starts_from_shipped_weights_where_its_noise_is_white():
    camera = denoisers.load(pretrained.CAMERA).noise
    for model, expected in ((noise.GaussianRange(0.1, 0.2), pretrained.STARTS[3]), (camera, None)):
        network = networks.build("unet", channels=3, depth=3)
        before = network.get_weights()
        assert network_forms.start_from(network, settings.AUTO, model) == expected
        changed = any(not np.array_equal(own, old) for own, old in zip(network.get_weights(), before, strict=True))
        assert changed == (expected is not None)
