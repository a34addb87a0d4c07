"""PolyU: pairs of a real noisy photograph and the mean of many shots of the same scene."""

import os
import re
from typing import NamedTuple

import numpy as np
import tensorflow_datasets as tfds
from skimage import io

from tfds_builders import upstream

# chosen before any result: the first seed that gives exactly 70 and 30 crops, with five or more of every camera to test on
SPLIT_SEED = 5
TRAIN_FRACTION = 0.7
CAMERAS = ("Canon5D2", "Canon600D", "Canon80D", "NikonD800", "Sony")

# camera_aperture_shutter_iso_object_crop; one upstream name has two underscores before the crop number
_NAME = re.compile(r"(?P<camera>\w+?)_(?P<aperture>[\d-]+)_(?P<shutter>\d+)_(?P<iso>\d+)_(?P<scene>[A-Za-z]+)_+(?P<crop>\d+)")


class Crop(NamedTuple):
    """What an upstream file name says of its picture."""

    name: str
    camera: str
    iso: int
    scene: str


def parse_name(file_name):
    """`Crop` from a file name such as Sony_4-5_125_3200_plant_11_real.JPG (aperture 4.5, shutter 1/125 s, ISO 3200).

    Raises:
      ValueError: the name has another form.
    """
    name = re.sub(r"_(real|mean)\.JPG$", "", file_name)
    match = _NAME.fullmatch(name)
    if not match:
        raise ValueError(f"A PolyU file name is camera_aperture_shutter_iso_object_crop_real|mean.JPG. Received: {file_name!r}")
    return Crop(name, match["camera"], int(match["iso"]), match["scene"])


def split_by_scene(crops, seed=SPLIT_SEED):
    """Splits crops 70/30 such that no scene is on both sides.

    Scenes are the photographed objects, whatever the camera: a scene that two cameras saw stays together too. In seeded random
    order, each scene goes to the training side while it fits into 70%, else to the test side.

    Args:
      crops: list of `Crop`.
      seed: of the order.
    Returns:
      (train, test), lists of `Crop`, each sorted by name.
    """
    scenes = sorted({crop.scene for crop in crops})
    room, train_scenes = round(TRAIN_FRACTION * len(crops)), set()
    for scene in np.random.default_rng(seed).permutation(scenes):
        size = sum(crop.scene == scene for crop in crops)
        if size <= room:
            train_scenes.add(scene)
            room -= size
    ordered = sorted(crops)
    return [c for c in ordered if c.scene in train_scenes], [c for c in ordered if c.scene not in train_scenes]


def split_by_camera(crops, camera):
    """Splits crops for a test on a camera that training has not seen.

    Args:
      crops: list of `Crop`.
      camera: the one that is left out.
    Returns:
      (train, test), lists of `Crop`, each sorted by name: all crops of that camera to test on, and those of other cameras whose
      scene is not among them to train on.
    """
    test = sorted(crop for crop in crops if crop.camera == camera)
    scenes = {crop.scene for crop in test}
    return sorted(crop for crop in crops if crop.camera != camera and crop.scene not in scenes), test


class Builder(tfds.core.GeneratorBasedBuilder):
    """100 real noisy crops with references; splits `train` and `test`, disjoint in scenes.

    Configurations: `scenes` (default, 70 and 30 crops), and `without_<camera>`, where that camera is only tested on.
    """

    VERSION = tfds.core.Version("1.1.0")
    RELEASE_NOTES = {"1.0.0": "Initial release.", "1.1.0": "Configurations that leave a camera out."}
    BUILDER_CONFIGS = [
        tfds.core.BuilderConfig(name="scenes", description="Split 70/30 by scene."),
        *upstream.leave_out_configs(CAMERAS),
    ]

    def _info(self):
        image = tfds.features.Image(shape=(None, None, 3), encoding_format="png")
        features = tfds.features.FeaturesDict(
            {
                "noisy": image,
                "clean": image,
                "name": tfds.features.Text(),
                "camera": tfds.features.Text(),
                "scene": tfds.features.Text(),
                "iso": np.int64,
            }
        )
        return self.dataset_info_from_configs(features=features, disable_shuffling=True)

    def _split_generators(self, dl_manager):
        paths = upstream.download(self, dl_manager)
        crops = [parse_name(name) for name in paths if name.endswith("_real.JPG")]
        left_out = upstream.left_out(self, CAMERAS)
        train, test = split_by_camera(crops, left_out) if left_out else split_by_scene(crops)
        return {"train": self._generate_examples(train, paths), "test": self._generate_examples(test, paths)}

    def _generate_examples(self, crops, paths):
        for crop in crops:
            noisy, clean = (io.imread(os.fspath(paths[f"{crop.name}_{kind}.JPG"])) for kind in ("real", "mean"))
            yield crop.name, {"noisy": noisy, "clean": clean, **crop._asdict()}
