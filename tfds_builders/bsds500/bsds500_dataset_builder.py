"""BSDS500: the Berkeley photographs at full size, in gray or in colour, split so that BSD68 is what is tested on."""

import os
import pathlib

import numpy as np
import tensorflow_datasets as tfds
from skimage import io

from tfds_builders import upstream

# MATLAB's rgb2gray, by which BSD68 was made of these files: the luma of ITU-R BT.601 with its matrix inverted in full precision
_GRAY = np.linalg.inv([[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.106, 1.703]])[0]


def to_gray(picture):
    """MATLAB's rgb2gray: [H, W, 3] uint8 to [H, W, 1] uint8, rounded to the nearest grey level."""
    return np.floor(picture @ _GRAY + 0.5).astype(np.uint8)[..., None]


class Builder(tfds.core.GeneratorBasedBuilder):
    """400 photographs to train on (upstream's train and test), the 68 of upstream's val that are BSD68 to test on.

    Configurations: `gray` (default) and `rgb`. In the order of the file names, which for the split `test` is that of BSD68.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}
    BUILDER_CONFIGS = [
        tfds.core.BuilderConfig(name="gray", description="In gray, by MATLAB's rgb2gray; the split test is BSD68."),
        tfds.core.BuilderConfig(name="rgb", description="In colour (sRGB as stored); the split test is CBSD68."),
    ]

    def _info(self):
        channels = 1 if self.builder_config.name == "gray" else 3
        image = tfds.features.Image(shape=(None, None, channels), encoding_format="png")
        features = tfds.features.FeaturesDict({"image": image, "name": tfds.features.Text()})
        return self.dataset_info_from_configs(features=features, disable_shuffling=True)

    def _split_generators(self, dl_manager):
        paths = upstream.download(self, dl_manager)
        files = [pathlib.PurePath(info.filename) for info in self.url_infos.values()]
        tested = {file.name for file in files if file.parent.name == "val"}
        return {
            "train": self._generate_examples({name: path for name, path in paths.items() if name not in tested}),
            "test": self._generate_examples({name: path for name, path in paths.items() if name in tested}),
        }

    def _generate_examples(self, paths):
        for name, path in sorted(paths.items()):
            picture = io.imread(os.fspath(path))
            picture = to_gray(picture) if self.builder_config.name == "gray" else picture
            yield name, {"image": picture, "name": pathlib.PurePath(name).stem}
