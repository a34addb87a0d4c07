"""FITS: values come back bit by bit, with header, other units and holes; scaled and unsigned numbers at their extremes."""

import gzip
import sys

import numpy as np
import pytest
from conftest import mean_denoiser, run_command

from r2r_tf import image_files
from r2r_tf.errors import InputError
from r2r_tf.image_files import finding, placing, scratch
from r2r_tf.inference import files, one_file

fits = pytest.importorskip("astropy.io.fits", reason="needs astropy: pip install 'r2r_tf[fits]'")

EXTREMES = [
    *((dtype, np.iinfo(dtype).min, np.iinfo(dtype).max) for dtype in ("uint8", "int8", "int16", "uint16", "int32", "uint32")),
    *((dtype, np.iinfo(dtype).min, np.iinfo(dtype).max) for dtype in ("int64", "uint64")),
    ("float32", -1e38, 1e38),
    ("float64", -1e300, 1e300),
]


def of_kind(rng, dtype, low, high, shape=(3, 20, 30)):
    """An array of a dtype that holds its extremes."""
    whole = np.dtype(dtype).kind in "ui"
    array = rng.integers(low, high, shape, dtype, endpoint=True) if whole else rng.normal(size=shape).astype(dtype)
    array.flat[0], array.flat[-1] = low, high
    return array


def round_trip(path, pixels=None):
    """(image, its file after it was written with the same or other pixels)."""
    image = image_files.open_image(path)
    result = path.with_name(f"result_{path.name}")
    image_files.write(result, image, image.pixels if pixels is None else pixels(image.pixels))
    return image, result


def stored(path, number=0):
    with fits.open(path, do_not_scale_image_data=True) as file:
        return np.array(file[number].data)


@pytest.mark.parametrize("ending", (".fits", ".fit", ".fts", ".fits.gz"))
@pytest.mark.parametrize("dtype, low, high", EXTREMES)
def test_what_is_read_is_written_again(tmp_path, rng, dtype, low, high, ending):
    array = of_kind(rng, dtype, low, high)
    fits.PrimaryHDU(array).writeto(tmp_path / f"a{ending}")
    image, result = round_trip(tmp_path / f"a{ending}")
    assert image.pixels.shape == (3, 20, 30, 1) and image.pixels.dtype.newbyteorder("=") == dtype
    np.testing.assert_array_equal(image.pixels[..., 0], array)
    np.testing.assert_array_equal(stored(result), stored(tmp_path / f"a{ending}"))
    assert stored(result).dtype == stored(tmp_path / f"a{ending}").dtype
    with fits.open(result) as file:
        np.testing.assert_array_equal(file[0].data, array)
        file.verify("exception")


