"""From noisy colour pictures of unknown, correlated noise to a denoiser: --sigma=auto."""

import json

import numpy as np
import pytest
import scipy.ndimage
from conftest import history, small_settings
from skimage import data

import r2r_tf
from r2r_tf.data import datasets, test_sets
from r2r_tf.errors import InputError
from r2r_tf.evaluation import baselines, metrics, scores
from r2r_tf.evaluation import files as evaluation_files
from r2r_tf.models import denoisers
from r2r_tf.noise import camera
from r2r_tf.reports import figures
from r2r_tf.training import data as training_data
from r2r_tf.training import run

pytestmark = pytest.mark.slow

CHANGES = {
    "model": "ffdnet",
    "depth": 5,
    "features": 24,
    "batch_norm": None,
    "sigma": "auto",
    "alpha": 1.0,
    "patch_size": 32,
    "batch_size": 8,
    "epochs": 3,
    "steps_per_epoch": 120,
    "learning_rate": 2e-3,
    "optimizer": "muon",
    "schedule": "cosine",
    "ema": 0.99,
}


def camera_pictures(seed):
    """Eight pictures of two ISO settings: noise correlated over neighbours and channels, stronger in the middle brightnesses."""
    rng = np.random.default_rng(seed)
    photograph = scipy.ndimage.gaussian_filter(data.astronaut() / 255, (2, 2, 0))
    taps = np.outer([1, 2, 1], [1, 2, 1])[..., None, None] * (0.6 * np.eye(3) + 0.4)
    kernel = taps / np.sqrt(np.square(taps).sum(axis=(0, 1, 2)))
    pictures = []
    for index in range(8):
        top, left = divmod(index, 4)
        x = photograph[256 * top : 256 * top + 160, 117 * left : 117 * left + 160].astype(np.float32)
        sigma = (0.03 if index % 2 else 0.06) * (0.5 + 2 * x * (1 - x))
        y = x + camera.Correlated(sigma, kernel).from_normal(rng.standard_normal((162, 162, 3)))
        setting = f"Camera ISO {100 if index % 2 else 400}"
        pictures.append(datasets.Picture(str(index), x, y.astype(np.float32), "camera/train", index, setting))
    return pictures


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Run directories of the estimated noise and of white noise that is as strong."""
    workdirs = {sigma: tmp_path_factory.mktemp("runs") / f"sigma{sigma}" for sigma in ("auto", "10")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_data.datasets, "prepare", lambda *arguments: None)
        patch.setattr(training_data.datasets, "load_pictures", lambda *arguments: camera_pictures(0))
        for sigma, workdir in workdirs.items():
            run.train(small_settings(**{**CHANGES, "sigma": sigma}), workdir)
    return workdirs


def test_estimated_noise_trains_and_white_noise_does_not(trained):
    test = camera_pictures(1)[::2]  # the same scenes with other noise: what is told apart is the noise
    scores = {}
    for name, workdir in trained.items():
        model = denoisers.load(workdir)
        estimates = [r2r_tf.denoise(picture.noisy, model, num_recorruptions=2) for picture in test]
        scores[name] = np.mean([metrics.psnr(p.clean, x_hat) for p, x_hat in zip(test, estimates, strict=True)])
    noisy = np.mean([metrics.psnr(picture.clean, picture.noisy) for picture in test])
    assert scores["auto"] > noisy + 2
    assert scores["auto"] > scores["10"] + 1.5


def test_estimated_psnr_is_that_of_the_clean_pictures(trained):
    """The theorem, with all that was estimated; white recorruption misses by far more."""
    gaps = {name: abs(history(path)[-1]["val_est_psnr"] - history(path)[-1]["val_psnr"]) for name, path in trained.items()}
    assert gaps["auto"] < 1.0 and not gaps["10"] < 2.0


def test_noise_is_kept_with_the_model(trained):
    card = json.loads((trained["auto"] / "model.json").read_text())
    assert card["noise"]["name"] == "camera"
    model = denoisers.load(trained["auto"])
    assert isinstance(model.noise, camera.CameraNoise) and model.noise.kernel.shape[2:] == (3, 3)
    y = camera_pictures(1)[0].noisy
    # an image says how strong its noise is; a level that is given counts instead
    strong, weak = (r2r_tf.denoise(y, model, sigma=sigma, num_recorruptions=2) for sigma in (0.08, 0.01))
    assert np.abs(strong - weak).max() > 1e-3
    patches = r2r_tf.kernel_denoise(y, model, num_recorruptions=2, patch_size=80, stride=80)
    assert np.mean(np.square(patches - r2r_tf.denoise(y, model, num_recorruptions=2))) < 4e-4


def test_evaluation_lets_the_model_find_its_noise(trained, tmp_path):
    pictures = camera_pictures(1)[:2]
    images = training_data.frozen_images.noisy_images(pictures, None, 0)
    pairs = [(picture.clean, picture.noisy) for picture in camera_pictures(2)[:2]]
    test = test_sets.TestSet("camera", "test", [p.name for p in pictures], images, None, 0, pairs)
    model = denoisers.load(trained["auto"])
    summary = scores.evaluate(model, test, tmp_path, num_recorruptions=2)
    expected = [
        metrics.psnr(p.clean, r2r_tf.denoise(p.noisy, model, num_recorruptions=2, seed=(0, i))) for i, p in enumerate(pictures)
    ]
    assert summary["methods"]["model"]["psnr"] == pytest.approx(np.mean(expected), abs=1e-3)
    assert summary["sigma"] is None and "real noise" in evaluation_files.table(summary)
    # the classical denoisers get the level that is best for them
    for name, sigma in summary["sigma_of_baselines"].items():
        method = baselines.BASELINES[name]
        by_level = {s: np.mean([metrics.psnr(x, method(y, s)) for x, y in pairs]) for s in baselines.LEVELS}
        assert max(by_level, key=by_level.get) * 255 == pytest.approx(sigma)
        assert summary["methods"][name]["psnr"] > summary["methods"]["noisy input"]["psnr"]
    assert figures.read_png(tmp_path / "examples.png").shape[-1] == 3


def test_auto_is_for_noisy_pictures(data_dir):
    with pytest.raises(InputError, match="noisy already"):
        training_data.load_images(small_settings(sigma="auto", data_dir=data_dir))
