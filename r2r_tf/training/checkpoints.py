"""Checkpoints of a training run: one folder per finished epoch, complete or absent, the last two kept.

Keras's `BackupAndRestore` overwrites its file in place, so a kill inside the write would lose it; its weight files name the
classes of layers, which depend on the devices.
"""

import json
import pathlib
import shutil

import keras
import numpy as np

from r2r_tf import atomic
from r2r_tf.errors import InputError
from r2r_tf.models import denoisers

KEEP, _STATE = 2, "state.npz"


def save(directory, model, history):
    """Saves weights, optimizer state and history after an epoch, then drops all but the last two checkpoints.

    Args:
      directory: the run's checkpoints folder.
      model: compiled `keras.Model`.
      history: list of dicts, one per finished epoch.
    """
    size = denoisers.size_of(model.variables + model.optimizer.variables)
    with atomic.replacing(_path(directory, len(history)), size) as temporary:
        temporary.mkdir()
        np.savez(temporary / _STATE, *map(keras.ops.convert_to_numpy, _state(model)))
        (temporary / "history.json").write_text(json.dumps(history))
    for path in finished(directory)[:-KEEP]:
        shutil.rmtree(path)


def finished(directory):
    """The complete checkpoints, oldest first."""
    return sorted(pathlib.Path(directory).glob("epoch_*"))


def restore(directory, model):
    """Loads the newest readable checkpoint into a compiled model whose optimizer is built.

    Returns:
      The history, a list of dicts with one entry per finished epoch; empty where there is no checkpoint.
    Raises:
      InputError: there are checkpoints and none can be read.
    """
    for path in reversed(finished(directory)):
        try:
            history = json.loads((path / "history.json").read_text())
            _set_state(model, np.load(path / _STATE))
        except Exception as error:  # damaged files raise whatever is met first
            print(f"Checkpoint {path} cannot be read ({error}); trying the one before.")
            continue
        return history
    if finished(directory):
        raise InputError(f"No checkpoint in {directory} can be read. Move it away to start again.")
    return []


def append_history(path, row):
    """Appends one epoch to history.csv; the first one with the header."""
    path = pathlib.Path(path)
    with path.open("a", newline="") as file:
        file.write(atomic.csv_lines([row], header=not path.stat().st_size))


def _state(model):
    return [*model.weights, *model.optimizer.variables]


def _set_state(model, values):
    """Gives a compiled model all values, or, if they are of another one, none."""
    pairs = [(variable, values[f"arr_{number}"]) for number, variable in enumerate(_state(model))]
    if len(values) != len(pairs) or any(variable.shape != value.shape for variable, value in pairs):
        raise ValueError("it is of another network")
    for variable, value in pairs:
        variable.assign(value)


def _path(directory, epoch):
    return pathlib.Path(directory) / f"epoch_{epoch:05d}"