@pytest.mark.parametrize("shape", ((20, 30), (4, 20, 30), (2, 1, 20, 30)))
def test_planes_of_cubes_are_pages(tmp_path, rng, shape):
    array = rng.normal(size=shape).astype(np.float32)
    fits.PrimaryHDU(array).writeto(tmp_path / "a.fits")
    image, result = round_trip(tmp_path / "a.fits", lambda pixels: pixels[:, ::-1])
    assert image.pixels.shape == (array.size // 600, 20, 30, 1)
    np.testing.assert_array_equal(fits.getdata(result), array[..., ::-1, :])


def full_file(path, rng):
    """A science image behind an empty first unit, with WCS, a damaged card, a table, variance and mask."""
    science = fits.ImageHDU(rng.normal(100, 5, (20, 30)).astype(np.float32), name="SCI")
    science.header["CTYPE1"], science.header["CRVAL1"], science.header["CD1_1"] = "RA---TAN", 210.802429, -1.1e-4
    science.header["HIERARCH ESO DET GAIN"] = (2.5, "e-/ADU")
    science.header.add_history("bias subtracted")
    table = fits.BinTableHDU.from_columns(
        [fits.Column("x", "E", array=[1.5, 2.5]), fits.Column("s", "PJ()", array=[[1], [2, 3]])]
    )
    variance, mask = fits.ImageHDU(np.ones((20, 30)), name="VAR"), fits.ImageHDU(np.eye(20, 30, dtype=np.uint8), name="DQ")
    units = fits.HDUList([fits.PrimaryHDU(), science, variance, table, mask])
    units[0].header["TELESCOP"] = "a telescope"
    units.writeto(path, checksum=True)


@pytest.mark.parametrize("name", ("a.fits", "a.fits.gz"))
def test_header_and_other_units_are_kept(tmp_path, rng, name):
    full_file(tmp_path / name, rng)
    _, result = round_trip(tmp_path / name, lambda pixels: pixels + np.float32(1))
    opened = gzip.open if name.endswith("gz") else open
    with fits.open(tmp_path / name) as before, fits.open(result) as after:
        places = [(own[0].fileinfo(), own[2].fileinfo()) for own in (before, after)]
        cards = [str(card) for card in before[1].header.cards if card.keyword not in ("CHECKSUM", "DATASUM")]
        assert [str(card) for card in after[1].header.cards][:-1] == cards
        assert str(after[1].header["HISTORY"]).splitlines()[-1].startswith("Denoised with r2r_tf")
        np.testing.assert_array_equal(after[1].data, before[1].data + np.float32(1))
        after.verify("exception")
    old, new = (opened(own, "rb").read() for own in (tmp_path / name, result))
    assert new[: places[1][0]["datLoc"]] == old[: places[0][0]["datLoc"]]
    assert new[places[1][1]["hdrLoc"] :] == old[places[0][1]["hdrLoc"] :]


@pytest.mark.parametrize("dtype", ("uint8", ">i2", ">i4"))
def test_scaled_numbers_with_blanks(tmp_path, rng, dtype):
    """Values are seen, blanks are NaN; results are the nearest numbers, clipped, and never blank by chance."""
    numbers = rng.integers(0, 100, (20, 30)).astype(dtype)
    numbers[0, :5] = np.iinfo(dtype).max
    unit = fits.PrimaryHDU(numbers)
    unit.header["BSCALE"], unit.header["BZERO"], unit.header["BLANK"] = 0.1, 1000.0, int(np.iinfo(dtype).max)
    fits.HDUList([unit]).writeto(tmp_path / "a.fits")
    # astropy drops the scaling of what it writes
    with fits.open(tmp_path / "a.fits", mode="update", do_not_scale_image_data=True) as file:
        file[0].header["BSCALE"], file[0].header["BZERO"] = 0.1, 1000.0
    image, result = round_trip(tmp_path / "a.fits")
    page = image.pixels[0, ..., 0]
    assert page.dtype == np.float64 and np.isnan(page[0, :5]).all() and np.isfinite(page[1:]).all()
    np.testing.assert_allclose(page[1:], 1000 + 0.1 * numbers[1:], rtol=1e-12)
    np.testing.assert_array_equal(stored(result), stored(tmp_path / "a.fits"))
    _, bright = round_trip(tmp_path / "a.fits", lambda pixels: np.where(np.isnan(pixels), pixels, 1e15))
    assert (stored(bright)[0, :5] == np.iinfo(dtype).max).all() and (stored(bright)[1:] == np.iinfo(dtype).max - 1).all()


def test_blanks_of_whole_numbers_are_no_data(tmp_path, rng):
    for dtype, blank in (("int16", -32768), ("uint16", -32768)):
        array = rng.integers(1, 1000, (20, 30)).astype(dtype)
        array[3:6, 3:6] = 0 if dtype == "uint16" else blank
        unit = fits.PrimaryHDU(array)
        unit.header["BLANK"] = blank
        unit.writeto(tmp_path / f"{dtype}.fits", output_verify="ignore")
        image, result = round_trip(tmp_path / f"{dtype}.fits", lambda pixels: np.where(pixels == 500, pixels.min(), pixels))
        assert image.details["no_data"] == array[4, 4] and image.pixels.dtype.newbyteorder("=") == dtype
        holes = stored(result) == blank
        assert holes[3:6, 3:6].all() and holes.sum() == 9


@pytest.mark.parametrize("dtype", ("int16", "uint16", "float32"))
def test_compressed_tiles(tmp_path, rng, dtype):
    """Whole numbers are compressed as they were; floats, which were quantised, without a loss."""
    array = of_kind(rng, "uint16", 0, 2000).astype(dtype)
    units = [fits.PrimaryHDU(), fits.CompImageHDU(array, compression_type="RICE_1", name="SCI"), fits.ImageHDU(np.eye(5))]
    units[1].header["GAIN"] = 2.5
    fits.HDUList(units).writeto(tmp_path / "a.fits.fz")
    image, result = round_trip(tmp_path / "a.fits.fz")
    assert image.pixels.shape == (3, 20, 30, 1) and image.pixels.dtype.newbyteorder("=") == dtype
    with fits.open(tmp_path / "a.fits.fz") as before, fits.open(result) as after:
        np.testing.assert_array_equal(image.pixels[..., 0], before[1].data)
        np.testing.assert_array_equal(after[1].data, before[1].data)
        np.testing.assert_array_equal(after[2].data, np.eye(5))
        assert after[1].header["GAIN"] == 2.5 and "Denoised" in str(after[1].header["HISTORY"]) and len(after) == 3
        assert after[1].compression_type == ("GZIP_2" if dtype == "float32" else "RICE_1")


def test_compressed_tiles_of_scaled_numbers(tmp_path, rng):
    unit = fits.CompImageHDU(rng.integers(0, 2000, (20, 30), np.int16), compression_type="GZIP_1", do_not_scale_image_data=True)
    unit.header.update({"BSCALE": 0.1, "BZERO": 1000.0})
    fits.HDUList([fits.PrimaryHDU(), unit]).writeto(tmp_path / "a.fits.fz")
    image, result = round_trip(tmp_path / "a.fits.fz")
    np.testing.assert_allclose(image.pixels[0, ..., 0], fits.getdata(tmp_path / "a.fits.fz", 1), rtol=1e-6)
    np.testing.assert_array_equal(stored(result, 1), stored(tmp_path / "a.fits.fz", 1))
    np.testing.assert_array_equal(fits.getdata(result, 1), fits.getdata(tmp_path / "a.fits.fz", 1))


def test_large_files_are_read_page_by_page(tmp_path, rng, monkeypatch):
    """Plain ones stay in the file; scaled ones go to a temporary one. No more than a page is held."""
    monkeypatch.setattr(scratch, "LARGE", 1000)
    for dtype in ("float32", "uint16"):
        array = of_kind(rng, dtype, 0, 1000)
        fits.PrimaryHDU(array).writeto(tmp_path / f"{dtype}.fits")
        pixels = image_files.open_image(tmp_path / f"{dtype}.fits").pixels
        assert scratch.on_disk(pixels[0]) or isinstance(pixels, np.memmap)
        np.testing.assert_array_equal(pixels[..., 0], array)


def test_damage_is_one_sentence(tmp_path, rng):
    fits.PrimaryHDU(rng.normal(size=(50, 60))).writeto(tmp_path / "whole.fits")
    whole = (tmp_path / "whole.fits").read_bytes()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns([fits.Column("x", "E", array=[1.0])])]).writeto(
        tmp_path / "table.fits"
    )
    fits.PrimaryHDU(rng.integers(0, 9, (50, 60))).writeto(tmp_path / "packed.fits.gz")
    contents = {
        "cut.fits": (whole[:9000], "is cut off"),
        "header.fits": (whole[:500], "cannot be read"),
        "renamed.tif": (whole, "holds a FITS image, which its name does not say"),
        "cut.fits.gz": ((tmp_path / "packed.fits.gz").read_bytes()[:200], "cannot be read"),
        "text.fits.gz": (gzip.compress(b"text"), "cannot be read"),
        "other.nii.gz": (gzip.compress(b"text"), "NIfTI"),
        "claims.fits": (whole.replace(b"NAXIS1  =                   60", b"NAXIS1  =            600000000"), "claims to hold"),
        "circle.fits": (
            whole.replace(b"NAXIS1  =                   60", b"NAXIS1  =                  -60"),
            "in a circle|cannot be read|holds no image",
        ),
        "table.fits": ((tmp_path / "table.fits").read_bytes(), "holds no image"),
    }
    for name, (content, message) in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=message) as error:
            image_files.open_image(tmp_path / name)
        assert str(tmp_path / name) in str(error.value) and "\n" not in str(error.value)


