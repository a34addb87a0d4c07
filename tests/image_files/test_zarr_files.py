"""Image files as Zarr volumes and back: the same pixels, axes by their names, the layout of the file that they came from."""

import numpy as np
import pytest
import tifffile
import zarr
from conftest import run_command

from r2r_tf import image_files
from r2r_tf.errors import InputError
from r2r_tf.image_files import zarr_files


@pytest.mark.parametrize(
    "shape, options, names, volume_shape",
    [
        ((40, 50), {}, ["y", "x"], (40, 50)),
        ((6, 40, 50), {"imagej": True}, None, (6, 40, 50)),
        ((2, 3, 4, 40, 50), {"ome": True, "metadata": {"axes": "TCZYX"}}, ["t", "c", "z", "y", "x"], (2, 3, 4, 40, 50)),
        ((40, 50, 3), {"photometric": "rgb"}, ["c", "y", "x"], (3, 40, 50)),
        ((5, 40, 50, 3), {"photometric": "rgb"}, None, (5, 3, 40, 50)),
    ],
)
def test_there_and_back(shape, options, names, volume_shape, tmp_path, rng):
    array = rng.integers(0, 60000, shape).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", array, **options)
    zarr_files.to_zarr(tmp_path / "a.tif", tmp_path / "a.zarr")
    store = zarr.open(str(tmp_path / "a.zarr"), mode="r")
    own = list(store.metadata.dimension_names)
    assert store.shape == volume_shape and own[-2:] == ["y", "x"] and own == (names or own)
    expected = array if shape[-1] != 3 else np.moveaxis(array, -1, -3)
    np.testing.assert_array_equal(store[:], expected)
    zarr_files.to_file(tmp_path / "a.zarr", tmp_path / "b.tif", tmp_path / "a.tif")
    with tifffile.TiffFile(tmp_path / "a.tif") as before, tifffile.TiffFile(tmp_path / "b.tif") as after:
        assert (after.series[0].axes, after.is_ome, after.is_imagej) == (before.series[0].axes, before.is_ome, before.is_imagej)
        np.testing.assert_array_equal(after.asarray(), before.asarray())
    zarr_files.to_file(tmp_path / "a.zarr", tmp_path / "pages.tif")
    np.testing.assert_array_equal(image_files.open_image(tmp_path / "pages.tif").pixels[..., 0].ravel(), expected.ravel())


def test_nothing_is_lost(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((40, 50), np.uint8))
    process = run_command("tools.convert", tmp_path / "a.tif", tmp_path / "a.zarr")
    assert "Written" in process.stdout
    np.save(tmp_path / "b.npy", np.arange(12).reshape(3, 4))
    zarr_files.to_zarr(tmp_path / "b.npy", tmp_path / "b.zarr")
    np.testing.assert_array_equal(zarr.open(str(tmp_path / "b.zarr"))[:].ravel(), np.arange(12))
    for arguments, message in (
        ((tmp_path / "a.tif", tmp_path / "a.zarr"), "There is something at"),
        ((tmp_path / "a.tif", tmp_path / "a.tiff"), "must end in .zarr"),
        ((tmp_path / "a.zarr",), "Name what is there"),
        ((tmp_path / "a.tif", tmp_path / "c.zarr", f"--like={tmp_path / 'a.tif'}"), "--like belongs to new image files"),
    ):
        process = run_command("tools.convert", *arguments, check=False)
        assert process.returncode == 1 and message in process.stderr and "Traceback" not in process.stderr
    tifffile.imwrite(tmp_path / "other.tif", np.zeros((41, 50), np.uint8))
    with pytest.raises(InputError, match="as many values"):
        zarr_files.to_file(tmp_path / "a.zarr", tmp_path / "b.tif", tmp_path / "other.tif")
