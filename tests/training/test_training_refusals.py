"""What training refuses, and what a refusal or a divergence leaves behind."""

import json
import math

import keras
import pytest
from conftest import copied, history, run_here

from r2r_tf.errors import InputError
from r2r_tf.training import checkpoints, optimizers, run_directory


class Diverging(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return math.nan


@pytest.mark.slow
@pytest.mark.parametrize("steps, where", [(6, "step 2"), (1, "validation")])
def test_nan_stops_and_keeps_the_last_good_checkpoint(data_dir, tmp_path, monkeypatch, steps, where):
    """The second epoch diverges: at its second step, or after its only one, which validation sees."""
    run_here(data_dir, tmp_path, epochs=1, steps_per_epoch=steps)
    (good,) = checkpoints.finished(tmp_path / "checkpoints")
    state = (good / "state.npz").read_bytes()
    monkeypatch.setattr(optimizers, "make_schedule", lambda settings: Diverging())
    with pytest.raises(InputError, match=f"not finite any more at epoch 2, {where}.*smaller `learning_rate`.*epoch_00001"):
        run_here(data_dir, tmp_path, epochs=2, steps_per_epoch=steps)
    assert checkpoints.finished(tmp_path / "checkpoints") == [good] and (good / "state.npz").read_bytes() == state
    assert len(history(tmp_path)) == 1


@pytest.mark.slow
def test_fewer_epochs_than_done_are_refused(data_dir, short_run, tmp_path):
    workdir = copied(short_run, tmp_path)
    run = json.loads((workdir / "run.json").read_text())
    (workdir / "run.json").write_text(json.dumps({k: v for k, v in run.items() if k != "finished_epochs"}))
    with pytest.raises(InputError, match="`epochs` must be at least 2"):
        run_here(data_dir, workdir, epochs=1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes, message",
    [
        ({"patch_size": 4000}, "`patch_size` must not exceed the smallest image side"),
        ({"dataset": "nothing"}, "`dataset` must be one of"),
        ({"test_dataset": "nothing"}, "`dataset` must be one of"),
        ({"test_dataset": "skimage_natural/rgb"}, r"has 3 channel\(s\) and the model takes 1"),
        ({"scales": ()}, "`scales` must be numbers above 0"),
        ({"scales": (0.0,)}, "`scales` must be numbers above 0"),
        ({"validation_fraction": 0.0}, "`validation_fraction` must be above 0"),
        ({"milestones": (30, 10)}, "`milestones` must be rising"),
        ({"decay": 0.0}, "`decay` must be above 0"),
        ({"learning_rate": float("inf")}, "`learning_rate` must be above 0 and finite"),
        ({"sigma": "0"}, "Received: sigma='0'"),
        ({"sigma": "x"}, "Received: sigma='x'"),
        ({"batch_size": 7}, "`batch_size` must be even"),
        ({"batch_size": 0}, "`batch_size` must be at least 1"),
        ({"microbatches": 3}, "`batch_size` must be a multiple of `microbatches=3`"),
        ({"alpha": 0.0}, "alpha must be a finite number above 0"),
        ({"ema": 1.0}, "`ema` must be at least 0"),
        ({"warmup": 5}, "`warmup` belongs to `schedule=cosine`"),
        ({"schedule": "cosine", "warmup": 12}, "`warmup` must be shorter than the run"),
        ({"schedule": "linear"}, "`schedule` must be one of step, cosine, constant. Received: linear"),
        ({"sigma_error": (1.0,)}, "`sigma_error` must be one number"),
        ({"sigma_error": (-0.1, 0.0, 0.1)}, "`sigma_error` must be one number"),
        ({"sigma_error": (0.1, -0.1)}, "`sigma_error` must be one number"),
        ({"model": "cnn5"}, "`model=cnn5` has no depth"),
        ({"num_recorruptions": 3}, "`num_recorruptions` must be even"),
    ],
)
def test_failed_start_leaves_no_run_directory(data_dir, tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        run_here(data_dir, tmp_path / "run", **changes)
    assert not (tmp_path / "run").exists()


def test_folder_of_something_else_is_refused(data_dir, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        run_here(data_dir, tmp_path / "other")


@pytest.mark.slow
def test_a_second_training_in_one_folder_is_refused(data_dir, tmp_path):
    message = r"Another process trains in .*run \(process \d+ on"
    with run_directory.only_one(tmp_path / "run"), pytest.raises(InputError, match=message):
        run_here(data_dir, tmp_path / "run", epochs=1, steps_per_epoch=1)
    with run_directory.only_one(tmp_path / "run"):
        pass
    assert not (tmp_path / "run" / run_directory.LOCK).exists()


@pytest.mark.slow
def test_damaged_records_are_said_and_damaged_checkpoints_passed_over(data_dir, short_run, tmp_path):
    workdir = copied(short_run, tmp_path)
    (workdir / "run.json").write_text("{")
    with pytest.raises(InputError, match="run.json is damaged"):
        run_here(data_dir, workdir, epochs=3)
    (workdir / "run.json").unlink()
    newest = checkpoints.finished(workdir / "checkpoints")[-1] / "state.npz"
    newest.write_bytes(newest.read_bytes()[:3000] + b"x" * 500)
    run_here(data_dir, workdir, epochs=3)
    assert len(history(workdir)) == 3