def test_tiles_outside_of_their_place_are_refused(tmp_path, rng):
    """They would end the process in astropy's decoder."""
    unit = fits.CompImageHDU(rng.integers(0, 2000, (20, 30), np.int16), compression_type="RICE_1")
    fits.HDUList([fits.PrimaryHDU(), unit]).writeto(tmp_path / "a.fits.fz")
    with fits.open(tmp_path / "a.fits.fz") as file:
        start = file[1].fileinfo()["datLoc"]
    whole = (tmp_path / "a.fits.fz").read_bytes()
    for length, place in ((1 << 24, 0), (60, 1 << 24), (-1, 0)):
        pointer = np.array([length, place], ">i4").tobytes()
        (tmp_path / "a.fits.fz").write_bytes(whole[:start] + pointer + whole[start + 8 :])
        with pytest.raises(InputError, match="its tiles lie outside"):
            image_files.open_image(tmp_path / "a.fits.fz")


def test_without_the_library(tmp_path, monkeypatch):
    """A folder with such files says so, and the others are done."""
    fits.PrimaryHDU(np.zeros((20, 30), np.float32)).writeto(tmp_path / "x.fits")
    np.save(tmp_path / "y.npy", np.zeros((20, 30), np.float32))
    monkeypatch.setitem(sys.modules, "astropy", None)
    with pytest.raises(InputError, match=r"x.fits: reading FITS needs the package astropy: pip install 'r2r_tf\[fits\]'"):
        image_files.open_image(tmp_path / "x.fits")
    places = placing.Places(image_files.names([tmp_path]), tmp_path / "out", image_files.extensions())
    said = []
    assert files.run(one_file.Job(mean_denoiser(0.1)), places, print_line=said.append) == {"done": 1, "failed": 1}
    assert any("r2r_tf[fits]" in line for line in said)


