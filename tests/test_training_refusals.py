"""What training refuses, and what a refusal or a divergence leaves behind."""

import json
import math

import pytest
from test_training import history, run_here

from r2r_tf import checkpoints, optimizers
from r2r_tf.errors import InputError


@pytest.mark.parametrize("steps, where", [(6, "step 2"), (1, "validation")])
def test_nan_stops_and_keeps_the_last_good_checkpoint(data_dir, tmp_path, monkeypatch, steps, where):
    """The second epoch diverges: at its second step, or after its only one, which validation sees."""
    run_here(data_dir, tmp_path, epochs=1, steps_per_epoch=steps)
    (good,) = checkpoints.finished(tmp_path / "checkpoints")
    state = (good / "state.weights.h5").read_bytes()
    monkeypatch.setattr(optimizers, "make_schedule", lambda settings: math.nan)
    with pytest.raises(InputError, match=f"not finite any more at epoch 2, {where}.*smaller --learning_rate.*epoch_00001"):
        run_here(data_dir, tmp_path, epochs=2, steps_per_epoch=steps)
    assert checkpoints.finished(tmp_path / "checkpoints") == [good] and (good / "state.weights.h5").read_bytes() == state
    assert len(history(tmp_path)) == 1


def test_fewer_epochs_than_done_are_refused(data_dir, tmp_path):
    run_here(data_dir, tmp_path / "run", epochs=2, steps_per_epoch=2)
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    (tmp_path / "run" / "run.json").write_text(json.dumps({k: v for k, v in run.items() if k != "finished_epochs"}))
    with pytest.raises(InputError, match="--epochs must be at least 2"):
        run_here(data_dir, tmp_path / "run", epochs=1, steps_per_epoch=2)


def test_failed_start_leaves_no_run_directory(data_dir, tmp_path):
    for changes in (
        {"patch_size": 4000},
        {"dataset": "nothing"},
        {"test_dataset": "nothing"},
        {"test_dataset": "skimage_natural/rgb"},
        {"scales": ()},
        {"validation_fraction": 0.0},
        {"milestones": (30, 10)},
        {"decay": 0.0},
        {"learning_rate": float("inf")},
        {"sigma": "0"},
        {"batch_size": 7},
        {"microbatches": 3},
        {"alpha": 0.0},
        {"sigma": "x"},
        {"ema": 1.0},
        {"warmup": 5},
        {"sigma_error": (1.0,)},
        {"sigma_error": (-0.1, 0.0, 0.1)},
        {"sigma_error": (0.1, -0.1)},
        {"schedule": "cosine", "warmup": 12},
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
