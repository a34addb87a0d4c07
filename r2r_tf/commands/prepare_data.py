"""Downloads and prepares a data set; `train` and `evaluate` also do that on demand.

Usage: r2r-prepare-data --dataset=bsd68 [--data_dir=DIR] [--manual_dir=DIR]
"""

import sys

from absl import flags

from r2r_tf.commands import command

FLAGS = flags.FlagValues()
_DATASET = flags.DEFINE_list(
    "dataset",
    None,
    "bsd400, bsd68, bsds500, polyu, skimage_natural, or another TFDS name; several with commas.",
    flag_values=FLAGS,
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Where TFDS keeps prepared data; ~/tensorflow_datasets by default.", flag_values=FLAGS
)
_MANUAL_DIR = flags.DEFINE_string(
    "manual_dir",
    None,
    "Folder with upstream's files (BSD400/, BSD68/, FMD/, ...): take them from there, download nothing.",
    flag_values=FLAGS,
)
flags.mark_flag_as_required("dataset", flag_values=FLAGS)
_GROUPS = {
    "Used most": ("dataset", "manual_dir", "data_dir"),
}


def _run(typed):
    from r2r_tf.data import datasets

    for name in _DATASET.value:
        builder = datasets.prepare(name, _DATA_DIR.value, _MANUAL_DIR.value)
        splits = ", ".join(f"{split} {info.num_examples}" for split, info in builder.info.splits.items())
        print(f"{datasets.full_name(builder)}: {splits}; in {builder.data_path}")


def main(argv=None):
    """The command; its words are those of this process by default. Returns the exit code."""
    return command.run(_run, argv, flag_values=FLAGS, groups=_GROUPS)


if __name__ == "__main__":
    sys.exit(main())
