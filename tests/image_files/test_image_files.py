"""Image files: what is read is written again, pixel by pixel, with its metadata; what cannot be is refused in a sentence."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image as pillow
from PIL import JpegImagePlugin
from skimage import data

from r2r_tf import image_files
from r2r_tf.errors import InputError
from r2r_tf.image_files import scratch

ASTRONAUT = data.astronaut()[100:160, 200:280]
PROFILE = b"profile " * 20


def of_kind(dtype, channels):
    """The picture in that dtype, gray (1), with transparency (2, 4) or in colour (3)."""
    colour = ASTRONAUT.astype(np.float64) / 255
    picture = colour if channels > 2 else colour[..., :1]
    if channels in (2, 4):
        picture = np.concatenate([picture, np.linspace(0, 1, picture[..., :1].size).reshape(picture[..., :1].shape)], axis=-1)
    dtype = np.dtype(dtype)
    return (picture * np.iinfo(dtype).max).astype(dtype) if dtype.kind == "u" else picture.astype(dtype)


def squeezed(array):
    return array[..., 0] if array.shape[-1] == 1 else array


def png(path, array, *chunks):
    """A PNG file with more chunks behind its header."""
    import imagecodecs

    content = imagecodecs.png_encode(np.ascontiguousarray(squeezed(array)))
    more = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    path.write_bytes(content[:33] + more + content[33:])


def save(path, array):
    if path.suffix == ".png":
        png(path, array)
    elif path.suffix == ".npy":
        np.save(path, squeezed(array))
    elif path.suffix == ".tif":
        tifffile.imwrite(path, squeezed(array), photometric="rgb" if array.shape[-1] > 2 else "minisblack")
    else:
        pillow.fromarray(squeezed(array)).save(path, **({"lossless": True, "exact": True} if path.suffix == ".webp" else {}))
    return path


EXACT = [
    *((".png", dtype, channels) for dtype in ("uint8", "uint16") for channels in (1, 2, 3, 4)),
    *((".tif", dtype, channels) for dtype in ("uint8", "uint16", "float32", "float64", "float16") for channels in (1, 3)),
    (".tif", "uint16", 4),
    *((".npy", dtype, channels) for dtype in ("uint8", "uint16", "float32", "float64") for channels in (1, 3)),
    (".webp", "uint8", 3),
    (".webp", "uint8", 4),
]


@pytest.mark.parametrize("suffix, dtype, channels", EXACT)
def test_what_is_read_is_written_again(tmp_path, suffix, dtype, channels):
    array = of_kind(dtype, channels)
    path = save(tmp_path / f"in{suffix}", array)
    image = image_files.open_image(path)
    assert image.pixels.shape == (1, 60, 80, 3 if channels > 2 else 1) and image.pixels.dtype == dtype
    np.testing.assert_array_equal(image.with_alpha(image.pixels)[0], array)
    other = (image.pixels[:, ::-1] * np.dtype(dtype).type(0.5 if np.dtype(dtype).kind == "f" else 1)).astype(dtype)
    image_files.write(tmp_path / f"out{suffix}", image, other)
    again = image_files.open_image(tmp_path / f"out{suffix}")
    np.testing.assert_array_equal(again.pixels, other)
    assert (again.alpha is None) == (channels in (1, 3))
    if again.alpha is not None:
        np.testing.assert_array_equal(again.alpha[0], array[..., -1:])


@pytest.mark.parametrize("channels", (1, 3))
def test_jpeg(tmp_path, channels):
    image = image_files.open_image(save(tmp_path / "in.jpg", of_kind("uint8", channels)))
    image_files.write(tmp_path / "out.jpg", image, image.pixels)
    again = image_files.open_image(tmp_path / "out.jpg").pixels
    assert again.shape == image.pixels.shape and np.abs(again.astype(float) - image.pixels).mean() < 1
    with pillow.open(tmp_path / "out.jpg") as file:  # colours at full resolution
        assert channels == 1 or JpegImagePlugin.get_sampling(file) == 0


@pytest.mark.parametrize(
    "shape, pages", [((40, 50, 4), (4, 40, 50, 1)), ((5, 40, 50), (5, 40, 50, 1)), ((40, 50, 3), (1, 40, 50, 3))]
)
def test_channels_of_arrays_are_few(tmp_path, rng, shape, pages):
    """Three are colours, other few ones pages; a longer last axis is columns."""
    array = rng.integers(0, 255, shape, np.uint8)
    np.save(tmp_path / "in.npy", array)
    image = image_files.open_image(tmp_path / "in.npy")
    assert image.pixels.shape == pages
    image_files.write(tmp_path / "out.npy", image, image.pixels)
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), array)


def test_metadata_of_photographs_is_kept(tmp_path):
    exif = pillow.Exif()
    exif[0x010F] = "a camera"
    for suffix in (".jpg", ".webp"):
        pillow.fromarray(ASTRONAUT).save(tmp_path / f"in{suffix}", icc_profile=PROFILE, exif=exif)
        image = image_files.open_image(tmp_path / f"in{suffix}")
        image_files.write(tmp_path / f"out{suffix}", image, image.pixels)
        with pillow.open(tmp_path / f"out{suffix}") as file:
            assert file.info["icc_profile"] == PROFILE and file.getexif()[0x010F] == "a camera"


def test_metadata_of_png_is_kept(tmp_path):
    chunks = (b"iCCP", b"name\0\0" + zlib.compress(PROFILE)), (b"pHYs", struct.pack(">IIB", 3000, 3000, 1)), (b"tEXt", b"a\0b")
    png(tmp_path / "in.png", of_kind("uint16", 3), *chunks)
    image = image_files.open_image(tmp_path / "in.png")
    image_files.write(tmp_path / "out.png", image, image.pixels)
    with pillow.open(tmp_path / "out.png") as file:
        assert file.info["icc_profile"] == PROFILE and file.info["a"] == "b" and round(file.info["dpi"][0]) == 76
    content = (tmp_path / "out.png").read_bytes()
    assert content.count(b"IHDR") == content.count(b"IEND") == 1 and content[24] == 16


@pytest.mark.parametrize(
    "shape, options",
    [
        ((5, 40, 50), {"imagej": True, "metadata": {"axes": "ZYX", "spacing": 2.0, "unit": "um"}, "resolution": (3.0, 3.0)}),
        ((2, 3, 40, 50), {"ome": True, "metadata": {"axes": "TCYX"}}),
        ((5, 40, 50), {"compression": "zlib", "photometric": "minisblack"}),
        ((5, 40, 50), {"compression": "lzw", "predictor": True, "photometric": "minisblack"}),
        ((3, 40, 50), {"planarconfig": "separate", "photometric": "rgb"}),
        ((4, 40, 50, 3), {"photometric": "rgb"}),
        ((40, 50), {"bigtiff": True, "iccprofile": PROFILE, "description": "about", "metadata": None}),
    ],
)
def test_layouts_of_tiff_are_kept(tmp_path, rng, shape, options):
    array = (rng.random(shape) * 65535).astype(np.uint16)
    tifffile.imwrite(tmp_path / "in.tif", array, **options)
    image = image_files.open_image(tmp_path / "in.tif")
    colour = "rgb" in options.values()
    assert image.pixels.shape[-1] == (3 if colour else 1) and image.pixels[..., 0].size == array.size / (3 if colour else 1)
    image_files.write(tmp_path / "out.tif", image, image.pixels // 2)
    with tifffile.TiffFile(tmp_path / "in.tif") as before, tifffile.TiffFile(tmp_path / "out.tif") as after:
        np.testing.assert_array_equal(after.asarray(), array // 2)
        assert after.series[0].axes == before.series[0].axes and after.is_ome == before.is_ome
        assert after.is_imagej == before.is_imagej
        pages = before.pages[0], after.pages[0]
        for name in ("compression", "photometric", "planarconfig", "resolution", "predictor"):
            assert getattr(pages[0], name) == getattr(pages[1], name), name
        if before.is_imagej:
            assert after.imagej_metadata["spacing"] == 2.0 and after.imagej_metadata["unit"] == "um"
        if "iccprofile" in options:
            assert pages[1].tags[34675].value == PROFILE and pages[1].description == "about"


def test_large_files_stay_in_the_file(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(scratch, "LARGE", 1000)
    array = (rng.random((3, 40, 50)) * 65535).astype(np.uint16)
    for name, options in (("plain", {}), ("packed", {"compression": "zlib"})):
        tifffile.imwrite(tmp_path / f"{name}.tif", array, photometric="minisblack", **options)
        image = image_files.open_image(tmp_path / f"{name}.tif")
        assert isinstance(image.pixels.base, np.memmap) or isinstance(image.pixels, np.memmap)
        np.testing.assert_array_equal(image.pixels[..., 0], array)
    np.save(tmp_path / "in.npy", array)
    assert isinstance(image_files.open_image(tmp_path / "in.npy").pixels, np.memmap)


def test_photographs_of_any_size(tmp_path, monkeypatch):
    """Pillow's limit is out of the way while a file is read, and back afterwards."""
    path = save(tmp_path / "large.jpg", ASTRONAUT)
    monkeypatch.setattr(pillow, "MAX_IMAGE_PIXELS", 100)
    assert image_files.open_image(path).pixels.shape == (1, 60, 80, 3)
    assert pillow.MAX_IMAGE_PIXELS == 100
    with pytest.raises(pillow.DecompressionBombError):
        pillow.open(path)


