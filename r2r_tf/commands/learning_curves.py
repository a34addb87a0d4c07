"""Draws the learning curves of several runs into one figure: PSNR on validation images, true and estimated, over the epochs.

Usage: r2r-learning-curves --runs=runs/awgn25,runs/twin --figure=curves.png
"""

import sys

from absl import flags

from r2r_tf.commands import command

FLAGS = flags.FlagValues()
_RUNS = flags.DEFINE_list("runs", None, "Run directories of r2r_tf.train, finished or not.", flag_values=FLAGS)
_LABELS = flags.DEFINE_list("labels", [], "Their names in the figure; those of the directories by default.", flag_values=FLAGS)
_FIGURE = flags.DEFINE_string("figure", "learning_curves.png", "PNG file.", flag_values=FLAGS)
flags.mark_flag_as_required("runs", flag_values=FLAGS)
_GROUPS = {
    "Used most": ("runs", "labels", "figure"),
}


def _run(typed):
    from r2r_tf.reports import learning_curves

    learning_curves.draw(learning_curves.histories(_RUNS.value, _LABELS.value), _FIGURE.value)
    print(f"Figure: {_FIGURE.value}")


def main(argv=None):
    """The command; its words are those of this process by default. Returns the exit code."""
    return command.run(_run, argv, flag_values=FLAGS, groups=_GROUPS)


if __name__ == "__main__":
    sys.exit(main())
