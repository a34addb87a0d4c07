"""DICOM: stored values come back bit by bit, in a derived image with all tags of its source."""

import copy
import io
import sys

import numpy as np
import pytest
from conftest import run_command

from r2r_tf import image_files
from r2r_tf.errors import InputError
from r2r_tf.image_files import scratch

pydicom = pytest.importorskip("pydicom", reason="needs pydicom: pip install 'r2r_tf[dicom]'")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

# tags that a derived image has of its own
CHANGED = {
    *("SOPInstanceUID", "SeriesInstanceUID", "ImageType", "DerivationDescription", "SourceImageSequence", "PixelData"),
    *("SmallestImagePixelValue", "LargestImagePixelValue", "FloatPixelData", "DoubleFloatPixelData"),
}


def of_pydicom(name):
    return pydicom.data.get_testdata_file(name, download=False)


def save(path, array, **tags):
    """A CT slice of pydicom's with other pixels [N, H, W] or [N, H, W, 3] and tags."""
    dataset = pydicom.dcmread(of_pydicom("CT_small.dcm"))
    del dataset.PixelPaddingValue
    bits, colour = 8 * array.dtype.itemsize, array.ndim == 4
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = *array.shape[1:3], 3 if colour else 1
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    dataset.PixelRepresentation = int(array.dtype.kind == "i")
    if colour:
        dataset.PhotometricInterpretation, dataset.PlanarConfiguration = "RGB", 0
    if len(array) > 1:
        dataset.NumberOfFrames = len(array)
    for name, value in tags.items():
        setattr(dataset, name, value)
        if "or" in dataset[name].VR:
            dataset[name].VR = "SS" if array.dtype.kind == "i" else "US"
    if array.dtype.kind == "f":
        del dataset.PixelData
        setattr(dataset, {4: "FloatPixelData", 8: "DoubleFloatPixelData"}[array.dtype.itemsize], array.tobytes())
    else:
        dataset.PixelData = array.tobytes() + b"\0" * (array.nbytes % 2)
        dataset["PixelData"].VR = "OB" if bits == 8 else "OW"
    dataset.save_as(path, enforce_file_format=True)
    return path


def round_trip(path, folder, pixels=None):
    image = image_files.open_image(path)
    result = folder / "result.dcm"
    image_files.write(result, image, image.pixels if pixels is None else pixels(image.pixels))
    return image, result


def check_tags(before, after, changed=CHANGED):
    for element in before:
        # lengths of groups are not written any more
        if element.keyword not in changed and element.tag.elem:
            assert after[element.tag].value == element.value, element
            # which of two an implicit file means is found out when it is read
            assert after[element.tag].VR == element.VR or "or" in element.VR


@pytest.mark.parametrize("dtype", ("uint8", "int16", "uint16", "uint32"))
def test_what_is_read_is_written_again(tmp_path, rng, dtype):
    limits = np.iinfo(dtype)
    array = rng.integers(limits.min, limits.max, (3, 21, 33), dtype, endpoint=True)
    array.flat[0], array.flat[-1] = limits.min, limits.max
    image, result = round_trip(save(tmp_path / "a.dcm", array), tmp_path)
    assert image.pixels.shape == (3, 21, 33, 1) and image.pixels.dtype == dtype
    np.testing.assert_array_equal(image.pixels[..., 0], array)
    np.testing.assert_array_equal(pydicom.dcmread(result).pixel_array, array)


@pytest.mark.parametrize("dtype", ("float32", "float64"))
def test_maps_of_floats(tmp_path, rng, dtype):
    array = rng.normal(size=(2, 21, 33)).astype(dtype)
    image, result = round_trip(save(tmp_path / "a.dcm", array), tmp_path)
    assert image.pixels.dtype == dtype
    np.testing.assert_array_equal(pydicom.dcmread(result).pixel_array, array)


