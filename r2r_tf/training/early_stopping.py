"""Early stopping: a run ends when its validation loss, which needs no clean image, improves no more; its best weights stay."""

import keras

from r2r_tf import atomic
from r2r_tf.models import denoisers

_FILE = "best.weights.h5"


def best_epoch(history):
    """Number of the epoch with the lowest validation loss, from 1; 0 before the first."""
    return min(history, key=lambda row: row["val_loss"])["epoch"] if history else 0


def is_over(history, patience):
    """Whether the last `patience` epochs have not improved the validation loss; never for patience None."""
    return patience is not None and bool(history) and len(history) - best_epoch(history) >= patience


def restore(plain, directory):
    """Gives a network the weights of the best epoch."""
    plain.load_weights(directory / _FILE)


class KeepBest(keras.callbacks.Callback):
    """Saves the weights of the best epoch, and ends the run when it is over. Behind the checkpoint in the list."""

    def __init__(self, plain, directory, patience, checkpoint):
        """`plain` holds the validated weights at the end of a validation; `checkpoint` has the history of finished epochs."""
        super().__init__()
        self._plain, self._file = plain, directory / _FILE
        self._patience, self._checkpoint = patience, checkpoint

    def on_test_end(self, logs=None):
        losses = [row["val_loss"] for row in self._checkpoint.history]
        if logs["loss"] < min(losses, default=float("inf")):
            with atomic.replacing(self._file, denoisers.size_of(self._plain.variables)) as temporary:
                self._plain.save_weights(temporary)

    def on_epoch_end(self, epoch, logs=None):
        if is_over(self._checkpoint.history, self._patience):
            self.model.stop_training = True
