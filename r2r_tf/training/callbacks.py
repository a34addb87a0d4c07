"""Callbacks of a training run: figures derived from the losses, a guard against NaN, the checkpoint, the progress bar."""

import math
import sys
import time

import keras
import numpy as np
from tqdm import tqdm

from r2r_tf.errors import InputError
from r2r_tf.training import checkpoints


class DerivedFigures(keras.callbacks.Callback):
    """Adds what follows from an epoch's losses: estimated and monitored PSNR, learning rate, throughput. First in the list.

    The loss on noisy targets exceeds the true mean squared error by the targets' noise variance; without it, the loss gives a
    PSNR that no clean image was needed for. Both PSNRs are of the pooled error over all patches of the epoch, not clipped, for
    the network's input y_hat.
    """

    def __init__(self, train_variances, validation_variance, batch_size):
        """`train_variances` maps the number of an epoch, from 0, to the noise variance of each step's targets, [steps]."""
        super().__init__()
        self._train_variances, self._validation_variance = train_variances, validation_variance
        self._batch_size = batch_size

    def on_epoch_begin(self, epoch, logs=None):
        variances = self._train_variances(epoch)
        self._mean_variance = np.cumsum(variances) / np.arange(1, len(variances) + 1)
        self._start, self._steps, self._train_seconds = time.perf_counter(), 0, 0.0

    def on_train_batch_end(self, batch, logs=None):
        self._steps += 1
        self._train_seconds = time.perf_counter() - self._start
        logs["est_psnr"] = self._estimated(logs)
        logs.pop("clean_mse", None)

    def on_epoch_end(self, epoch, logs=None):
        logs.pop("clean_mse", None)
        monitored = logs.pop("val_clean_mse", None)
        logs["est_psnr"] = self._estimated(logs)
        logs.pop("val_pair_mse", None)
        logs["val_est_psnr"] = psnr_of_mse(logs["val_loss"] - self._validation_variance)
        logs["val_psnr"] = psnr_of_mse(monitored) if monitored else math.nan
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        logs["patches_per_s"] = self._steps * self._batch_size / self._train_seconds
        logs["seconds"] = time.perf_counter() - self._start

    def _estimated(self, logs):
        # a loss with weights is no mean squared error
        return psnr_of_mse(logs.pop("pair_mse", logs["loss"]) - self._mean_variance[self._steps - 1])


class StopOnNaN(keras.callbacks.Callback):
    """Ends the run at the first loss that is not finite, before it reaches a checkpoint."""

    def __init__(self, directory):
        super().__init__()
        self._directory = directory

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        self._check(logs["loss"], f"step {batch + 1}")

    def on_epoch_end(self, epoch, logs=None):
        self._check(logs["val_loss"], "validation")

    def _check(self, loss, where):
        if not math.isfinite(loss):
            kept = checkpoints.finished(self._directory)
            raise InputError(
                f"The loss is not finite any more at epoch {self._epoch}, {where}: start again in another `workdir` with a "
                f"smaller `learning_rate`. The last good checkpoint is {kept[-1] if kept else 'that of no epoch'}."
            )


class Checkpoint(keras.callbacks.Callback):
    """Keeps the history; after each epoch saves the state, then appends the epoch to history.csv, on the host that writes."""

    def __init__(self, directory, history_path, history, writes=True):
        super().__init__()
        self._directory, self._history_path, self.history = directory, history_path, list(history)
        self._writes = writes

    def on_epoch_end(self, epoch, logs=None):
        row = {"epoch": epoch + 1, **{name: float(value) for name, value in logs.items()}}
        self.history.append(row)
        if not self._writes:
            return
        checkpoints.save(self._directory, self.model, self.history)
        checkpoints.append_history(self._history_path, row)


class Progress(keras.callbacks.Callback):
    """One bar over the whole run (loss, estimated PSNR, patches/s, time left) and a line per epoch."""

    def __init__(self, first_epoch, epochs, steps_per_epoch, batch_size, shows=True):
        super().__init__()
        self._epochs, self._batch_size = epochs, batch_size
        patches = steps_per_epoch * batch_size
        terminal = sys.stderr.isatty()
        self._bar = tqdm(
            total=epochs * patches,
            initial=first_epoch * patches,
            unit=" patches",
            dynamic_ncols=terminal,
            mininterval=0.2 if terminal else 30.0,
            desc=f"epoch {first_epoch + 1}/{epochs}",
            disable=not shows,
        )

    def on_epoch_begin(self, epoch, logs=None):
        self._bar.set_description(f"epoch {epoch + 1}/{self._epochs}", refresh=False)

    def on_train_batch_end(self, batch, logs=None):
        self._bar.set_postfix_str(f"loss {logs['loss']:.5f}, est. {decibels(logs['est_psnr'])}", refresh=False)
        self._bar.update(self._batch_size)

    def on_epoch_end(self, epoch, logs=None):
        if self._bar.disable:
            return
        monitored = "" if math.isnan(logs["val_psnr"]) else f"monitored {logs['val_psnr']:.2f} dB  "
        self._bar.write(
            f"epoch {epoch + 1:3d}/{self._epochs}  loss {logs['loss']:.5f}  val_loss {logs['val_loss']:.5f}  "
            f"estimated PSNR {decibels(logs['val_est_psnr'])}  {monitored}"
            f"lr {logs['learning_rate']:.2g}  {logs['patches_per_s']:.0f} patches/s",
            file=sys.stdout,
        )

    def close(self):
        """Leaves the bar as it stands; also after an interruption."""
        self._bar.close()


class Told(keras.callbacks.Callback):
    """Tells a caller how far the run is after each step. What the caller raises ends the run, which resumes as after Ctrl-C."""

    def __init__(self, on_step, first_epoch, epochs, steps_per_epoch):
        """on_step is as in `run.train`."""
        super().__init__()
        self._on_step, self._done, self._total = on_step, first_epoch * steps_per_epoch, epochs * steps_per_epoch
        self._words = ""

    def on_train_batch_end(self, batch, logs=None):
        self._done += 1
        self._on_step(self._done, self._total, self._words)

    def on_test_batch_end(self, batch, logs=None):
        self._on_step(self._done, self._total, self._words)

    def on_epoch_end(self, epoch, logs=None):
        self._words = f"after epoch {epoch + 1}: estimated PSNR {decibels(logs['val_est_psnr'])}"


def psnr_of_mse(mse):
    """PSNR in dB of a mean squared error on the [0, 1] scale; NaN where an estimate of it came out at or below zero."""
    return -10.0 * math.log10(mse) if mse > 0 else math.nan


def decibels(psnr):
    """A PSNR as text; none where the loss is below the noise variance, which is then smaller than assumed."""
    return "-" if math.isnan(psnr) else f"{psnr:.2f} dB"
