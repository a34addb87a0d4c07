"""Training: what is learned, exact resuming after kill -9, refusals, schedules, and what a finished run leaves."""

import csv
import json
import math
import os
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from conftest import ROOT, run_python

from r2r_tf import averaging, callbacks, checkpoints, losses, model_files, models, noise, run_directory, settings, training
from r2r_tf.errors import InputError

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
SETTINGS = settings.Settings(
    dataset="skimage_natural",
    test_dataset=None,
    data_dir=None,
    manual_dir=None,
    model="dncnn",
    depth=3,
    features=8,
    batch_norm=True,
    sigma="25",
    alpha=0.5,
    objective="r2r",
    antithetic=True,
    scales=(1.0,),
    batch_size=8,
    patch_size=24,
    epochs=2,
    steps_per_epoch=6,
    learning_rate=3e-3,
    schedule="step",
    milestones=(30,),
    decay=0.2,
    ema=0.0,
    precision="float32",
    seed=0,
    num_recorruptions=2,
)


def train(data_dir, workdir, *extra, check=True):
    return run_python("-m", "r2r_tf.train", f"--data_dir={data_dir}", f"--workdir={workdir}", *FLAGS, *extra, check=check)


def history(workdir):
    with (workdir / "history.csv").open() as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def weights(workdir):
    return keras.models.load_model(workdir / "model.keras", compile=False).get_weights()


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
    assert run["finished_epochs"] == 4 and run["versions"]["keras"] and run["seeds"]["noise_seed"] == 0
    card = json.loads((workdir / "model.json").read_text())
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
    run_python("-m", "r2r_tf.train", f"--flagfile={workdir / 'flags.txt'}", f"--workdir={tmp_path / 'replay'}")
    assert all(np.array_equal(a, b) for a, b in zip(weights(workdir), weights(tmp_path / "replay"), strict=True))


def test_killed_and_resumed_is_bit_for_bit_the_same(finished, data_dir, tmp_path):
    """kill -9 after the first epoch, and again some way into a later one; then to the end."""
    workdir = tmp_path / "killed"
    command = [sys.executable, "-m", "r2r_tf.train", f"--data_dir={data_dir}", f"--workdir={workdir}", *FLAGS]
    for epochs, pause in ((1, 0.0), (2, 0.1)):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.time() + 120
        while (
            not (workdir / "checkpoints" / f"epoch_{epochs:05d}").exists() and process.poll() is None and time.time() < deadline
        ):
            time.sleep(0.005)
        time.sleep(pause)
        assert process.poll() is None, "the run ended before it could be killed"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert not (workdir / "model.keras").exists()
    done = len(checkpoints.finished(workdir / "checkpoints"))
    resumed = train(data_dir, workdir)
    # epochs that a checkpoint holds are not trained again
    assert done >= 1 and "epoch   1/4" not in resumed.stdout and "epoch   4/4" in resumed.stdout
    whole, _ = finished
    assert all(np.array_equal(a, b) for a, b in zip(weights(whole), weights(workdir), strict=True))
    timed = ("patches_per_s", "seconds")
    kept = [[{k: v for k, v in row.items() if k not in timed} for row in history(path)] for path in (whole, workdir)]
    assert kept[0] == kept[1]


def run_here(data_dir, workdir, **changes):
    chosen = SETTINGS._replace(data_dir=data_dir, **changes)
    return training.run(chosen, workdir, {name: f"--{name}={value}" for name, value in chosen._asdict().items()})


def test_nan_stops_and_keeps_the_last_good_checkpoint(data_dir, tmp_path):
    run_here(data_dir, tmp_path / "good", epochs=1)
    before = checkpoints.finished(tmp_path / "good" / "checkpoints")
    with pytest.raises(InputError, match="not finite any more at epoch 1.*smaller --learning_rate"):
        run_here(data_dir, tmp_path / "bad", learning_rate=1e30)
    assert not (tmp_path / "bad" / "model.keras").exists() and not checkpoints.finished(tmp_path / "bad" / "checkpoints")
    network = models.build("dncnn", depth=3, features=8)
    training.compile_network(network, SETTINGS)
    assert len(checkpoints.restore(tmp_path / "good" / "checkpoints", network)) == 1 and len(before) == 1


def test_more_epochs_continue_a_finished_run(data_dir, tmp_path):
    run_here(data_dir, tmp_path / "short", epochs=1)
    run_here(data_dir, tmp_path / "short", epochs=2)
    run_here(data_dir, tmp_path / "long", epochs=2)
    assert all(np.array_equal(a, b) for a, b in zip(weights(tmp_path / "short"), weights(tmp_path / "long"), strict=True))


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
    denoiser = model_files.load(tmp_path / "run")
    assert denoiser.alpha == (0.5 if changes.get("objective", "r2r") == "r2r" else 0.0)
    assert {layer.dtype_policy.name for layer in denoiser.network.layers} == {"float32"}


def test_failed_start_leaves_no_run_directory(data_dir, tmp_path):
    for changes in (
        {"patch_size": 4000},
        {"dataset": "nothing"},
        {"batch_size": 7},
        {"alpha": 0.0},
        {"sigma": "x"},
        {"ema": 1.0},
        {"model": "cnn5"},
        {"scales": (0.0,)},
        {"num_recorruptions": 3},
    ):
        with pytest.raises(InputError):
            run_here(data_dir, tmp_path / "run", **changes)
        assert not (tmp_path / "run").exists(), changes
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        run_here(data_dir, tmp_path / "other")


