"""A new family of noise is one file: it trains, evaluates and denoises through the doors that all have."""

import json

import numpy as np
import pytest
from conftest import history, run_here, small_settings, standard_errors
from speckle import Speckle

import r2r_tf
from r2r_tf import noise
from r2r_tf.data import test_sets
from r2r_tf.errors import InputError
from r2r_tf.evaluation import scores
from r2r_tf.inference.draws import FieldDraws
from r2r_tf.models import denoisers
from r2r_tf.training import settings


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(noise.FAMILIES, "speckle", Speckle)


def test_pairs_are_independent_and_the_loss_exceeds_the_error_by_the_targets_variance():
    """The theorem for this family, on one flat image with fresh noise at each pixel; with a wrong split it fails."""
    x = np.full((400, 400, 1), 0.4, np.float32)
    y = Speckle().sample(x, noise.SeededDraws((1,), x.shape))
    own = Speckle().at(y)
    y_hat, y_tilde = own.recorrupt(y, noise.SeededDraws((2,), x.shape), 1.0)
    np.testing.assert_allclose((y_hat + y_tilde) / 2, y, rtol=1e-5)

    def misses(target):
        x_hat = 0.5 * y_hat + 0.1
        return standard_errors(np.square(x_hat - target) - np.square(x_hat - x), own.target_variance(1.0))

    assert standard_errors(y_hat, 0.4) < 5 and standard_errors(y_tilde, 0.4) < 5
    assert standard_errors((y_hat - x) * (y_tilde - x), 0.0) < 5
    assert misses(y_tilde) < 5 < 20 < misses(y)


def test_mirrored_draws_swap_the_pair():
    y = np.random.default_rng(0).random((70, 50, 1)).astype(np.float32)
    draws = FieldDraws((3, 4), (10, 80), (0, 50), 1)
    (y_hat, y_tilde), twins = (Speckle().recorrupt(y, own, 1.0) for own in (draws, draws.mirrored()))
    np.testing.assert_allclose(twins[0], y_tilde, atol=1e-6)
    np.testing.assert_allclose(twins[1], y_hat, atol=1e-6)
    window = FieldDraws((3, 4), (20, 60), (5, 30), 1).uniform()
    np.testing.assert_array_equal(window, draws.uniform()[10:50, 5:30])
    assert np.abs(draws.uniform(1) - draws.uniform()).max() > 0.5


@pytest.mark.slow
def test_it_trains_evaluates_and_denoises(data_dir, tmp_path):
    changes = {"noise": "speckle,looks=2", "alpha": 1.0, "test_dataset": "skimage_natural"}
    record = run_here(data_dir, tmp_path / "run", **changes, epochs=2, steps_per_epoch=150, batch_norm=False)
    means = record["test"]["methods"]
    assert means["model"]["psnr"] > means["noisy input"]["psnr"] + 4
    # the clean-free PSNR is the monitored one, within what 2 % of the targets' variance makes of it
    last = history(tmp_path / "run")[-1]
    assert abs(10 ** (-last["val_est_psnr"] / 10) - 10 ** (-last["val_psnr"] / 10)) < 0.03
    denoiser = denoisers.load(tmp_path / "run")
    assert denoiser.noise == Speckle() and json.loads((tmp_path / "run" / "model.json").read_text())["noise"] == {
        "name": "speckle"
    }
    test = test_sets.load_test_set("skimage_natural", Speckle(), 1, data_dir=data_dir, max_images=1)
    summary = scores.evaluate(denoiser, test, tmp_path / "evaluation")
    x_hat = r2r_tf.denoise(test.images[0].noisy, denoiser, channel_axis=-1, seed=(0, 0))
    assert summary["methods"]["model"]["psnr"] == pytest.approx(r2r_tf.psnr(test.images[0].clean, x_hat), abs=1e-3)
    assert summary["sigma"] == pytest.approx(255 * noise.mean_level(test.images[0].noise), abs=1e-3)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"noise": "speckle,looks=3"}, "two looks"),
        ({"noise": "snow"}, "noise must be one of .*speckle"),
        ({"noise": "speckle,looks"}, "Received: noise='speckle,looks'"),
        ({"noise": "speckle,looks=2", "sigma": "15"}, "leave `sigma` out"),
    ],
)
def test_refusals(changes, message):
    with pytest.raises(InputError, match=message):
        settings.check(small_settings(**changes))


def test_families_are_found_by_themselves():
    shipped = set("gaussian gaussian_range blurred camera poisson poisson_range gamma binomial poisson_gaussian".split())
    assert set(noise.FAMILIES) == shipped | {"speckle"}
    with pytest.raises(InputError, match="knows the noise models binomial, blurred, camera"):
        noise.from_json({"name": "snow"})
    assert noise.from_text("gaussian,sigma=5-55") == noise.from_grey_levels("5-55")
