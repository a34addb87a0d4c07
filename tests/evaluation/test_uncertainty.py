"""The deviation between passes against the true error: in closed form for a network that changes nothing."""

import csv

import keras
import numpy as np
import pytest
from conftest import run_command

from r2r_tf import noise
from r2r_tf.data import frozen_images, test_sets
from r2r_tf.evaluation import files as evaluation_files
from r2r_tf.evaluation import uncertainty
from r2r_tf.inference import passes
from r2r_tf.models import denoisers

SIGMA, ALPHA, DRAWS = 0.1, 0.5, 4


@pytest.fixture(scope="module")
def identity():
    inputs = keras.Input((None, None, 1))
    kernel = keras.layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones")
    return denoisers.Denoiser(keras.Model(inputs, kernel(inputs)), ALPHA, noise.Gaussian(SIGMA))


def flat_images(levels, side=150):
    """A test set of constant images, each with white noise of its own level."""
    rng = np.random.default_rng(0)
    x = np.full((side, side, 1), 0.5, np.float32)
    noisy = [(x + level * rng.standard_normal(x.shape)).astype(np.float32) for level in levels]
    images = [frozen_images.FrozenImage(y, noise.Gaussian(SIGMA), x) for y in noisy]
    return test_sets.TestSet("flat", "test", [str(level) for level in levels], images, noise.Gaussian(SIGMA), 0, None)


def test_closed_form(identity):
    """Mean over T draws of y + alpha z: the error is sigma sqrt(1 + alpha^2 / T), the deviation alpha sigma."""
    test = flat_images([SIGMA, SIGMA])
    rows = uncertainty.measure(identity, test, passes.Average(ALPHA, DRAWS, antithetic=False))
    whole, tenths = rows[-1], rows[:-1]
    standard_error = 1 / np.sqrt(2 * 2 * 150**2)
    assert whole["deviation"] == pytest.approx(255 * ALPHA * SIGMA, rel=4 * standard_error)
    assert whole["error"] == pytest.approx(255 * SIGMA * np.sqrt(1 + ALPHA**2 / DRAWS), rel=4 * standard_error)
    assert whole["ratio"] == whole["error"] / whole["deviation"]
    deviations = [row["deviation"] for row in tenths]
    assert len(tenths) == 10 and deviations == sorted(deviations)
    for name in ("deviation", "error"):
        assert np.mean([row[name] ** 2 for row in tenths]) == pytest.approx(whole[name] ** 2, rel=1e-3)
    # the draws' deviation says nothing of n: no tenth has more error than another
    assert np.ptp([row["error"] for row in tenths]) < 8 * whole["error"] / np.sqrt(2 * 4500)
    # more noise than is known of: the ratio says so
    more = uncertainty.measure(identity, flat_images([2 * SIGMA]), passes.Average(ALPHA, DRAWS, antithetic=False))
    assert more[-1]["ratio"] > 1.8 * whole["ratio"]


def test_files_and_words(identity, tmp_path):
    rows = uncertainty.measure(identity, flat_images([SIGMA]), passes.Average(ALPHA, DRAWS, antithetic=False))
    evaluation_files.write_calibration(tmp_path, rows)
    with (tmp_path / "calibration.csv").open() as file:
        assert [row["decile"] for row in csv.DictReader(file)] == [*map(str, range(1, 11)), "all"]
    assert (tmp_path / "calibration.png").read_bytes().startswith(b"\x89PNG")
    assert f"{rows[-1]['ratio']:.1f} times" in uncertainty.sentence(rows)


@pytest.mark.slow
def test_command(data_dir, tmp_path):
    arguments = ["--model=cnn5-awgn25", f"--data_dir={data_dir}", "--max_images=1", f"--output_dir={tmp_path / 'out'}"]
    process = run_command("tools.evaluate", *arguments, "--num_recorruptions=2", "--uncertainty")
    assert "Uncertainty: the root mean square error is" in process.stdout
    assert (tmp_path / "out" / "calibration.csv").is_file() and (tmp_path / "out" / "calibration.png").is_file()
    process = run_command("tools.evaluate", *arguments, "--num_recorruptions=0", "--orientations=1", "--uncertainty", check=False)
    assert process.returncode == 1 and "two passes or more" in process.stderr
