"""MRC: pixels come back bit by bit, mapped from the file, with sizes, extended header and labels."""

import sys

import numpy as np
import pytest
from conftest import run_command

from r2r_tf import image_files
from r2r_tf.errors import InputError

mrcfile = pytest.importorskip("mrcfile", reason="needs mrcfile: pip install 'r2r_tf[mrc]'")

EXTREMES = [
    *((dtype, np.iinfo(dtype).min, np.iinfo(dtype).max) for dtype in ("int8", "int16", "uint16")),
    *((dtype, -60000, 60000) for dtype in ("float16", "float32")),
]
SHAPES = {"picture": (20, 30), "stack": (4, 20, 30), "volume": (4, 20, 30), "volumes": (2, 4, 20, 30)}


def save(path, array, kind="stack", extended=b"", labels=1):
    """An MRC file with all that its header can say."""
    with mrcfile.new(path, overwrite=True) as file:
        file.set_data(array)
        if kind == "volume":
            file.set_volume()
        elif kind == "stack":
            file.set_image_stack()
        file.voxel_size = (1.5, 2.5, 3.5)
        file.nstart = (7, -8, 9)
        file.header.origin = (0.5, 1.5, 2.5)
        if extended:
            file.set_extended_header(np.frombuffer(extended, "V1"))
            file.header.exttyp = b"SERI"
        for number in range(1, labels):
            file.add_label(f"label {number}")


def round_trip(path, pixels=None):
    image = image_files.open_image(path)
    result = path.with_name(f"result_{path.name}")
    image_files.write(result, image, image.pixels if pixels is None else pixels(image.pixels))
    return image, result


@pytest.mark.parametrize("dtype, low, high", EXTREMES)
@pytest.mark.parametrize("kind", SHAPES)
def test_what_is_read_is_written_again(tmp_path, rng, kind, dtype, low, high):
    array = (rng.random(SHAPES[kind]) * 100).astype(dtype)
    array.flat[0], array.flat[-1] = low, high
    save(tmp_path / "a.mrc", array, kind, extended=bytes(range(160)))
    image, result = round_trip(tmp_path / "a.mrc")
    assert image.pixels.shape == (array.size // 600, 20, 30, 1) and image.pixels.dtype == dtype
    assert isinstance(image.pixels, np.memmap)
    np.testing.assert_array_equal(image.pixels.ravel(), array.ravel())
    with mrcfile.open(tmp_path / "a.mrc") as before, mrcfile.open(result) as after:
        np.testing.assert_array_equal(after.data, before.data)
        assert after.data.dtype == before.data.dtype and after.data.shape == array.shape
        assert after.voxel_size == before.voxel_size and after.nstart == before.nstart
        assert after.header.origin == before.header.origin and after.header.exttyp == b"SERI"
        assert after.extended_header.tobytes() == before.extended_header.tobytes() == bytes(range(160))
        assert after.is_volume() == before.is_volume() and after.is_image_stack() == before.is_image_stack()
        assert after.get_labels() == [*before.get_labels(), "Denoised with r2r_tf 0.1.0 (Recorrupted-to-Recorrupted)"]
    assert mrcfile.validate(result) == mrcfile.validate(tmp_path / "a.mrc")


def test_statistics_are_those_of_the_result(tmp_path, rng):
    save(tmp_path / "a.mrc", rng.normal(100, 9, (4, 20, 30)).astype(np.float32))
    _, result = round_trip(tmp_path / "a.mrc", lambda pixels: pixels / 2)
    with mrcfile.open(result) as file:
        header, data = file.header, np.float64(file.data)
        found = [float(own) for own in (header.dmin, header.dmax, header.dmean, header.rms)]
        np.testing.assert_allclose(found, (data.min(), data.max(), data.mean(), data.std()), rtol=1e-5)


def test_the_last_of_ten_labels_gives_way(tmp_path, rng):
    save(tmp_path / "a.mrc", rng.random((4, 20, 30)).astype(np.float32), labels=10)
    _, result = round_trip(tmp_path / "a.mrc")
    with mrcfile.open(tmp_path / "a.mrc") as before, mrcfile.open(result) as after:
        assert after.get_labels()[:9] == before.get_labels()[:9] and len(after.get_labels()) == 10
        assert after.get_labels()[-1].startswith("Denoised with r2r_tf")


def test_either_byte_order(tmp_path, rng):
    array = rng.integers(-32768, 32767, (4, 20, 30), np.int16)
    save(tmp_path / "a.mrc", array.astype(">i2"))
    image, result = round_trip(tmp_path / "a.mrc")
    assert image.pixels.dtype == ">i2"
    np.testing.assert_array_equal(mrcfile.read(result), array)


def test_bytes_of_imod_without_a_sign(tmp_path):
    """IMOD's stamp without the flag for signs says that mode 0 counts from 0 to 255."""
    array = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    save(tmp_path / "a.st", array.view(np.int8))
    for flags, expected in ((0, array), (1, array.view(np.int8))):
        content = bytearray((tmp_path / "a.st").read_bytes())
        content[152:160] = np.array([1146047817, flags], "<i4").tobytes()
        (tmp_path / "b.st").write_bytes(content)
        image, result = round_trip(tmp_path / "b.st")
        assert image.pixels.dtype == expected.dtype
        np.testing.assert_array_equal(image.pixels[..., 0], expected)
        assert result.read_bytes()[1024:] == bytes(content)[1024:]


def test_damage_is_one_sentence(tmp_path, rng):
    save(tmp_path / "whole.mrc", rng.random((4, 20, 30)).astype(np.float32))
    whole = (tmp_path / "whole.mrc").read_bytes()

    def with_field(place, number):
        return whole[:place] + int(number).to_bytes(4, "little", signed=True) + whole[place + 4 :]

    with mrcfile.new(tmp_path / "waves.mrc") as file:
        file.set_data(np.zeros((4, 20, 30), np.complex64))
    contents = {
        "cut.mrc": (whole[:3000], "is cut off"),
        "header.mrc": (whole[:300], "is cut off"),
        "room.mrc": (with_field(92, 0x77777777), "is cut off"),
        "mode.mrc": (with_field(12, 101), "Received: mode 101"),
        "size.mrc": (with_field(0, -5), "holds no pixels|cannot be read"),
        "extended.mrc": (with_field(92, -5), "is cut off"),
        "claims.mrc": (with_field(0, 2**30), "is cut off|cannot be read"),
        "waves.mrc": ((tmp_path / "waves.mrc").read_bytes(), "whole numbers or floats"),
        "renamed.png": (whole, "holds a MRC image, which its name does not say"),
        "text.rec": (b"no picture " * 200, "not an image of a known format"),
    }
    for name, (content, message) in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=message) as error:
            image_files.open_image(tmp_path / name)
        assert "\n" not in str(error.value)


