"""Learning curves of several runs in one figure: PSNR on validation images, true and estimated, over the epochs."""

import csv
import pathlib

import numpy as np
from matplotlib.figure import Figure

from r2r_tf.errors import InputError
from r2r_tf.reports import figures

_SHOWN = 2.0  # decibels below the lowest end: the first epochs are far further down


def histories(runs, labels=()):
    """Dict from label to a run's history, list of dicts, one per epoch, as in history.csv.

    Args:
      runs: run directories.
      labels: as many names, or none for those of the directories.
    Raises:
      InputError: other labels, or a directory without a history.
    """
    labels = labels or [pathlib.Path(run).name for run in runs]
    if len(labels) != len(runs):
        raise InputError(f"`labels` must be as many as `runs`, {len(runs)}. Received: {','.join(labels)}")
    if len(set(labels)) < len(labels):
        raise InputError(f"Runs of one name need `labels` that differ. Received: {','.join(labels)}")
    return {label: _read(pathlib.Path(run) / "history.csv") for run, label in zip(runs, labels, strict=True)}


def draw(runs, path):
    """One colour a run: a line for the truth, where clean images are there, a broken one for what noisy images tell of it.

    Args:
      runs: as from `histories`.
      path: PNG file.
    """
    figure = Figure(figsize=(8, 4.6), layout="constrained")
    axes, ends = figure.subplots(), []
    for number, (label, history) in enumerate(runs.items()):
        epochs = [row["epoch"] for row in history]
        for name, what, style in (("val_psnr", "true", "-"), ("val_est_psnr", "estimated", "--")):
            values = [row[name] for row in history]
            known = [value for value in values if np.isfinite(value)]
            if known:
                axes.plot(epochs, values, style, color=f"C{number}", marker=".", label=f"{label}, {what}")
                ends.append(known[-1] - _SHOWN)
    axes.set(xlabel="epoch", ylabel="PSNR on validation images (dB)", xscale="log", ylim=(min(ends, default=None), None))
    if ends:
        axes.legend(fontsize=8)
    axes.grid(True, alpha=0.3)
    figures.save(figure, path)


def _read(path):
    """The epochs of a history.csv, as a list of dicts of floats.

    Raises:
      InputError: there is none with an epoch at least.
    """
    try:
        with path.open(newline="") as file:
            history = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    except (OSError, ValueError, TypeError):
        history = []
    if not history:
        raise InputError(f"{path} must be the history of a run with an epoch at least. Received: no such file, or none in it")
    return history
