"""What a picture's weights and noise are found from: not what is masked, not a blank page; and faults stay with their file."""

import numpy as np
import pytest
from skimage import data

import r2r_tf
from r2r_tf.cluster import arrays as cluster_arrays
from r2r_tf.image_files import placing
from r2r_tf.image_files.value_range import ValueRange
from r2r_tf.inference import files, one_file, stacks

X = data.camera()[60:316, 60:316] / 255 * 30
pytestmark = pytest.mark.slow


def error(estimate, where=...):
    return np.sqrt(np.mean(np.square(np.asarray(estimate, np.float64) - X)[where]))


def test_what_is_masked_has_no_say(rng):
    """As good as the visible part alone, within what the rim costs."""
    y, hidden = rng.poisson(X).astype(float), np.zeros(X.shape, bool)
    hidden[:, 120:] = True
    masked = r2r_tf.denoise(np.ma.masked_array(np.where(hidden, 1000 * rng.random(X.shape), y), hidden), orientations=1)
    alone = np.where(hidden, 0, np.pad(r2r_tf.denoise(y[:, :120], orientations=1), ((0, 0), (0, 136))))
    assert error(masked.data, ~hidden) < 1.03 * error(alone, ~hidden)


def test_a_blank_page_does_not_choose(rng):
    y = rng.poisson(X).astype(float)
    stack = np.stack([np.full_like(y, 3), y])[..., None]
    page = stacks.telling_page(stack, ValueRange(0, 1))
    np.testing.assert_allclose(page[..., 0], y, rtol=1e-6)
    np.testing.assert_allclose(r2r_tf.denoise(stack, orientations=1)[1, ..., 0], r2r_tf.denoise(y, orientations=1), atol=1e-4)


@pytest.mark.parametrize("noise", ["poisson", "gamma"])
def test_noise_that_is_named_is_followed_in_small_pictures(rng, noise):
    """Which are too small to show how it grows."""
    part = X[100:150, 100:150] + 1
    y = rng.poisson(part) if noise == "poisson" else part * rng.gamma(10, 0.1, part.shape)
    named, white = (np.mean(np.square(r2r_tf.denoise(y.astype(float), noise=own) - part)) for own in (noise, "white"))
    assert named < 0.8 * white


def test_a_volume_of_empty_planes_stays_empty(rng, tmp_path):
    zarr = pytest.importorskip("zarr")
    store = zarr.create_array(str(tmp_path / "v.zarr"), shape=(6, 128, 128), dtype="u2", chunks=(1, 64, 64), fill_value=0)
    store[2] = rng.poisson(data.coins()[:128, :128] / 4) + 100
    result = zarr.open(str(cluster_arrays.denoise_zarr(tmp_path / "v.zarr", tmp_path / "out", orientations=1)), mode="r")[:]
    assert not np.delete(result, 2, axis=0).any() and result[2].min() > 50


def test_a_fault_of_one_file_is_that_files(rng, tmp_path, monkeypatch):
    """Whatever its class: a sentence with the file's name, and the others go on."""
    for name in "ab":
        np.save(tmp_path / f"{name}.npy", rng.random((32, 32)))
    real = one_file.estimate

    def fails(job, image, on_tile=None):
        if image.pixels[0, 0, 0, 0] == np.load(tmp_path / "a.npy")[0, 0]:
            raise RuntimeError("no\nsentence")
        return real(job, image, on_tile)

    monkeypatch.setattr(one_file, "estimate", fails)
    places = placing.Places([str(tmp_path / f"{name}.npy") for name in "ab"], tmp_path / "out", (".npy",), str(tmp_path))
    lines = []
    assert files.run(one_file.job_of(orientations=1, sigma="20/255"), places, print_line=lines.append) == {"failed": 1, "done": 1}
    assert "a.npy: this is a fault of r2r_tf, not of the file (RuntimeError: no sentence); please report it" in lines[0]
