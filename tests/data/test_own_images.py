"""Training on image files: what is read, what is recorded, and that it cleans those very files."""

import json

import numpy as np
import pytest
import tifffile
from conftest import run_command, small_settings
from skimage import data

import r2r_tf
from r2r_tf import estimation, noise
from r2r_tf.data import own_images
from r2r_tf.errors import InputError
from r2r_tf.models import denoisers
from r2r_tf.training import run

SIGMA = 25 / 255
# 12 bits in 16, and no black
LOW, HIGH = 200, 3700


def twelve_bits(x, seed):
    y = x + SIGMA * np.random.default_rng(seed).standard_normal(x.shape)
    return np.clip(LOW + (HIGH - LOW) * y, 0, 4095).round().astype(np.uint16)


@pytest.fixture(scope="module")
def pictures():
    camera = data.camera() / 255
    return [camera[:200, :240], camera[100:300, 200:440], camera[300:500, 100:340]]


@pytest.fixture
def folder(tmp_path, pictures):
    path = tmp_path / "pictures"
    path.mkdir()
    tifffile.imwrite(path / "a.tif", twelve_bits(pictures[0], 0))
    tifffile.imwrite(path / "stack.tif", np.stack([twelve_bits(x, 1 + i) for i, x in enumerate(pictures[1:])]), imagej=True)
    return path


def test_pages_are_pictures_of_one_range(folder, pictures):
    own = own_images.load([str(folder)])
    names = [p.name.removeprefix(f"{folder}/") for p in own.pictures]
    assert names == ["a.tif", "stack.tif page 0", "stack.tif page 1"] and own.dtype == "uint16"
    assert all(p.clean is None and p.noisy.shape == (200, 240, 1) for p in own.pictures)
    back = own.values.from_unit(own.pictures[0].noisy, np.uint16)[..., 0]
    np.testing.assert_array_equal(back, twelve_bits(pictures[0], 0))
    assert own.values.low < 600 and 3300 < own.values.high <= 4095


def test_files_of_one_name_and_of_either_byte_order(folder, pictures, tmp_path):
    np.save(tmp_path / "a.npy", twelve_bits(pictures[0], 5).astype(">u2"))
    (tmp_path / "other").mkdir()
    np.save(tmp_path / "other" / "a.npy", twelve_bits(pictures[0], 6).astype(">u2"))
    own = own_images.load([str(tmp_path / "a.npy"), str(tmp_path / "other")])
    assert len(own.pictures) == 2 and own.dtype == "uint16"
    assert not np.array_equal(own.pictures[0].noisy, own.pictures[1].noisy)


def test_one_picture_is_cut_into_parts(folder, pictures):
    own = own_images.load([str(folder / "a.tif")], single=True)
    assert [p.noisy.shape for p in own.pictures] == [(200, 48, 1)] * 5
    whole = np.concatenate([p.noisy for p in own.pictures], axis=1)[..., 0]
    np.testing.assert_array_equal(own.values.from_unit(whole, np.uint16), twelve_bits(pictures[0], 0))


def test_large_pictures_are_cut_into_parts(folder, monkeypatch):
    everything = own_images.load([str(folder)])
    monkeypatch.setattr(own_images, "_SIDE", 100)
    own = own_images.load([str(folder)])
    assert own.values == everything.values and [p.noisy.shape for p in own.pictures] == [(100, 80, 1)] * 18
    assert {p.name.partition(" part ")[0] for p in own.pictures} == {p.name for p in everything.pictures}
    np.testing.assert_array_equal(own.pictures[4].noisy, everything.pictures[0].noisy[100:, 80:160])


@pytest.mark.parametrize(
    "content, message",
    [
        (np.eye(50, dtype=np.uint8), "same channels and bits"),
        (np.eye(50, dtype=np.uint16)[..., None].repeat(3, axis=-1), "same channels and bits"),
        (None, "no images"),
    ],
)
def test_bad_sets(folder, content, message):
    if content is None:
        folder = folder / "*.png"
    else:
        np.save(folder / "other.npy", content)
    with pytest.raises(InputError, match=message):
        own_images.load([str(folder)])


