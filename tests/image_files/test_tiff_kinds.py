"""Kinds of TIFF files: what they say beside their pixels survives, and channels are what the file says they are."""

import numpy as np
import pytest
import tifffile
from skimage import data

from r2r_tf import image_files
from r2r_tf.errors import InputError
from r2r_tf.image_files import unpacked

COLOUR = data.astronaut()[:64, :80]


def rewritten(path, change=lambda pixels: pixels):
    """The file as it is after it was read and written, open."""
    image = image_files.open_image(path)
    image_files.write(path.with_name(f"out_{path.name}"), image, change(image.pixels))
    return tifffile.TiffFile(path.with_name(f"out_{path.name}"))


@pytest.mark.parametrize(
    "shape, options, pages, alpha",
    [
        ((40, 50, 2), {"photometric": "minisblack", "planarconfig": "contig", "extrasamples": ["unspecified"]}, 2, False),
        ((4, 40, 50), {"photometric": "minisblack", "planarconfig": "separate", "extrasamples": ["unspecified"] * 3}, 4, False),
        ((3, 40, 50, 2), {"photometric": "minisblack", "planarconfig": "contig", "extrasamples": ["unspecified"]}, 6, False),
        ((40, 50, 4), {"photometric": "rgb", "extrasamples": ["unspecified"]}, 4, False),
        ((40, 50, 5), {"photometric": "minisblack", "planarconfig": "contig", "extrasamples": ["unspecified"] * 4}, 5, False),
        ((40, 50, 2), {"photometric": "minisblack", "planarconfig": "contig", "extrasamples": ["unassalpha"]}, 1, True),
        ((40, 50, 4), {"photometric": "rgb", "extrasamples": ["assocalpha"]}, 1, True),
    ],
)
def test_channels_are_transparency_only_where_the_file_says_so(tmp_path, rng, shape, options, pages, alpha):
    array = rng.integers(0, 60000, shape, np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", array, **options)
    image = image_files.open_image(tmp_path / "a.tif")
    assert len(image.pixels) == pages and (image.alpha is not None) == alpha
    with rewritten(tmp_path / "a.tif", lambda pixels: pixels + 1) as after, tifffile.TiffFile(tmp_path / "a.tif") as before:
        change = np.ones(shape[-1] if "separate" not in options.values() else 1, np.uint16)
        change[-1] -= alpha
        np.testing.assert_array_equal(after.asarray(), array + change)
        assert after.pages[0].extrasamples == before.pages[0].extrasamples and after.series[0].axes == before.series[0].axes


@pytest.mark.parametrize("photometric, compression", [("rgb", "jpeg"), ("cielab", None), ("cielab", "zlib"), ("icclab", None)])
def test_colours_stay(tmp_path, photometric, compression):
    """JPEG's pixels are decoded to RGB, so they are written as RGB; the signed a and b of CIELAB are seen without a jump at 0."""
    tifffile.imwrite(tmp_path / "a.tif", COLOUR, photometric=photometric, compression=compression)
    before = tifffile.imread(tmp_path / "a.tif")
    image = image_files.open_image(tmp_path / "a.tif")
    assert image.pixels.shape == ((1, 64, 80, 3) if photometric == "rgb" else (3, 64, 80, 1))
    if photometric == "cielab":
        signed = COLOUR[..., 1].astype(np.int8).astype(int) + 128
        np.testing.assert_array_equal(image.pixels[1, ..., 0], signed)
    with rewritten(tmp_path / "a.tif") as file:
        np.testing.assert_array_equal(file.asarray(), before)


@pytest.mark.parametrize(
    "axes, shape", [("CZYX", (2, 3, 32, 48)), ("TCYX", (3, 2, 32, 48)), ("YX", (32, 48)), ("ZCYXS", (2, 1, 32, 48, 3))]
)
def test_ome_files_keep_sizes_names_and_order(tmp_path, rng, axes, shape):
    array = rng.integers(0, 60000, shape, np.uint16)
    metadata = {"axes": axes, "PhysicalSizeX": 0.13, "PhysicalSizeXUnit": "µm", "PhysicalSizeZ": 0.5}
    if "C" in axes:
        metadata["Channel"] = {"Name": ["DAPI", "GFP"][: shape[axes.index("C")]]}
    tifffile.imwrite(tmp_path / "a.ome.tif", array, ome=True, metadata=metadata)
    with (
        rewritten(tmp_path / "a.ome.tif", lambda pixels: pixels + 1) as after,
        tifffile.TiffFile(tmp_path / "a.ome.tif") as before,
    ):
        assert after.series[0].kind == "ome" and after.series[0].axes == before.series[0].axes
        np.testing.assert_array_equal(after.asarray(), before.asarray() + 1)
        for said in (
            'PhysicalSizeX="0.13"',
            'PhysicalSizeXUnit="µm"',
            'PhysicalSizeZ="0.5"',
            *(['Name="DAPI"'] if "C" in axes else []),
        ):
            assert said in after.ome_metadata


def test_ome_pages_out_of_order_are_put_in_order(tmp_path, rng):
    """The description may name its pages in any order, and with the fastest axis first."""
    array = rng.integers(0, 60000, (2, 3, 20, 30), np.uint16)  # CZYX
    places = "".join(
        f'<TiffData FirstC="{c}" FirstZ="{z}" IFD="{5 - 3 * c - z}" PlaneCount="1"/>' for c in (0, 1) for z in range(3)
    )
    text = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="I:0"><Pixels ID="P:0" '
        'DimensionOrder="XYCZT" Type="uint16" SizeX="30" SizeY="20" SizeZ="3" SizeC="2" SizeT="1"><Channel ID="Channel:0:0"/>'
        f'<Channel ID="Channel:0:1"/>{places}</Pixels></Image></OME>'
    )
    tifffile.imwrite(tmp_path / "a.tif", array.reshape(6, 20, 30)[::-1], description=text, metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        before = file.asarray()
        assert file.series[0].kind == "ome"
    with rewritten(tmp_path / "a.tif") as file:
        assert file.series[0].kind == "ome"
        np.testing.assert_array_equal(file.asarray(), before)


def test_ome_images_of_several_positions(tmp_path, rng):
    arrays = rng.integers(0, 60000, (2, 3, 20, 30), np.uint16)
    with tifffile.TiffWriter(tmp_path / "a.ome.tif", ome=True) as file:
        for number, array in enumerate(arrays):
            file.write(array, metadata={"axes": "ZYX", "Name": f"position {number}"}, photometric="minisblack")
    with rewritten(tmp_path / "a.ome.tif", lambda pixels: pixels + 1) as file:
        assert len(file.series) == 2 and [own.name for own in file.series] == ["position 0", "position 1"]
        for array, own in zip(arrays, file.series, strict=True):
            np.testing.assert_array_equal(own.asarray(), array + 1)


def test_one_of_several_files_of_an_ome_image_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.ome.tif", np.zeros((2, 20, 30), np.uint16), ome=True, metadata={"axes": "ZYX"})
    text = tifffile.TiffFile(tmp_path / "a.ome.tif").ome_metadata
    names = "".join(
        f'<TiffData IFD="0" FirstZ="{z}" PlaneCount="1"><UUID FileName="{z}.tif">urn</UUID></TiffData>' for z in (0, 1)
    )
    text = text.replace('<TiffData IFD="0" PlaneCount="2"/>', names)
    tifffile.imwrite(tmp_path / "0.tif", np.zeros((20, 30), np.uint16), description=text.encode(), metadata=None)
    with pytest.raises(InputError, match="one of several files"):
        image_files.open_image(tmp_path / "0.tif")


def test_tags_tiles_byte_order_and_bigtiff_survive(tmp_path, rng):
    tags = [
        (274, "H", 1, 6, True),  # orientation
        (33550, "d", 3, (1.0, 2.0, 0.0), True),  # pixel scale of GeoTIFF
        (34735, "H", 4, (1, 1, 0, 0), True),
        (42112, "s", 0, "<GDALMetadata/>", True),
        (42113, "s", 0, "-9999", True),
        (305, "s", 0, "microscope 3", True),
        (315, "s", 0, "µ".encode(), True),
        (65001, "2I", 1, (3, 4), True),
        (65002, "B", 4, b"abcd", True),
    ]
    array = rng.integers(0, 60000, (100, 120), np.uint16)
    options = {"tile": (32, 48), "bigtiff": True, "byteorder": ">", "compression": "zlib", "predictor": True}
    tifffile.imwrite(tmp_path / "a.tif", array, extratags=tags, metadata=None, software=False, **options)
    with rewritten(tmp_path / "a.tif") as after, tifffile.TiffFile(tmp_path / "a.tif") as before:
        np.testing.assert_array_equal(after.asarray(), array)
        pages = before.pages[0], after.pages[0]
        for code, *_ in tags:
            assert pages[0].tags[code].value == pages[1].tags[code].value, code
        assert (pages[1].tilelength, pages[1].tilewidth) == (32, 48) and after.is_bigtiff and after.byteorder == ">"


def test_imagej_stacks_keep_what_imagej_shows(tmp_path, rng):
    array = rng.integers(0, 60000, (2, 3, 20, 30), np.uint16)
    known = {
        "axes": "ZCYX",
        "unit": "um",
        "spacing": 0.5,
        "Labels": [f"slice {k}" for k in range(6)],
        "Ranges": (0.0, 9.0) * 3,
        "mode": "composite",
    }
    lut = np.stack([np.arange(256, dtype=np.uint8)] * 3)
    tifffile.imwrite(tmp_path / "a.tif", array, imagej=True, metadata={**known, "LUTs": [lut] * 3}, resolution=(3.0, 4.0))
    with rewritten(tmp_path / "a.tif") as after, tifffile.TiffFile(tmp_path / "a.tif") as before:
        np.testing.assert_array_equal(after.asarray(), array)
        np.testing.assert_equal({**after.imagej_metadata}, {**before.imagej_metadata})
        assert after.pages[0].resolution == before.pages[0].resolution


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "uint32", "int64", "uint64", "float16"])
@pytest.mark.parametrize("suffix", [".tif", ".npy"])
def test_whole_numbers_of_any_kind(tmp_path, rng, dtype, suffix):
    array = rng.integers(-100 if dtype.startswith("i") else 0, 120, (20, 30)).astype(dtype)
    path = tmp_path / f"a{suffix}"
    tifffile.imwrite(path, array) if suffix == ".tif" else np.save(path, array)
    image = image_files.open_image(path)
    image_files.write(tmp_path / f"b{suffix}", image, image.pixels)
    again = image_files.open_image(tmp_path / f"b{suffix}").pixels
    assert again.dtype == dtype
    np.testing.assert_array_equal(again[0, ..., 0], array)


