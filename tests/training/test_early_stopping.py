"""Early stopping: it ends the run when it should, leaves the best epoch, and is the same after an interruption."""

import json

import numpy as np
import pytest
from conftest import run_here, weights

from r2r_tf.errors import InputError
from r2r_tf.training import callbacks, early_stopping

pytestmark = pytest.mark.slow


def test_when_a_run_is_over():
    history = [{"epoch": epoch, "val_loss": loss} for epoch, loss in enumerate((3.0, 1.0, 2.0, 1.5, 1.2), start=1)]
    assert early_stopping.best_epoch(history) == 2 and early_stopping.best_epoch([]) == 0
    assert [early_stopping.is_over(history[:n], 2) for n in range(6)] == [False] * 4 + [True] * 2
    assert not early_stopping.is_over(history, None) and not early_stopping.is_over(history, 4)


# the rate makes the first epoch's weights useless in the second
WILD = {"schedule": "constant", "learning_rate": 0.05, "steps_per_epoch": 8, "patience": 2}


@pytest.fixture(scope="module")
def stopped(data_dir, tmp_path_factory):
    path = tmp_path_factory.mktemp("early") / "run"
    return path, run_here(data_dir, path, epochs=30, **WILD)


def test_the_best_epoch_is_left(stopped, data_dir, tmp_path):
    path, run = stopped
    card = json.loads((path / "model.json").read_text())
    assert run["stopped_early"] and run["finished_epochs"] == card["best_epoch"] + 2 < 30
    run_here(data_dir, tmp_path / "short", **{**WILD, "patience": None}, epochs=card["best_epoch"])
    assert all(np.array_equal(a, b) for a, b in zip(weights(path), weights(tmp_path / "short"), strict=True))
    assert run_here(data_dir, path, epochs=30, **WILD) is None


def test_interrupted_is_the_same(stopped, data_dir, tmp_path, monkeypatch):
    path, run = stopped
    append = callbacks.Checkpoint.on_epoch_end

    def interrupted(self, epoch, logs=None):
        append(self, epoch, logs)
        if len(self.history) == run["finished_epochs"] - 1:
            raise InputError("interrupted")

    with monkeypatch.context() as patch:
        patch.setattr(callbacks.Checkpoint, "on_epoch_end", interrupted)
        with pytest.raises(InputError, match="interrupted"):
            run_here(data_dir, tmp_path / "run", epochs=30, **WILD)
    again = run_here(data_dir, tmp_path / "run", epochs=30, **WILD)
    assert again["finished_epochs"] == run["finished_epochs"] and again["stopped_early"]
    assert all(np.array_equal(a, b) for a, b in zip(weights(path), weights(tmp_path / "run"), strict=True))
