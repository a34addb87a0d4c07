"""W2S: widefield fluorescence micrographs, one shot each, with the mean of 400; fields of view are groups."""

import os
import re

import numpy as np
import tensorflow_datasets as tfds
from skimage import io

from tfds_builders import upstream

TRAIN_FIELDS = 30  # 001 to 030; the others are tested on
_NAME = re.compile(r"(?P<kind>input_avg1|target_avg400)_(?P<field>\d{3})_(?P<dye>\d)\.tif")


def parse_name(file_name):
    """(kind 'input' or 'target', field, dye) from a file name such as input_avg1_031_2.tif.

    Raises:
      ValueError: the name has another form.
    """
    match = _NAME.fullmatch(file_name)
    if not match:
        raise ValueError(f"A W2S file name is input_avg1|target_avg400_FIELD_DYE.tif. Received: {file_name!r}")
    return match["kind"].partition("_")[0], int(match["field"]), int(match["dye"])


class Builder(tfds.core.GeneratorBasedBuilder):
    """120 noisy micrographs of 40 fields with three dyes; splits `train` (fields 1 to 30) and `test` (31 to 40).

    Attributes:
      RESCALED: noisy and clean files were rescaled to 8 bits one by one, so an estimate is fitted to its reference by
        reference = g x + o before it is scored.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}
    RESCALED = True

    def _info(self):
        image = tfds.features.Image(shape=(None, None, 1), encoding_format="png")
        text = tfds.features.Text()
        features = tfds.features.FeaturesDict({"noisy": image, "clean": image, "name": text, "setting": text, "field": np.int64})
        return self.dataset_info_from_configs(features=features, disable_shuffling=True)

    def _split_generators(self, dl_manager):
        files = {parse_name(name): path for name, path in upstream.download(self, dl_manager).items()}
        pictures = sorted({(field, dye) for _, field, dye in files})
        train = [own for own in pictures if own[0] <= TRAIN_FIELDS]
        test = [own for own in pictures if own[0] > TRAIN_FIELDS]
        return {"train": self._generate_examples(train, files), "test": self._generate_examples(test, files)}

    def _generate_examples(self, pictures, files):
        for field, dye in pictures:
            noisy, clean = (io.imread(os.fspath(files[kind, field, dye]))[..., np.newaxis] for kind in ("input", "target"))
            name = f"{field:03d}_{dye}"
            yield name, {"noisy": noisy, "clean": clean, "name": name, "setting": f"dye {dye}", "field": field}
