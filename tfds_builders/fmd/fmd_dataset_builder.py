"""FMD: fluorescence micrographs of confocal, two-photon and widefield microscopes, one shot each, with the mean of 50."""

import os

import numpy as np
import tensorflow_datasets as tfds
from skimage import io

from tfds_builders import upstream

MICROSCOPES = ("Confocal", "TwoPhoton", "WideField")


class Builder(tfds.core.GeneratorBasedBuilder):
    """The mixed test set: 48 noisy micrographs with references, four captures of each of 12 settings.

    Configurations: `all` (default), split `test` alone; and `without_<microscope>`, where that microscope is only tested on. A
    setting's four captures show one field, so that it cannot be on both sides.
    """

    VERSION = tfds.core.Version("1.1.0")
    RELEASE_NOTES = {"1.0.0": "Initial release.", "1.1.0": "Configurations that leave a microscope out."}
    BUILDER_CONFIGS = [
        tfds.core.BuilderConfig(name="all", description="All to test on."),
        *upstream.leave_out_configs(MICROSCOPES),
    ]

    def _info(self):
        image = tfds.features.Image(shape=(None, None, 1), encoding_format="png")
        text = tfds.features.Text()
        features = tfds.features.FeaturesDict({"noisy": image, "clean": image, "name": text, "setting": text})
        return self.dataset_info_from_configs(features=features, disable_shuffling=True)

    def _split_generators(self, dl_manager):
        # a capture and its reference have one name, in two folders
        paths = upstream.download_by_folder(self, dl_manager)
        names = sorted(paths["raw"])
        test = [name for name in names if name.startswith(upstream.left_out(self, MICROSCOPES) or "")]
        splits = {"train": sorted(set(names) - set(test)), "test": test}
        return {split: self._generate_examples(paths, own) for split, own in splits.items() if own}

    def _generate_examples(self, paths, names):
        for name in names:
            noisy, clean = (io.imread(os.fspath(paths[kind][name]))[..., np.newaxis] for kind in ("raw", "gt"))
            stem = name.removesuffix(".png")
            yield stem, {"noisy": noisy, "clean": clean, "name": stem, "setting": stem.rpartition("_")[0]}
