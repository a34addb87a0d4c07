"""Shared by all tests: a prepared data directory, the real data where it is present, small trainings, small linear problems."""

import contextlib
import csv
import importlib
import io
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

from tools.benchmark_suites.developed import as_jpeg

# a thread a worker: processes of the tests share the cores, and those that tests start do so, too
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ |= dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1")

ROOT = pathlib.Path(__file__).parent.parent
REAL_DATA = os.environ.get("R2R_TF_MANUAL_DIR")


def pytest_collection_modifyitems(items):
    """What is for releases is slow, too; TensorFlow's base class has a method named test_session that is no test."""
    items[:] = [item for item in items if item.name != "test_session"]
    for item in items:
        if item.get_closest_marker("release"):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """TFDS data directory of the test session, with skimage_natural prepared."""
    from r2r_tf.data import datasets

    path = tmp_path_factory.mktemp("tfds")
    datasets.prepare("skimage_natural", str(path))
    return str(path)


@pytest.fixture(scope="session")
def manual_dir():
    """The folder of the real images; tests that need it are skipped where it is not given."""
    if not REAL_DATA:
        pytest.skip("R2R_TF_MANUAL_DIR does not name a folder with BSD400/, BSD68/ and PolyU/")
    return REAL_DATA


@pytest.fixture(scope="session")
def real_data_dir(tmp_path_factory):
    """TFDS data directory for the real data sets; the first test that wants one prepares it."""
    return str(tmp_path_factory.mktemp("real_tfds"))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def run_python(*arguments, check=True, **options):
    """Runs python with the checkout importable; returns the finished process with its output as text."""
    process = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False, **options
    )
    assert not check or process.returncode == 0, process.stdout + process.stderr
    return process


def run_command(module, *arguments, check=True):
    """Runs a command in this process, by its `main`; returns what `run_python` would."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = importlib.import_module(module).main(list(map(str, arguments)))
    assert not check or code == 0, out.getvalue() + err.getvalue()
    return subprocess.CompletedProcess([module, *arguments], code, out.getvalue(), err.getvalue())


def standard_errors(samples, expected):
    """How many standard errors the mean of independent samples is away from the expected value."""
    samples = np.asarray(samples, np.float64)
    return abs(samples.mean() - expected) / (samples.std(ddof=1) / np.sqrt(samples.size))


def mean_denoiser(sigma):
    """A denoiser whose network is a 3x3 mean of gray images: alpha 0.5, and noise of its own."""
    import keras

    from r2r_tf import noise
    from r2r_tf.models import denoisers

    inputs = keras.Input((None, None, 1))
    mean = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False)
    network = keras.Model(inputs, mean(inputs))
    mean.set_weights([np.full((3, 3, 1, 1), 1 / 9, np.float32)])
    return denoisers.Denoiser(network, 0.5, noise.Gaussian(sigma))


# a training of seconds, on the command line and in Python
FLAGS = (
    "--test_dataset=skimage_natural",
    "--depth=3",
    "--features=8",
    "--batch_size=8",
    "--epochs=4",
    "--steps_per_epoch=12",
    "--learning_rate=3e-3",
    "--schedule=cosine",
    "--ema=0.9",
    "--num_recorruptions=2",
    "--patch_size=24",
)


def small_settings(**changes):
    """`Settings` of a training of seconds, changed."""
    from r2r_tf.training.settings import Settings

    small = {
        "depth": 3,
        "features": 8,
        "batch_norm": True,
        "batch_size": 8,
        "patch_size": 24,
        "epochs": 2,
        "steps_per_epoch": 6,
        "learning_rate": 3e-3,
        "num_recorruptions": 2,
        "saved_model": False,
    }
    return Settings(**{**small, **changes})


def train(data_dir, workdir, *extra, check=True):
    """Trains by the command, with `FLAGS`."""
    return run_command("r2r_tf.train", f"--data_dir={data_dir}", f"--workdir={workdir}", *FLAGS, *extra, check=check)


def run_here(data_dir, workdir, **changes):
    """Trains in this process, with `small_settings`."""
    from r2r_tf.training import run

    return run.train(small_settings(data_dir=data_dir, **changes), workdir)


@pytest.fixture(scope="session")
def short_run(data_dir, tmp_path_factory):
    """The run directory of `run_here`, two epochs; `copied` where a test changes it."""
    workdir = tmp_path_factory.mktemp("short") / "run"
    run_here(data_dir, workdir)
    return workdir


def copied(run, folder):
    """A copy of a run directory, to be changed."""
    return shutil.copytree(run, folder / "run")


def history(workdir):
    """The rows of history.csv."""
    with (workdir / "history.csv").open() as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def weights(workdir):
    """Those of model.keras."""
    import keras

    return keras.models.load_model(workdir / "model.keras", compile=False).get_weights()


def as_camera(x):
    """A clean picture [H, W, 3] with noise of the kind that the weights `camera` know, saved as cameras do, uint8."""
    import r2r_tf
    from r2r_tf import noise, pretrained

    model = r2r_tf.load_pretrained(pretrained.CAMERA).noise
    y = np.asarray(model.at(x).sample(x, noise.SeededDraws((0,), x.shape)))
    return as_jpeg(np.round(255 * np.clip(y, 0, 1)).astype(np.uint8), 92, 2)


def mean_of_frames(rng, corner=0):
    """(clean, noisy) electrons [256, 256] of stars in the dark: the mean of four exposures of gain 1 and read noise 2."""
    from skimage import color, data

    x = 5 + 400 * color.rgb2gray(data.hubble_deep_field()[corner : corner + 256, corner : corner + 256]) ** 2
    return x, np.mean([rng.poisson(x) + rng.normal(0, 2, x.shape) for _ in range(4)], axis=0)


def tiny_run(place):
    """Writes a run directory: an untrained network of two layers for gray images of any dtype. Returns its path."""
    from r2r_tf import noise
    from r2r_tf.models import denoisers, networks

    card = {"alpha": 0.5, "noise": noise.Gaussian(0.1).to_json(), "channels": 1, "value_range": [0, 1]}
    denoisers.save(place, networks.build("dncnn", depth=2, features=4), card)
    return str(place)


def noisy_counts(*shape):
    """A smooth picture or stack with white noise of 20, uint16 around 1000."""
    rows, columns = np.mgrid[: shape[-2], : shape[-1]]
    clean = 1000 + 200 * np.sin(rows / 9) + 200 * np.cos(columns / 7)
    return np.round(clean + np.random.default_rng(0).normal(0, 20, shape)).astype(np.uint16)