def bad_files(folder):
    """Dict from file to what is said of it."""

    def of(name, picture, **options):
        buffer = io.BytesIO()
        picture.save(buffer, name, **options)
        return buffer.getvalue()

    photograph = pillow.fromarray(ASTRONAUT)
    whole = of("PNG", photograph)
    contents = {
        "absent.png": (None, "There is no image at"),
        "empty.png": (b"", "is empty"),
        "cut.png": (whole[: len(whole) // 2], "cannot be read"),
        "header.png": (whole[:12], "cut off"),
        "cut.jpg": (of("JPEG", photograph)[:300], "cannot be read"),
        "text.png": (b"not an image at all", "not an image of a known format"),
        "jpeg.png": (of("JPEG", photograph), "rename it to .jpg"),
        "palette.png": (of("PNG", photograph.convert("P")), "palette"),
        "bits.png": (of("PNG", photograph.convert("1")), "8 or 16 bits"),
        "cmyk.jpg": (of("JPEG", photograph.convert("CMYK")), "gray or RGB. Received: CMYK"),
        "cmyk.tif": (of("TIFF", photograph.convert("CMYK")), "gray, RGB or CIELAB"),
        "bits.tif": (of("TIFF", photograph.convert("1")), "8 bits or more"),
        "moving.png": (of("PNG", photograph, save_all=True, append_images=[photograph.rotate(90)]), "animation"),
        "moving.webp": (of("WEBP", photograph, save_all=True, append_images=[photograph.rotate(90)]), "animation"),
        "cut.tif": (of("TIFF", photograph)[:200], "cannot be read"),
        "objects.npy": (None, "cannot be read"),
        "complex.npy": (None, "whole numbers or floats"),
        "nothing.npy": (None, "holds no pixels"),
        "line.npy": (None, "must hold"),
    }
    arrays = {
        "objects.npy": np.array([[{}]], object),
        "complex.npy": np.zeros((4, 4), np.complex64),
        "nothing.npy": np.zeros((0, 4), np.uint8),
        "line.npy": np.zeros(4, np.uint8),
    }
    for name, (content, _) in contents.items():
        if name in arrays:
            np.save(folder / name, arrays[name], allow_pickle=True)
        elif content is not None:
            (folder / name).write_bytes(content)
    return {folder / name: message for name, (_, message) in contents.items()}


def test_bad_files_are_refused_in_a_sentence(tmp_path):
    for path, message in bad_files(tmp_path).items():
        with pytest.raises(InputError, match=message):
            image_files.open_image(path)


def test_reading_one_picture(rng, tmp_path):
    picture = of_kind("uint16", 4)
    png(tmp_path / "rgba.png", picture)
    np.testing.assert_allclose(image_files.read(tmp_path / "rgba.png"), picture[..., :3] / 65535.0, atol=1e-6)
    np.save(tmp_path / "nan.npy", np.full((20, 20), np.nan, np.float32))
    np.save(tmp_path / "stack.npy", rng.random((5, 20, 30)).astype(np.float32))
    for name, message in (("nan.npy", "NaN"), ("stack.npy", "one picture. Received: 5 pages")):
        with pytest.raises(InputError, match=message):
            image_files.read(tmp_path / name)


def test_descriptions_of_any_alphabet_are_kept(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 9), np.uint16), description="5 µm".encode(), metadata=None)
    image = image_files.open_image(tmp_path / "a.tif")
    image_files.write(tmp_path / "b.tif", image, image.pixels)
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert file.pages[0].tags["ImageDescription"].value == tifffile.TiffFile(tmp_path / "a.tif").pages[0].description


