"""Own pictures of cameras: the run leaves the shipped weights that they get by default, and trains nothing worse."""

import json

import numpy as np
import pytest
import scipy.ndimage
import skimage.data
from conftest import as_camera, run_command
from PIL import Image

import r2r_tf
from r2r_tf.models import denoisers
from r2r_tf.training import data as training_data
from r2r_tf.training.settings import Settings

pytestmark = pytest.mark.slow


def files_of_a_camera(folder, count=4):
    photograph = scipy.ndimage.gaussian_filter(skimage.data.chelsea() / 255, (7, 7, 0)).astype(np.float32)
    folder.mkdir()
    for number in range(count):
        picture = as_camera(photograph[20:276, 100 + number : 356 + number])
        Image.fromarray(picture).save(folder / f"{number}.png")


def test_pictures_of_cameras_leave_the_weights_for_them(tmp_path):
    files_of_a_camera(tmp_path / "pictures")
    command = (
        "r2r_tf.train",
        "--flagfile=configs/own_images.flags",
        f"--images={tmp_path / 'pictures'}",
        f"--workdir={tmp_path / 'run'}",
        "--nosaved_model",
    )
    assert "The weights camera stay as they are" in run_command(*command).stdout
    card = json.loads((tmp_path / "run" / "model.json").read_text())
    assert (card["alpha"], card["orientations"], card["noise"]["name"], card["epochs"]) == (0, 1, "camera", 0)
    y = np.asarray(Image.open(tmp_path / "pictures" / "0.png"))
    # model.json rounds the law of the noise
    np.testing.assert_allclose(r2r_tf.denoise(y, tmp_path / "run"), r2r_tf.denoise(y, "camera").astype(float), atol=1)
    assert "is finished already" in run_command(*command).stdout
    assert "holds a run with other flags" in run_command(*command, "--seed=1", check=False).stderr


def test_other_runs_train(tmp_path):
    """With weights that are named, with a level that is given, and pictures that have another noise."""
    files_of_a_camera(tmp_path / "camera")
    (tmp_path / "white").mkdir()
    for number in range(3):
        x = skimage.data.camera()[:200, 100 * number :][:, :200]
        y = np.clip(x + 15 * np.random.default_rng(number).standard_normal(x.shape), 0, 255)
        Image.fromarray(np.uint8(y)).save(tmp_path / "white" / f"{number}.png")

    def weights(folder, **changes):
        settings = Settings(images=(str(tmp_path / folder),), **{"model": "unet", "sigma": "auto", "init": "auto", **changes})
        return training_data.load_images(settings).shipped

    assert weights("camera").sha256 == denoisers.load("camera").sha256
    assert weights("camera", init=None) is None and weights("camera", sigma="10") is None and weights("white") is None
