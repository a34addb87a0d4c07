"""The natural photographs that ship inside the scikit-image wheel: data for everybody, without a download."""

import pathlib

import numpy as np
import skimage.data
import tensorflow_datasets as tfds
from skimage import color, io

COLOUR = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg")
GRAY = ("brick.png", "camera.png", "coins.png", "grass.png", "gravel.png", "moon.png")
TEST = ("camera.png", "chelsea.png", "coffee.png")


def load(file_name, as_gray):
    """One picture of the wheel: [H, W, 1] (as_gray) or [H, W, 3], uint8."""
    picture = io.imread(pathlib.Path(skimage.data.__file__).parent / file_name)
    if not as_gray:
        return picture
    if picture.ndim == 3:
        picture = np.round(color.rgb2gray(picture) * 255).astype(np.uint8)
    return picture[..., None]


class Builder(tfds.core.GeneratorBasedBuilder):
    """Photographs of scikit-image, configurations `gray` (default) and `rgb`; test pictures camera, chelsea, coffee."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}
    BUILDER_CONFIGS = [
        tfds.core.BuilderConfig(name="gray", description="All photographs, in gray."),
        tfds.core.BuilderConfig(name="rgb", description="The photographs that are in colour."),
    ]

    def _info(self):
        channels = 1 if self.builder_config.name == "gray" else 3
        features = {"image": tfds.features.Image(shape=(None, None, channels)), "name": tfds.features.Text()}
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features), disable_shuffling=True)

    def _split_generators(self, dl_manager):
        del dl_manager
        names = sorted(COLOUR + GRAY if self.builder_config.name == "gray" else COLOUR)
        return {
            "train": self._generate_examples([name for name in names if name not in TEST]),
            "test": self._generate_examples([name for name in names if name in TEST]),
        }

    def _generate_examples(self, names):
        for name in names:
            picture = load(name, as_gray=self.builder_config.name == "gray")
            yield name, {"image": picture, "name": pathlib.PurePath(name).stem}