@pytest.mark.parametrize(
    "name",
    (
        "CT_small.dcm",
        "MR_small.dcm",
        "MR_small_bigendian.dcm",
        "MR_small_RLE.dcm",
        "JPEG2000.dcm",
        "rtdose.dcm",
        "ExplVR_BigEnd.dcm",
    )
    + ("examples_rgb_color.dcm", "SC_rgb_small_odd.dcm", "examples_ybr_color.dcm", "SC_ybr_full_422_uncompressed.dcm"),
)
def test_files_of_pydicom(tmp_path, name):
    """Little and big endian, RLE, JPEG, JPEG 2000, frames, RGB and YBR: results are explicit little endian."""
    image, result = round_trip(of_pydicom(name), tmp_path)
    before, after = pydicom.dcmread(of_pydicom(name)), pydicom.dcmread(result)
    colour = {"PhotometricInterpretation", "PlanarConfiguration"} if image.pixels.shape[-1] == 3 else set()
    check_tags(before, after, CHANGED | colour)
    assert after.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian
    np.testing.assert_array_equal(after.pixel_array, before.pixel_array)
    np.testing.assert_array_equal(image.pixels.squeeze(), before.pixel_array.squeeze())
    assert not colour or (after.PhotometricInterpretation, after.PlanarConfiguration) == ("RGB", 0)


def test_a_derived_image_says_so(tmp_path):
    before = pydicom.dcmread(of_pydicom("CT_small.dcm"))
    _, result = round_trip(of_pydicom("CT_small.dcm"), tmp_path)
    first = pydicom.dcmread(result)
    _, result = round_trip(of_pydicom("CT_small.dcm"), tmp_path)
    second = pydicom.dcmread(result)
    assert list(first.ImageType) == ["DERIVED", *before.ImageType[1:]]
    assert first.DerivationDescription.startswith("Denoised with r2r_tf")
    assert first.SourceImageSequence[0].ReferencedSOPInstanceUID == before.SOPInstanceUID
    assert first.SourceImageSequence[0].ReferencedSOPClassUID == before.SOPClassUID == first.SOPClassUID
    assert len({before.SOPInstanceUID, first.SOPInstanceUID, second.SOPInstanceUID}) == 3
    assert first.file_meta.MediaStorageSOPInstanceUID == first.SOPInstanceUID
    # slices of a series stay together, apart from those that they came from
    assert first.SeriesInstanceUID == second.SeriesInstanceUID != before.SeriesInstanceUID
    assert first.SeriesInstanceUID.is_valid and first.StudyInstanceUID == before.StudyInstanceUID


@pytest.mark.parametrize(
    "dtype, bits, low, high", (("uint16", 12, 0, 4095), ("int16", 12, -2048, 2047), ("uint16", 16, 0, 65535))
)
def test_results_stay_within_the_bits_that_are_stored(tmp_path, rng, dtype, bits, low, high):
    array = rng.integers(low, high, (1, 20, 30), dtype, endpoint=True)
    save(tmp_path / "a.dcm", array, BitsStored=bits, HighBit=bits - 1, SmallestImagePixelValue=3, LargestImagePixelValue=5)
    for extreme in (np.iinfo(dtype).min, np.iinfo(dtype).max):
        _, result = round_trip(tmp_path / "a.dcm", tmp_path, lambda pixels, extreme=extreme: np.full_like(pixels, extreme))
        after = pydicom.dcmread(result)
        assert (after.pixel_array == (low if extreme <= 0 else high)).all() and after.BitsStored == bits
        assert after.SmallestImagePixelValue == after.LargestImagePixelValue == after.pixel_array[0, 0]


@pytest.mark.parametrize("kind", ("MONOCHROME1", "MONOCHROME2"))
def test_padding_is_no_data(tmp_path, rng, kind):
    array = rng.integers(100, 900, (1, 20, 30), np.int16)
    array[0, :3] = -2000
    save(tmp_path / "a.dcm", array, PixelPaddingValue=-2000, PhotometricInterpretation=kind)
    image, result = round_trip(tmp_path / "a.dcm", tmp_path, lambda pixels: np.where(pixels == 500, -2000, pixels))
    after = pydicom.dcmread(result)
    assert image.details["no_data"] == -2000 and after.PhotometricInterpretation == kind
    assert ((after.pixel_array == -2000) == (array[0] == -2000)).all()


