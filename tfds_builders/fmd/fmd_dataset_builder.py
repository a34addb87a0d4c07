"""FMD: fluorescence micrographs of confocal, two-photon and widefield microscopes, one shot each, with the mean of 50."""

import os

import numpy as np
import tensorflow_datasets as tfds
from skimage import io

from tfds_builders import upstream


class Builder(tfds.core.GeneratorBasedBuilder):
    """The mixed test set: 48 noisy micrographs with references, four captures of each of 12 settings; split `test` alone."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}

    def _info(self):
        image = tfds.features.Image(shape=(None, None, 1), encoding_format="png")
        text = tfds.features.Text()
        features = tfds.features.FeaturesDict({"noisy": image, "clean": image, "name": text, "setting": text})
        return self.dataset_info_from_configs(features=features, disable_shuffling=True)

    def _split_generators(self, dl_manager):
        # a capture and its reference have one name, in two folders
        paths = upstream.download_by_folder(self, dl_manager)
        return {"test": self._generate_examples(paths)}

    def _generate_examples(self, paths):
        for name in sorted(paths["raw"]):
            noisy, clean = (io.imread(os.fspath(paths[kind][name]))[..., np.newaxis] for kind in ("raw", "gt"))
            stem = name.removesuffix(".png")
            yield stem, {"noisy": noisy, "clean": clean, "name": stem, "setting": stem.rpartition("_")[0]}