def test_what_claims_to_be_larger_than_it_can_be_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacked, "FREE", 1 << 20)
    import imagecodecs
    from PIL import Image as pillow

    blank = np.zeros((2048, 2048), np.uint8)
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(blank, level=9))
    tifffile.imwrite(tmp_path / "a.tif", blank, compression="zlib", metadata=None)
    pillow.fromarray(blank).save(tmp_path / "a.webp", lossless=True)
    pillow.fromarray(blank[:8, :8]).save(tmp_path / "a.jpg")
    content = bytearray((tmp_path / "a.jpg").read_bytes())
    place = content.index(b"\xff\xc0") + 5
    content[place : place + 4] = (60000).to_bytes(2, "big") * 2
    (tmp_path / "a.jpg").write_bytes(content)
    for suffix in ("png", "tif", "webp", "jpg"):
        with pytest.raises(InputError, match="claims to hold"):
            image_files.open_image(tmp_path / f"a.{suffix}")
    tifffile.imwrite(tmp_path / "plain.tif", blank)
    assert image_files.open_image(tmp_path / "plain.tif").pixels.size == blank.size


@pytest.mark.parametrize("count", (2, 3, 4, 5))
def test_pages_that_are_tagged_as_colours(tmp_path, rng, count):
    """tifffile tags three or four planes as colours, whatever their axes are called."""
    stack = rng.integers(0, 255, (count, 24, 30), np.uint8)
    tifffile.imwrite(tmp_path / "stack.tif", stack, metadata={"axes": "ZYX"})
    image = image_files.open_image(tmp_path / "stack.tif")
    np.testing.assert_array_equal(image.pixels, stack[..., None])
    image_files.write(tmp_path / "again.tif", image, np.asarray(image.pixels))
    with tifffile.TiffFile(tmp_path / "again.tif") as file:
        assert file.series[0].axes == "ZYX"
        np.testing.assert_array_equal(file.asarray(), stack)