def test_what_is_no_value_moves_neither_range_nor_noise(tmp_path, pictures):
    """Margins, no-data rows, NaN and hot pixels, beside blank pages and a pedestal: the rest is as without them."""
    rng = np.random.default_rng(0)
    clean = [32768 + 1000 * x for x in pictures]
    stack = np.stack([x + 80 * rng.standard_normal(x.shape) for x in clean]).astype(np.float32)
    np.save(tmp_path / "plain.npy", stack)
    spoilt = stack.copy()
    spoilt[0, :40], spoilt[1, :, :30], spoilt[2][rng.random(stack[2].shape) < 0.0005] = -9999, np.nan, 1e6
    np.save(tmp_path / "spoilt.npy", np.concatenate([spoilt, np.full((1, 200, 240), 7, np.float32)]))
    plain, spoilt = (own_images.load([str(tmp_path / f"{name}.npy")]) for name in ("plain", "spoilt"))
    assert len(spoilt.pictures) == 3 and 700 < plain.values.high - plain.values.low < 1400
    np.testing.assert_allclose(spoilt.values, plain.values, atol=40)
    assert all(np.isfinite(picture.noisy).all() and np.abs(picture.noisy).max() < 2 for picture in spoilt.pictures)
    below = [own.values.from_unit(own.pictures[0].noisy[45:], float) for own in (plain, spoilt)]
    np.testing.assert_allclose(*below, atol=0.1)
    for own in (plain, spoilt):
        model = estimation.camera_noise([picture.noisy for picture in own.pictures])[1]
        level = np.median(model.sigma) * (own.values.high - own.values.low)
        assert level == pytest.approx(80, rel=0.12)


def test_nan_and_several_as_one(folder, tmp_path):
    np.save(tmp_path / "nan.npy", np.full((50, 50), np.nan))
    with pytest.raises(InputError, match="must show something"):
        own_images.load([str(tmp_path / "nan.npy")])
    with pytest.raises(InputError, match="`single_image` is for one picture"):
        own_images.load([str(folder)], single=True)


@pytest.mark.slow
@pytest.mark.parametrize("sigma", ("auto", "22"))
def test_training_cleans_the_files(folder, pictures, tmp_path, sigma):
    """The level is that of the recorded range; auto finds it."""
    changes = {
        "model": "ffdnet",
        "depth": 5,
        "features": 16,
        "batch_norm": None,
        "patch_size": 32,
        "learning_rate": 4e-3,
        "optimizer": "muon",
    }
    settings = small_settings(**changes, images=(str(folder),), sigma=sigma, batch_size=16, epochs=2, steps_per_epoch=150)
    run.train(settings, tmp_path / "run")
    card = json.loads((tmp_path / "run" / "model.json").read_text())
    assert card["dtype"] == "uint16" and 3300 < card["value_range"][1] - card["value_range"][0] < 4096
    model = denoisers.load(tmp_path / "run")
    for x, y in ((pictures[0], twelve_bits(pictures[0], 0)), (pictures[1], twelve_bits(pictures[1], 9))):
        x_hat = r2r_tf.denoise(y, model)
        assert x_hat.dtype == np.uint16
        before, after = (np.mean(((image.astype(float) - LOW) / (HIGH - LOW) - x) ** 2) for image in (y, x_hat))
        assert after < 0.35 * before
    if sigma == "22":
        assert model.noise == noise.Gaussian(22 / 255)


@pytest.mark.slow
def test_single_image_command(folder, tmp_path):
    flags = ("--flagfile=configs/single_image.flags", f"--images={folder / 'a.tif'}", f"--workdir={tmp_path / 'run'}")
    small = ("--features=8", "--patch_size=32", "--epochs=1", "--steps_per_epoch=4")
    process = run_command("r2r_tf.train", *flags, *small, "--sigma=25")
    assert "Finished" in process.stdout and "r2r-denoise" in process.stdout
    process = run_command(
        "tools.denoise", str(folder / "stack.tif"), f"--model={tmp_path / 'run'}", f"--output_dir={tmp_path}", check=False
    )
    assert process.returncode == 0 and tifffile.imread(tmp_path / "stack_denoised.tif").shape == (2, 200, 240)
    for arguments, message in (
        (("--images=nowhere/*.tif",), "no images"),
        (("--single_image",), "belongs to --images"),
        ((f"--images={folder}", "--objective=n2c"), "needs clean images"),
    ):
        process = run_command("r2r_tf.train", *arguments, f"--workdir={tmp_path / 'no'}", check=False)
        assert process.returncode == 1 and message in process.stderr and not (tmp_path / "no").exists()