def test_broken_checkpoint_falls_back_to_the_one_before(tmp_path, capsys):
    network = models.build("dncnn", depth=3, features=4)
    training.compile_network(network, SETTINGS)
    for epoch in (1, 2, 3):
        network.get_layer("conv3").set_weights([np.full((3, 3, 4, 1), float(epoch))])
        checkpoints.save(tmp_path, network, [{"epoch": e} for e in range(1, epoch + 1)])
    assert len(checkpoints.finished(tmp_path)) == 2
    newest = checkpoints.finished(tmp_path)[-1] / "state.weights.h5"
    newest.write_bytes(newest.read_bytes()[:1000])
    assert len(checkpoints.restore(tmp_path, network)) == 2
    assert (network.get_layer("conv3").get_weights()[0] == 2).all() and "cannot be read" in capsys.readouterr().out


def test_checkpoint_holds_the_optimizer(tmp_path, rng):
    """A step after restoring equals the step that would have followed."""
    x = rng.random((4, 16, 16, 1)).astype(np.float32)
    chosen = SETTINGS._replace(ema=0.9, schedule="cosine")

    def fresh():
        network = models.build("dncnn", depth=3, features=4)
        training.compile_network(network, chosen)
        return network

    first = fresh()
    for _ in range(3):
        first.train_on_batch(x, 1 - x)
    checkpoints.save(tmp_path, first, [{"epoch": 1}])
    second = fresh()
    checkpoints.restore(tmp_path, second)
    control = fresh()
    control.set_weights(first.get_weights())
    for network in (first, second, control):
        network.train_on_batch(x, 1 - x)
    assert all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights()))
    assert all(np.array_equal(a, b) for a, b in zip(first.optimizer.variables, second.optimizer.variables))
    assert not all(np.array_equal(a, b) for a, b in zip(first.get_weights(), control.get_weights()))


def test_schedules():
    def rates(**changes):
        schedule = training.make_schedule(SETTINGS._replace(epochs=50, steps_per_epoch=10, learning_rate=1e-3, **changes))
        return [float(schedule(step)) for step in (0, 299, 301, 499)] if callable(schedule) else [schedule]

    np.testing.assert_allclose(rates(), [1e-3, 1e-3, 2e-4, 2e-4], rtol=1e-6)
    np.testing.assert_allclose(rates(milestones=(10, 40)), [1e-3, 2e-4, 2e-4, 4e-5], rtol=1e-6)
    assert rates(schedule="constant") == [1e-3]
    cosine = rates(schedule="cosine")
    assert cosine[0] == pytest.approx(1e-3) and cosine[-1] < 1e-7 and sorted(cosine, reverse=True) == cosine
    assert settings.steps_per_epoch(SETTINGS._replace(steps_per_epoch=None, batch_size=128)) * 128 >= 8000


def test_clean_channels_do_not_reach_the_loss(rng):
    """The monitored clean image may be anything: loss and gradients stay the same."""
    x_hat, y_tilde, clean = rng.random((3, 2, 8, 8, 1)).astype(np.float32)
    with_clean = np.concatenate([y_tilde, clean], axis=-1)
    np.testing.assert_array_equal(losses.pair_loss(with_clean, x_hat), losses.pair_loss(y_tilde, x_hat))
    np.testing.assert_allclose(losses.pair_loss(y_tilde, x_hat), ((x_hat - y_tilde) ** 2)[..., 0], rtol=1e-6)
    np.testing.assert_allclose(losses.clean_error(with_clean, x_hat), ((x_hat - clean) ** 2)[..., 0], rtol=1e-6)


def test_target_variance_of_the_objectives():
    model = noise.Gaussian(0.1)
    expected = {"r2r": 0.01 * 5, "n2n": 0.01, "n2c": 0.0}
    for objective, variance in expected.items():
        assert losses.target_variance(objective, model, 0.5) == pytest.approx(variance)


def test_averaged_weights_come_and_go_exactly(rng):
    x = rng.random((4, 16, 16, 1)).astype(np.float32)
    network = models.build("dncnn", depth=3, features=4)
    training.compile_network(network, SETTINGS._replace(ema=0.5))
    average = None
    for _ in range(4):
        network.train_on_batch(x, 1 - x)
        own = [weight.numpy() for weight in network.trainable_variables]
        average = own if average is None else [0.5 * a + 0.5 * w for a, w in zip(average, own)]
    with averaging.averaged_weights(network):
        inside = [weight.numpy() for weight in network.trainable_variables]
    assert all(np.array_equal(weight.numpy(), w) for weight, w in zip(network.trainable_variables, own))
    for value, expected in zip(inside, average):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-7)


def test_psnr_of_an_estimate_below_zero_is_nan():
    assert math.isnan(callbacks.psnr_of_mse(-1e-5)) and callbacks.psnr_of_mse(0.01) == pytest.approx(20)


def test_flags_that_appear_or_vanish_are_changes(tmp_path):
    lines = {"sigma": "--sigma=25", "antithetic": "--antithetic", "epochs": "--epochs=3"}
    run_directory.check(tmp_path / "run", lines)
    run_directory.claim(tmp_path / "run", lines)
    run_directory.check(tmp_path / "run", {**lines, "epochs": "--epochs=5"})
    for changed in ({**lines, "antithetic": "--noantithetic"}, {**lines, "depth": "--depth=4"}, {"sigma": "--sigma=25"}):
        with pytest.raises(InputError, match="other flags"):
            run_directory.check(tmp_path / "run", changed)
