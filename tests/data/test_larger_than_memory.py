"""Folders larger than memory: on disk, pictures, their noise and their batches are what they are in memory."""

import numpy as np
import pytest
from conftest import small_settings
from skimage import data

from r2r_tf.data import sampling
from r2r_tf.image_files import scratch
from r2r_tf.training import data as training_data


@pytest.fixture
def folder(tmp_path):
    """Pictures with counting noise, which has a level for each pixel."""
    rng = np.random.default_rng(0)
    scenes = [data.camera(), data.moon(), data.page().repeat(2, axis=0)[:, :384], data.coins()]
    for number, x in enumerate(scenes):
        np.save(tmp_path / f"{number}.npy", rng.poisson(x[:300, :340] / 5.0 + 4).astype(np.uint16))
    return tmp_path


@pytest.fixture
def on_disk(monkeypatch):
    """Nothing fits into memory."""
    monkeypatch.setattr(scratch.Shelf.__init__, "__defaults__", (0,))
    monkeypatch.setattr(scratch, "LARGE", 1 << 16)


def test_a_shelf_keeps_values(monkeypatch):
    monkeypatch.setattr(scratch, "LARGE", 1 << 14)
    shelf, rng = scratch.Shelf(20_000), np.random.default_rng(0)
    arrays = [
        rng.random(shape).astype(dtype)
        for shape in ((50, 60, 1), (7, 3), (100, 90, 3), (211,))
        for dtype in (np.float32, np.float64)
    ]
    kept = [shelf.keep(array) for array in arrays]
    for own, array in zip(kept, arrays, strict=True):
        np.testing.assert_array_equal(own, array)
        assert own.dtype == array.dtype
    assert kept[0] is arrays[0] and kept[-1] is not arrays[-1]


@pytest.mark.slow
@pytest.mark.parametrize("sigma", ["auto", "25"])
def test_batches_from_disk_are_those_from_memory(folder, monkeypatch, sigma, request):
    settings = small_settings(
        images=(str(folder),), model="unet", depth=2, batch_norm=None, sigma=sigma, binning=(2,) if sigma == "25" else ()
    )
    made = []
    for place in ("memory", "disk"):
        if place == "disk":
            request.getfixturevalue("on_disk")
        images = training_data.load_images(settings)
        assert isinstance(sampling.pack([image.noisy for image in images.train]).values, list) == (place == "disk")
        batches = training_data.batches(settings, images, 0, with_level=True)
        made.append([part.numpy() for batch in batches.train.take(4) for part in batch])
    assert all(np.array_equal(own, other) for own, other in zip(*made, strict=True)) and len(made[0]) == 8
