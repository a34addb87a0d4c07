"""Draws the learning curves of several runs into one figure: PSNR on validation images, true and estimated, over the epochs.

Usage: python -m tools.learning_curves --runs=runs/awgn25,runs/twin --figure=curves.png
"""

import pathlib

from absl import flags

from r2r_tf import command

_RUNS = flags.DEFINE_list("runs", None, "Run directories of r2r_tf.train, finished or not.")
_LABELS = flags.DEFINE_list("labels", [], "Their names in the figure; those of the directories by default.")
_FIGURE = flags.DEFINE_string("figure", "learning_curves.png", "PNG file.")
flags.mark_flag_as_required("runs")

_SHOWN = 2.0  # decibels below the lowest end: the first epochs are far further down


def main(argv):
    del argv
    draw(histories(_RUNS.value, _LABELS.value), _FIGURE.value)
    print(f"Figure: {_FIGURE.value}")


def histories(runs, labels=()):
    """Dict from label to a run's history, list of dicts, one per epoch, as in history.csv.

    Args:
      runs: run directories.
      labels: as many names, or none for those of the directories.
    Raises:
      InputError: other labels, or a directory without a history.
    """
    from r2r_tf.errors import InputError
    from r2r_tf.training import checkpoints

    labels = labels or [pathlib.Path(run).name for run in runs]
    if len(labels) != len(runs):
        raise InputError(f"`labels` must be as many as `runs`, {len(runs)}. Received: {','.join(labels)}")
    return {label: checkpoints.read_history(pathlib.Path(run) / "history.csv") for run, label in zip(runs, labels, strict=True)}


def draw(runs, path):
    """One colour a run: a line for the truth, where clean images are there, a broken one for what noisy images tell of it.

    Args:
      runs: as from `histories`.
      path: PNG file.
    """
    import numpy as np
    from matplotlib.figure import Figure

    from r2r_tf.reports import figures

    figure = Figure(figsize=(8, 4.6), layout="constrained")
    axes, ends = figure.subplots(), []
    for number, (label, history) in enumerate(runs.items()):
        epochs = [row["epoch"] for row in history]
        for name, what, style in (("val_psnr", "true", "-"), ("val_est_psnr", "estimated", "--")):
            values = [row[name] for row in history]
            if np.isfinite(values[-1]):
                axes.plot(epochs, values, style, color=f"C{number}", marker=".", label=f"{label}, {what}")
                ends.append(values[-1])
    axes.set(xlabel="epoch", ylabel="PSNR on validation images (dB)", xscale="log", ylim=(min(ends) - _SHOWN, None))
    axes.legend(fontsize=8)
    axes.grid(True, alpha=0.3)
    figures.save(figure, path)


if __name__ == "__main__":
    command.run(main)
