"""Training: what is learned, exact resuming after kill -9, and what a finished run leaves."""

import json
import math
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import FLAGS, history, run_command, run_here, run_python, train, weights

from r2r_tf.models import denoisers
from r2r_tf.training import averaging, checkpoints, optimizers

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def finished(data_dir, tmp_path_factory):
    """An uninterrupted run and what it printed."""
    workdir = tmp_path_factory.mktemp("runs") / "whole"
    return workdir, train(data_dir, workdir)


def test_finished_run_leaves_everything(finished):
    workdir, process = finished
    names = {path.name for path in workdir.iterdir()}
    assert names == {
        "flags.txt",
        "run.json",
        "history.csv",
        "checkpoints",
        "model.keras",
        "model.json",
        "saved_model",
        "curves.png",
        "tensorboard",
        "test",
    }
    assert {path.name for path in (workdir / "checkpoints").iterdir()} == {"epoch_00003", "epoch_00004"}
    rows = history(workdir)
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    assert rows[-1]["val_loss"] < rows[0]["val_loss"]
    run = json.loads((workdir / "run.json").read_text())
    (session,) = run["sessions"]
    assert run["finished_epochs"] == 4 and run["seeds"]["noise_seed"] == 0
    assert session["first_epoch"] == 1 and session["versions"]["keras"] == keras.__version__ and session["devices"]
    assert "git_commit" in session
    card = json.loads((workdir / "model.json").read_text())
    assert card["value_range"] == [0, 1] and card["channels"] == 1
    assert card["alpha"] == 0.5 and card["noise"] == {"name": "gaussian", "sigma": 25 / 255} and card["patches"] == 4 * 12 * 8
    assert "noisy input" in process.stdout and "non-local means" in process.stdout and "model" in process.stdout


def test_model_opens_in_a_process_without_the_package(finished):
    workdir, _ = finished
    code = (
        "import sys, keras, numpy; m = keras.models.load_model(sys.argv[1], safe_mode=True, compile=False); "
        "print(m.predict_on_batch(numpy.ones((1, 9, 7, 1), 'float32')).shape, 'r2r_tf' in sys.modules, "
        "{l.__class__.__module__.split('.')[0] for l in m.layers})"
    )
    assert run_python("-c", code, workdir / "model.keras").stdout.strip() == "(1, 9, 7, 1) False {'keras'}"


def test_estimated_psnr_follows_the_monitored_one(finished):
    """The figure that needs no clean image agrees with the one that does, within the estimate's own noise."""
    workdir, _ = finished
    pixels = math.ceil(0.2 * 12) * 8 * 24 * 24
    # standard deviation of a mean of squared Gaussian target noises, relative to the error that is to be estimated
    variance = (25 / 255) ** 2 * 5
    for row in history(workdir):
        error = variance * math.sqrt(2 / pixels) / 10 ** (-row["val_psnr"] / 10)
        assert abs(row["val_est_psnr"] - row["val_psnr"]) < 5 * 10 * math.log10(1 + error)


def test_again_says_finished_and_changed_flags_are_refused(finished, data_dir):
    workdir, _ = finished
    before = (workdir / "model.keras").stat().st_mtime_ns
    assert "finished already" in train(data_dir, workdir).stdout
    process = train(data_dir, workdir, "--sigma=15", check=False)
    assert process.returncode == 1 and "--sigma=25 there, --sigma=15 now" in process.stderr and "Traceback" not in process.stderr
    assert (workdir / "model.keras").stat().st_mtime_ns == before


def test_replay_of_flags_gives_the_same_model(finished, tmp_path):
    workdir, _ = finished
    run_command("r2r_tf.train", f"--flagfile={workdir / 'flags.txt'}", f"--workdir={tmp_path / 'replay'}")
    assert all(np.array_equal(a, b) for a, b in zip(weights(workdir), weights(tmp_path / "replay"), strict=True))


_DYING = """
import os, signal, sys
from r2r_tf.training import checkpoints
from r2r_tf import train
from r2r_tf.inference import export

point, count = sys.argv.pop(1), int(sys.argv.pop(1))
calls = []

def dying(function, after):
    def call(*args, **kwargs):
        calls.append(function)
        result = function(*args, **kwargs) if after or len(calls) < count else None
        if len(calls) == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return call

if point == "weights written":
    checkpoints.np.savez = dying(checkpoints.np.savez, after=True)
elif point == "before history":
    checkpoints.append_history = dying(checkpoints.append_history, after=False)
elif point == "before export":
    export.export_saved_model = dying(export.export_saved_model, after=False)
elif point == "mid-epoch":
    from r2r_tf.training import callbacks
    callbacks.StopOnNaN.on_train_batch_end = dying(callbacks.StopOnNaN.on_train_batch_end, after=True)
sys.exit(train.main())
"""


