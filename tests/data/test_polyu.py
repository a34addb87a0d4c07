"""PolyU: what file names say, splits by scene and by camera, and the real files."""

import pathlib

import numpy as np
import pytest

from r2r_tf.data import datasets
from r2r_tf.evaluation import metrics
from tfds_builders.polyu import polyu_dataset_builder as polyu


def test_polyu_names():
    crop = polyu.parse_name("NikonD800_6-3_125_5000_plant__4_real.JPG")
    assert (crop.camera, crop.iso, crop.scene) == ("NikonD800", 5000, "plant")
    with pytest.raises(ValueError, match="Received: 'picture.JPG'"):
        polyu.parse_name("picture.JPG")


def polyu_crops():
    files = [pathlib.PurePath(info.filename).name for info in polyu.Builder.url_infos.values()]
    return [polyu.parse_name(name) for name in files if "_real" in name]


def test_polyu_split_keeps_scenes_together():
    crops = polyu_crops()
    train, test = polyu.split_by_scene(crops)
    assert (len(train), len(test)) == (70, 30) and set(train) | set(test) == set(crops)
    assert not {c.scene for c in train} & {c.scene for c in test}
    assert {c.camera for c in train} == {c.camera for c in test}
    assert len({c.camera for c in crops}) == 5


def test_polyu_leaves_a_camera_out():
    crops = polyu_crops()
    assert {c.camera for c in crops} == set(polyu.CAMERAS)
    for camera in polyu.CAMERAS:
        train, test = polyu.split_by_camera(crops, camera)
        assert {c.camera for c in test} == {camera} and camera not in {c.camera for c in train}
        assert not {c.scene for c in train} & {c.scene for c in test} and len(train) >= 40
        assert set(test) == {c for c in crops if c.camera == camera}


@pytest.mark.release
def test_real_camera_noise(manual_dir, real_data_dir):
    builder = datasets.prepare("polyu", real_data_dir, manual_dir)
    pictures = datasets.load_pictures(builder, "train+test")
    assert {k: v.num_examples for k, v in builder.info.splits.items()} == {"train": 70, "test": 30}
    assert {p.noisy.shape for p in pictures} == {p.clean.shape for p in pictures} == {(512, 512, 3)}
    # what is known of these files as they are
    assert np.mean([metrics.psnr(p.clean, p.noisy) for p in pictures]) == pytest.approx(35.97, abs=0.01)
