"""Draws the learning curves of several runs into one figure: PSNR on validation images, true and estimated, over the epochs.

Usage: r2r-learning-curves --runs=runs/awgn25,runs/twin --figure=curves.png
"""

from absl import flags

from r2r_tf.commands import command

_RUNS = flags.DEFINE_list("runs", None, "Run directories of r2r_tf.train, finished or not.")
_LABELS = flags.DEFINE_list("labels", [], "Their names in the figure; those of the directories by default.")
_FIGURE = flags.DEFINE_string("figure", "learning_curves.png", "PNG file.")
flags.mark_flag_as_required("runs")
_GROUPS = {
    "Used most": ("runs", "labels", "figure"),
}


def main(argv):
    del argv
    from r2r_tf.reports import learning_curves

    learning_curves.draw(learning_curves.histories(_RUNS.value, _LABELS.value), _FIGURE.value)
    print(f"Figure: {_FIGURE.value}")


def run():
    """The command, from its command line."""
    command.run(main, groups=_GROUPS)


if __name__ == "__main__":
    run()