def test_large_files_are_decoded_frame_by_frame(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(scratch, "LARGE", 1000)
    array = rng.integers(0, 65535, (5, 20, 30), np.uint16)
    image, result = round_trip(save(tmp_path / "a.dcm", array), tmp_path)
    assert isinstance(image.pixels, np.memmap)
    np.testing.assert_array_equal(pydicom.dcmread(result).pixel_array, array)


def test_damage_is_one_sentence(tmp_path, rng, monkeypatch):
    whole = open(of_pydicom("CT_small.dcm"), "rb").read()
    dataset = pydicom.dcmread(of_pydicom("CT_small.dcm"))

    def with_tags(**tags):
        own, file = copy.deepcopy(dataset), io.BytesIO()
        for name, value in tags.items():
            setattr(own, name, value)
        own.save_as(file)
        return file.getvalue()

    overlay = copy.deepcopy(dataset)
    overlay.add_new((0x6000, 0x0010), "US", 128)
    file = io.BytesIO()
    overlay.save_as(file)
    contents = {
        "cut.dcm": (whole[:20000], "cannot be read|is cut off"),
        "header.dcm": (whole[:200], "cannot be read|holds no pixels"),
        "plan.dcm": (open(of_pydicom("rtplan.dcm"), "rb").read(), r"holds no pixels.*RTPLAN"),
        "palette.dcm": (open(of_pydicom("examples_palette.dcm"), "rb").read(), "PALETTE COLOR"),
        "bits.dcm": (open(of_pydicom("liver_1frame.dcm"), "rb").read(), "8 bits or more, not 1"),
        "claims.dcm": (with_tags(Rows=60000, Columns=60000), "claims to hold"),
        "frames.dcm": (with_tags(NumberOfFrames=3), "cannot be read|is cut off"),
        "overlay.dcm": (file.getvalue(), "an overlay in the bits"),
        "none.dcm": (open(of_pydicom("no_meta.dcm"), "rb").read(), "not an image of a known format"),
        "renamed": (whole, "holds a DICOM image, which its name does not say: rename it to .dcm"),
    }
    for name, (content, message) in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=message) as error:
            image_files.open_image(tmp_path / name)
        assert "\n" not in str(error.value), name
    syntax = pydicom.uid.JPEGLSLossless
    monkeypatch.setattr(type(pydicom.pixels.get_decoder(syntax)), "is_available", False)
    with pytest.raises(InputError, match="is compressed .JPEG-LS.* no decoder"):
        image_files.open_image(of_pydicom("MR_small_jpeg_ls_lossless.dcm"))


def test_without_the_library(tmp_path, monkeypatch):
    path = save(tmp_path / "x.dcm", np.zeros((1, 20, 30), np.uint16))
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(InputError, match=r"x.dcm: reading DICOM needs the package pydicom: pip install 'r2r_tf\[dicom\]'"):
        image_files.open_image(path)


@pytest.mark.slow
def test_a_series_is_a_folder(tmp_path, rng):
    """Each slice gets a result of its name; all results are one series."""
    x = 1000 + 400 * np.sin(np.arange(96) / 9)[:, None] * np.cos(np.arange(96) / 7)
    (tmp_path / "series").mkdir()
    for number in range(3):
        array = (x + 60 * rng.normal(size=(1, 96, 96))).astype(np.int16)
        save(tmp_path / "series" / f"slice{number}.dcm", array, InstanceNumber=number)
    run_command("tools.denoise", tmp_path / "series", f"--output_dir={tmp_path / 'out'}", "--orientations=1")
    results = [pydicom.dcmread(tmp_path / "out" / f"slice{number}_denoised.dcm") for number in range(3)]
    assert [own.InstanceNumber for own in results] == [0, 1, 2] and len({own.SeriesInstanceUID for own in results}) == 1
    assert len({own.SOPInstanceUID for own in results}) == 3
    assert all(np.std(own.pixel_array - x) < 30 for own in results)