def test_without_the_library(tmp_path, rng, monkeypatch):
    save(tmp_path / "x.mrcs", rng.random((4, 20, 30)).astype(np.float32))
    monkeypatch.setitem(sys.modules, "mrcfile", None)
    with pytest.raises(InputError, match=r"x.mrcs: reading MRC needs the package mrcfile: pip install 'r2r_tf\[mrc\]'"):
        image_files.open_image(tmp_path / "x.mrcs")


def test_large_stacks_stay_in_the_file(tmp_path):
    """A sparse file of 8 GiB, is opened in no time and a page of it is read."""
    save(tmp_path / "a.mrcs", np.zeros((1, 1024, 1024), np.float32))
    header = bytearray((tmp_path / "a.mrcs").read_bytes()[:1024])
    header[8:12] = (2048).to_bytes(4, "little")
    with open(tmp_path / "large.mrcs", "wb") as file:
        file.write(header)
        file.truncate(1024 + 2048 * (1 << 22))
    image = image_files.open_image(tmp_path / "large.mrcs")
    assert image.pixels.shape == (2048, 1024, 1024, 1) and isinstance(image.pixels, np.memmap)
    assert image.pixels[2047].sum() == 0


@pytest.mark.slow
def test_commands(tmp_path, rng):
    x = 100 + 40 * np.sin(np.arange(96) / 9)[:, None] * np.cos(np.arange(96) / 7)
    save(tmp_path / "a.mrc", (x + 10 * rng.normal(size=(2, 96, 96))).astype(np.float32))
    run_command("tools.denoise", tmp_path / "a.mrc", f"--output_dir={tmp_path / 'out'}", "--orientations=1")
    result = mrcfile.read(tmp_path / "out" / "a_denoised.mrc")
    assert result.dtype == np.float32 and np.std(result - x) < 5