def test_killed_and_resumed_is_bit_for_bit_the_same(finished, data_dir, tmp_path):
    """kill -9 at the moments that matter, in one run directory; then to the end."""
    workdir = tmp_path / "killed"
    left = (
        # (where the process dies, at which call; then: lines of history.csv, checkpoints, whether model.keras is there)
        ("mid-epoch", 17, 1, {1}, False),
        ("weights written", 1, 1, {1}, False),
        ("before history", 2, 2, {2, 3}, False),
        ("before export", 1, 4, {3, 4}, True),
    )
    for point, count, lines, epochs, has_model in left:
        process = run_python("-c", _DYING, point, count, f"--data_dir={data_dir}", f"--workdir={workdir}", *FLAGS, check=False)
        assert process.returncode == -signal.SIGKILL, process.stderr
        assert len(history(workdir)) == lines
        assert {int(path.name[-5:]) for path in checkpoints.finished(workdir / "checkpoints")} == epochs
        assert (workdir / "model.keras").exists() == has_model
    train(data_dir, workdir)
    whole, _ = finished
    assert all(np.array_equal(a, b) for a, b in zip(weights(whole), weights(workdir), strict=True))
    timed = ("patches_per_s", "seconds")
    kept = [[{k: v for k, v in row.items() if k not in timed} for row in history(path)] for path in (whole, workdir)]
    assert kept[0] == kept[1]
    run = json.loads((workdir / "run.json").read_text())
    assert [session["first_epoch"] for session in run["sessions"]] == [1, 2, 2, 4]


def test_tensorboard_gets_every_figure_and_panels_of_every_epoch(finished):
    workdir, _ = finished
    steps = {}
    for file in (workdir / "tensorboard").iterdir():
        for event in tf.compat.v1.train.summary_iterator(str(file)):
            for value in event.summary.value:
                steps.setdefault(value.tag, []).append(event.step)
    panels = {tag for tag in steps if tag.startswith("panels/")}
    figures = {"loss/train", "loss/validation", "psnr/estimated_train", "psnr/estimated_validation", "psnr/monitored_validation"}
    assert set(steps) - panels == figures | {"training/learning_rate", "training/patches_per_s"} and len(panels) == 2
    assert all(epochs == [1, 2, 3, 4] for epochs in steps.values())


def test_more_epochs_continue_a_finished_run(data_dir, short_run, tmp_path):
    run_here(data_dir, tmp_path / "run", epochs=1)
    run_here(data_dir, tmp_path / "run", epochs=2)
    assert all(np.array_equal(a, b) for a, b in zip(weights(tmp_path / "run"), weights(short_run), strict=True))


@pytest.mark.parametrize(
    "changes",
    [
        {"objective": "n2c"},
        {"objective": "n2n"},
        {
            "model": "cnn5",
            "depth": None,
            "features": None,
            "batch_norm": None,
            "precision": "bfloat16",
            "antithetic": False,
            "dataset": "skimage_natural/rgb",
        },
    ],
)
def test_other_objectives_and_networks(data_dir, tmp_path, changes):
    run_here(data_dir, tmp_path / "run", epochs=1, steps_per_epoch=2, **changes)
    denoiser = denoisers.load(tmp_path / "run")
    assert denoiser.alpha == (0.5 if changes.get("objective", "r2r") == "r2r" else 0.0)
    assert {layer.dtype_policy.name for layer in denoiser.network.layers} == {"float32"}


def test_parts_of_a_batch_train_and_resume_exactly(data_dir, tmp_path):
    """From the command line, where the parts share the cores, to a plain network on disk."""
    flags = (f"--data_dir={data_dir}", *FLAGS, "--microbatches=2", "--schedule=constant", "--ema=0")
    flags += ("--test_dataset=", "--nosaved_model")
    for workdir, epochs in (("cut", 1), ("cut", 2), ("uncut", 2)):
        run_python("-m", "r2r_tf.train", *flags, f"--workdir={tmp_path / workdir}", f"--epochs={epochs}")
    assert all(np.array_equal(a, b) for a, b in zip(weights(tmp_path / "cut"), weights(tmp_path / "uncut"), strict=True))
    saved = keras.models.load_model(tmp_path / "uncut" / "model.keras")
    assert {layer.name for layer in saved.layers} >= {"conv1", "norm2", "conv3"}


def test_averages_validate_as_well_as_the_weights_they_average(data_dir, tmp_path, monkeypatch):
    """At a constant rate, where the average lags behind the weights that the moving statistics belong to."""
    monkeypatch.setattr(optimizers, "ema_momentum", lambda settings: settings.ema)  # not made shorter: it shall lag
    common = {"schedule": "constant", "learning_rate": 5e-3, "steps_per_epoch": 150, "epochs": 1, "depth": 7}
    run_here(data_dir, tmp_path / "raw", **common)
    run_here(data_dir, tmp_path / "averaged", ema=0.98, **common)
    monkeypatch.setattr(averaging, "measure_statistics", lambda network, batches: None)
    run_here(data_dir, tmp_path / "stale", ema=0.98, **common)
    raw, averaged, stale = (history(tmp_path / name)[-1] for name in ("raw", "averaged", "stale"))
    assert raw["loss"] == averaged["loss"] == stale["loss"]
    assert averaged["val_psnr"] > raw["val_psnr"] - 0.5
    assert stale["val_psnr"] < averaged["val_psnr"] - 0.4
