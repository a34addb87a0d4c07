"""Early stopping: a run ends when its validation loss, which needs no clean image, improves no more; its best weights stay.

Weights that a run started from count, too: what it leaves is never worse on the images kept back than what it was given.
"""

import math

import keras

from r2r_tf import atomic
from r2r_tf.models import denoisers

_FILE = "best.weights.h5"


def best_epoch(history, start=math.inf):
    """Number of the epoch with the lowest validation loss, from 1; 0 where none is below that of the start."""
    best = min(history, key=lambda row: row["val_loss"], default={"val_loss": math.inf})
    return best["epoch"] if best["val_loss"] < start else 0


def is_over(history, patience, start=math.inf):
    """Whether the last `patience` epochs have not improved the validation loss; never for patience None."""
    return patience is not None and bool(history) and len(history) - best_epoch(history, start) >= patience


def restore(plain, directory):
    """Gives a network the weights of the best epoch."""
    plain.load_weights(directory / _FILE)


def keep(plain, directory):
    """Saves the weights of a network as the best."""
    with atomic.replacing(directory / _FILE, denoisers.size_of(plain.variables)) as temporary:
        plain.save_weights(temporary)


class KeepBest(keras.callbacks.Callback):
    """Saves the weights of the best epoch, and ends the run when it is over. Behind the checkpoint in the list."""

    def __init__(self, plain, directory, patience, checkpoint, start, writes=True):
        """`plain` holds the validated weights at the end of a validation; `checkpoint` has the history of finished epochs."""
        super().__init__()
        self._writes = writes
        self._plain, self._directory = plain, directory
        self._patience, self._checkpoint, self._start = patience, checkpoint, start

    def on_test_end(self, logs=None):
        if self._writes and logs["loss"] < min([self._start, *(row["val_loss"] for row in self._checkpoint.history)]):
            keep(self._plain, self._directory)

    def on_epoch_end(self, epoch, logs=None):
        if is_over(self._checkpoint.history, self._patience, self._start):
            self.model.stop_training = True