def test_encoders_fail_in_a_sentence_and_leave_nothing(tmp_path, monkeypatch):
    def fails(*arguments, **options):
        raise ZeroDivisionError("no such luck")

    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 9), np.uint16))
    image = image_files.open_image(tmp_path / "a.tif")
    monkeypatch.setattr(tifffile, "imwrite", fails)
    with pytest.raises(InputError, match=r"b.tif cannot be written as a TIFF image \(no such luck\)"):
        image_files.write(tmp_path / "b.tif", image, image.pixels)
    assert not (tmp_path / "b.tif").exists() and len(list(tmp_path.iterdir())) == 1


def test_no_data_tag_is_read_and_kept(tmp_path):
    pixels = np.random.default_rng(0).random((16, 16)).astype(np.float32)
    tifffile.imwrite(tmp_path / "a.tif", pixels, extratags=[(42113, "s", 0, "-9999", True)])
    image = image_files.open_image(tmp_path / "a.tif")
    assert image.details["no_data"] == -9999
    image_files.write(tmp_path / "b.tif", image, image.pixels)
    assert image_files.open_image(tmp_path / "b.tif").details["no_data"] == -9999


def test_pages_that_were_appended_are_all_there(tmp_path):
    pages = np.random.default_rng(0).integers(0, 65535, (6, 20, 30), np.uint16)
    for page in pages:
        tifffile.imwrite(tmp_path / "a.tif", page, append=True)
    image = image_files.open_image(tmp_path / "a.tif")
    np.testing.assert_array_equal(image.pixels[..., 0], pages)
    image_files.write(tmp_path / "b.tif", image, image.pixels[:, ::-1])
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "b.tif"), pages[:, ::-1])
    tifffile.imwrite(tmp_path / "a.tif", pages[0, :9], append=True)
    with pytest.raises(InputError, match="several sizes or kinds"):
        image_files.open_image(tmp_path / "a.tif")


def test_a_circle_of_directories_is_refused(tmp_path):
    """The last directory of a stack names the first one as the next."""
    for big in (False, True):
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, np.zeros((3, 8, 9), np.uint16), bigtiff=big, metadata=None)
        with tifffile.TiffFile(path) as file:
            first, last = file.pages[0].offset, file.pages[-1].offset
            entries, (size, kind) = len(file.pages[-1].tags), (20, "<Q") if big else (12, "<I")
        content = bytearray(path.read_bytes())
        place = last + (8 if big else 2) + entries * size
        struct.pack_into(kind, content, place, first)
        path.write_bytes(content)
        with pytest.raises(InputError, match="follow each other in a circle"):
            image_files.open_image(path)
