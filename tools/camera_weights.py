"""Makes the shipped weights `camera`: those for white noise in gray pictures, on opponent planes, with a law of cameras' noise.

Nothing is trained. The law (spectrum, level over brightness) is found in PolyU's noisy training crops alone, the strength in each
picture that is denoised. Usage: python -m tools.camera_weights [--gray=unet-awgn-gray] [--manual_dir=FOLDER]
"""

import dataclasses
import pathlib
import sys

import numpy as np
from absl import flags

from r2r_tf.commands import command

FLAGS = flags.FlagValues()
_GRAY = flags.DEFINE_string(
    "gray", "unet-awgn-gray", "Weights of a `unet` for gray images that is told the level.", flag_values=FLAGS
)
_OUTPUT = flags.DEFINE_string(
    "output", None, "Folder for model.keras and model.json; the shipped one by default.", flag_values=FLAGS
)
_MANUAL_DIR = flags.DEFINE_string("manual_dir", None, "Folder with upstream's files: take them from there.", flag_values=FLAGS)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Where TFDS keeps prepared data; ~/tensorflow_datasets by default.", flag_values=FLAGS
)
_GROUPS = {"Flags": ("gray", "output", "manual_dir", "data_dir")}


def _run(typed):
    from r2r_tf import pretrained
    from r2r_tf.data import datasets
    from r2r_tf.estimation import camera
    from r2r_tf.evaluation import model_cards
    from r2r_tf.models import denoisers, networks

    pictures = datasets.load_pictures(datasets.prepare("polyu", _DATA_DIR.value, _MANUAL_DIR.value), "train")
    _, law = camera.camera_noise([picture.noisy for picture in pictures], [picture.setting for picture in pictures])
    # a level that follows structure is worse than one that follows brightness alone
    law = dataclasses.replace(law, activity=np.zeros(1), gain=np.ones(1))
    network = networks.build("opponents")
    network.get_layer("unet").set_weights(denoisers.read(_GRAY.value)[0].get_weights())
    folder = pathlib.Path(_OUTPUT.value or pretrained.directory(pretrained.CAMERA))
    card = {"model": "opponents", "channels": 3, "alpha": 0.0, "orientations": 1, "noise": law.to_json(), "value_range": [0, 1]}
    model_cards.save_checked(folder, network, card, _DATA_DIR.value)
    print(f"{len(pictures)} noisy pictures. Files: {folder}")


def main(argv=None):
    """The command; its words are those of this process by default. Returns the exit code."""
    return command.run(_run, argv, flag_values=FLAGS, groups=_GROUPS)


if __name__ == "__main__":
    sys.exit(main())
