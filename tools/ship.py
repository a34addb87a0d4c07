"""Copies a finished run's network to the shipped weights, with a card that says what made it and how it scores.

Weights are rounded to half precision and compressed, to half the size; the card's check is of what is shipped.
Usage: python -m tools.ship --run=runs/unet --name=unet-awgn --tables=ablations/a,ablations/b --note='Data and licence.'
"""

import json
import pathlib
import sys

from absl import flags

from r2r_tf.commands import command

FLAGS = flags.FlagValues()
_RUN = flags.DEFINE_string("run", None, "Run directory of a finished training.", flag_values=FLAGS)
_NAME = flags.DEFINE_string("name", None, "Name of the shipped weights.", flag_values=FLAGS)
_TABLES = flags.DEFINE_list(
    "tables", [], "Directories of r2r-ablation --table=recorruptions, whose figures the card repeats.", flag_values=FLAGS
)
_NOTE = flags.DEFINE_string("note", "", "What else the card says: data, licence, limits.", flag_values=FLAGS)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Where TFDS keeps prepared data; ~/tensorflow_datasets by default.", flag_values=FLAGS
)
flags.mark_flags_as_required(["run", "name"], flag_values=FLAGS)
_GROUPS = {"Flags": ("run", "name", "tables", "note", "data_dir")}


def _run(typed):
    from r2r_tf import atomic, pretrained
    from r2r_tf.evaluation import model_cards
    from r2r_tf.models import denoisers

    run, folder = pathlib.Path(_RUN.value), pathlib.Path(pretrained.directory(_NAME.value))
    network, _ = denoisers.read(run)
    card = json.loads((run / denoisers.CARD_FILE).read_text())
    card = model_cards.save_checked(folder, network, card, _DATA_DIR.value)
    tables = [json.loads((pathlib.Path(path) / "recorruptions.json").read_text()) for path in _TABLES.value]
    atomic.write_text(folder / "card.md", model_cards.text(_NAME.value, _NOTE.value, run, card, tables, card["check"]))
    print(f"Files: {folder}")


def main(argv=None):
    """The command; its words are those of this process by default. Returns the exit code."""
    return command.run(_run, argv, flag_values=FLAGS, groups=_GROUPS)


if __name__ == "__main__":
    sys.exit(main())