def test_names(tmp_path):
    for name in ("a.fits.gz", "a_denoised.fits.gz", "b.FITS", "c.fits.fz", "d.gz", "e.nii.gz"):
        (tmp_path / name).touch()
    names = image_files.names([tmp_path])
    assert [finding.split(name, image_files.extensions())[1] for name in names] == [".fits.gz", ".FITS", ".fits.fz"]
    places = placing.Places(names, tmp_path / "out", image_files.extensions())
    assert [place.result.name for place in places] == ["a_denoised.fits.gz", "b_denoised.FITS", "c_denoised.fits.fz"]
    assert [place.label for place in places] == ["a", "b", "c"]


@pytest.mark.slow
def test_commands(tmp_path, rng):
    """Denoising with all that goes with it, and the estimate of the noise, in the values of the file."""
    x = 30000 + 4000 * np.sin(np.arange(96) / 9)[:, None] * np.cos(np.arange(96) / 7)
    fits.PrimaryHDU((x + 400 * rng.normal(size=x.shape)).astype(np.uint16)).writeto(tmp_path / "a.fits")
    options = (f"--output_dir={tmp_path / 'out'}", "--orientations=1", "--report", "--preview", "--uncertainty")
    said = run_command("tools.denoise", tmp_path / "a.fits", *options).stdout
    assert "gray uint16" in said
    made = {"a_denoised.fits", "a_preview.png", "a_uncertainty.tif", "report.html"}
    assert made <= {path.name for path in (tmp_path / "out").iterdir()}
    result = fits.getdata(tmp_path / "out" / "a_denoised.fits")
    assert result.dtype == np.uint16 and np.std(result - x) < 200
    run_command("tools.estimate_noise", tmp_path / "a.fits", f"--output_dir={tmp_path / 'noise'}")
    assert (tmp_path / "noise" / "noise.json").is_file()
