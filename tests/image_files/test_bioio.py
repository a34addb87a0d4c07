"""CZI, ND2 and LIF: scenes, times, channels and depths as pages; results are OME-TIFF.

pylibCZIrw writes CZI, and `save_lif` what liffile needs of LIF. Nothing writes ND2: a stand-in takes the place of the file.
"""

import struct
import sys

import numpy as np
import pytest
import tifffile
from conftest import mean_denoiser

from r2r_tf import image_files
from r2r_tf.errors import InputError
from r2r_tf.image_files import finding, placing, scratch, zarr_files
from r2r_tf.image_files.formats import bioio as module
from r2r_tf.inference import files, one_file

pytest.importorskip("bioio", reason="needs bioio: pip install 'r2r_tf[bioio]'")
ORDER = ("T", "C", "Z")


def save(path, array, **metadata):
    """A CZI file of [T, C, Z, Y, X] or of one picture [Y, X, 3], blue, green, red."""
    czi = pytest.importorskip("pylibCZIrw.czi", reason="needs pylibCZIrw to write CZI")
    pytest.importorskip("bioio_czi", reason="needs bioio-czi: pip install 'r2r_tf[bioio]'")
    with czi.create_czi(str(path)) as file:
        if array.ndim == 3:
            file.write(array, plane=dict.fromkeys(ORDER, 0))
        else:
            for place in np.ndindex(*array.shape[:3]):
                file.write(array[place][..., None], plane=dict(zip(ORDER, place, strict=True)))
        file.write_metadata("title", **metadata)
    return path


@pytest.mark.parametrize("dtype", ("uint8", "uint16", "float32"))
def test_czi_is_read_and_written_as_ome_tiff(tmp_path, rng, dtype):
    """T, C and Z are told apart, whose numbers differ; names of channels and sizes of voxels are kept."""
    array = (255 * rng.random((2, 3, 4, 20, 30))).astype(dtype)
    names = {0: "DAPI", 1: "GFP", 2: "mCherry"}
    save(tmp_path / "a.czi", array, channel_names=names, scale_x=1e-7, scale_y=2e-7, scale_z=3e-7)
    image = image_files.open_image(tmp_path / "a.czi")
    assert image.format == "CZI" and image.pixels.dtype == dtype
    np.testing.assert_array_equal(image.pixels[..., 0], array.reshape(-1, 20, 30))
    image_files.write(tmp_path / "b.ome.tif", image, image.pixels)
    with tifffile.TiffFile(tmp_path / "b.ome.tif") as file:
        np.testing.assert_array_equal(file.asarray(), array)
        assert file.series[0].axes == "TCZYX"
        pixels = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
    assert [own["Name"] for own in pixels["Channel"]] == list(names.values())
    assert [pixels[f"PhysicalSize{axis}"] for axis in "XYZ"] == pytest.approx([0.1, 0.2, 0.3])
    assert pixels["PhysicalSizeXUnit"] == "µm"
    np.testing.assert_array_equal(image_files.open_image(tmp_path / "b.ome.tif").pixels, image.pixels)


def test_colours_of_czi_are_red_green_blue(tmp_path, rng):
    array = rng.integers(0, 255, (20, 30, 3), np.uint8)
    image = image_files.open_image(save(tmp_path / "a.czi", array))
    np.testing.assert_array_equal(image.pixels[0], array[..., ::-1])
    image_files.write(tmp_path / "b.ome.tif", image, image.pixels)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "b.ome.tif"), array[..., ::-1])


def test_tiles_of_czi_are_put_together(tmp_path, rng):
    czi = pytest.importorskip("pylibCZIrw.czi", reason="needs pylibCZIrw to write CZI")
    array = rng.integers(0, 65535, (20, 60), np.uint16)
    with czi.create_czi(str(tmp_path / "a.czi")) as file:
        for start in (0, 30):
            file.write(array[:, start : start + 30, None].copy(), plane=dict.fromkeys(ORDER, 0), location=(start, 0))
        file.write_metadata("title")
    np.testing.assert_array_equal(image_files.open_image(tmp_path / "a.czi").pixels[0, ..., 0], array)


def test_scenes_that_are_not_described_are_not_lost(tmp_path, rng):
    """pylibCZIrw writes several scenes, but no list of them, and bioio shows the first alone."""
    czi = pytest.importorskip("pylibCZIrw.czi", reason="needs pylibCZIrw to write CZI")
    with czi.create_czi(str(tmp_path / "a.czi")) as file:
        for scene in range(2):
            array = rng.integers(0, 65535, (20, 30, 1), np.uint16)
            file.write(array, plane=dict.fromkeys(ORDER, 0), scene=scene, location=(200 * scene, 0))
        file.write_metadata("title")
    with pytest.raises(InputError, match="describes 1 of its 2 scenes"):
        image_files.open_image(tmp_path / "a.czi")


def save_lif(path, arrays):
    """A LIF file by hand, as liffile reads it: dict from the name of a scene to [T, C, Z, Y, X] uint16, pixels of 0.1 µm."""
    elements, blocks = [], []
    for number, (name, array) in enumerate(arrays.items()):
        times, channels, depths, height, width = array.shape
        plane = 2 * height * width
        steps = ((1, width, 1e-7, 2), (2, height, 1e-7, 2 * width), (3, depths, 3e-7, plane * channels))
        steps += ((4, times, 1.0, plane * channels * depths),)
        axes = "".join(
            f'<DimensionDescription DimID="{axis}" NumberOfElements="{count}" Origin="0" Length="{(count - 1) * size}" '
            f'Unit="{"s" if axis == 4 else "m"}" BitInc="0" BytesInc="{step}"/>'
            for axis, count, size, step in steps
        )
        colours = "".join(
            f'<ChannelDescription DataType="0" ChannelTag="0" Resolution="16" NameOfMeasuredQuantity="" Min="0" Max="1" Unit="" '
            f'LUTName="{lut}" IsLUTInverted="0" BytesInc="{channel * plane}" BitInc="0"/>'
            for channel, lut in enumerate(("Gray", "Green", "Red")[:channels])
        )
        elements.append(
            f'<Element Name="{name}" UniqueID="id{number}"><Data><Image><ImageDescription><Channels>{colours}</Channels>'
            f"<Dimensions>{axes}</Dimensions></ImageDescription></Image></Data>"
            f'<Memory Size="{array.nbytes}" MemoryBlockID="block{number}"/></Element>'
        )
        blocks.append((f"block{number}", np.ascontiguousarray(array.swapaxes(1, 2)).tobytes()))
    xml = (
        '<LMSDataContainerHeader Version="2"><Element Name="a.lif" UniqueID="root"><Data><Experiment Path="a.lif"/></Data>'
        f'<Memory Size="0" MemoryBlockID="none"/><Children>{"".join(elements)}</Children></Element></LMSDataContainerHeader>'
    )
    content = struct.pack("<IIBI", 0x70, 5 + 2 * len(xml), 0x2A, len(xml)) + xml.encode("utf-16-le")
    for name, data in blocks:
        content += struct.pack("<IIBQBI", 0x70, 14 + 2 * len(name), 0x2A, len(data), 0x2A, len(name))
        content += name.encode("utf-16-le") + data
    path.write_bytes(content)


def test_lif_is_read_and_written_as_ome_tiff(tmp_path, rng):
    pytest.importorskip("bioio_lif", reason="needs bioio-lif: pip install 'r2r_tf[bioio]'")
    arrays = {scene: rng.integers(0, 65535, (2, 3, 4, 20, 30), np.uint16) for scene in ("left", "right")}
    save_lif(tmp_path / "a.lif", arrays)
    image = image_files.open_image(tmp_path / "a.lif")
    np.testing.assert_array_equal(image.pixels[..., 0], np.stack(list(arrays.values())).reshape(-1, 20, 30))
    image_files.write(tmp_path / "b.ome.tif", image, image.pixels)
    with tifffile.TiffFile(tmp_path / "b.ome.tif") as file:
        images = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]
        np.testing.assert_array_equal(file.series[1].asarray(), arrays["right"])
    assert [own["Name"] for own in images] == list(arrays)
    assert [own["Name"] for own in images[0]["Pixels"]["Channel"]] == ["Gray", "Green", "Red"]
    assert [images[0]["Pixels"][f"PhysicalSize{axis}"] for axis in "XYZ"] == pytest.approx([0.1, 0.1, 0.3])


class StandIn:
    """What `bioio.BioImage` shows of a file of several scenes, and which planes were asked for. No file is behind it."""

    class Dims:
        def __init__(self, order, shape):
            self.order, self.shape = order, shape

    def __init__(self, arrays, order="TCZYX", names=None, sizes=(0.3, 0.2, 0.1)):
        self.arrays, self.order, self.channel_names, self.asked = arrays, order, names, []
        self.physical_pixel_sizes = type("Sizes", (), dict(zip("ZYX", sizes, strict=True)))
        self.scenes = tuple(arrays)
        self.set_scene(self.scenes[0])

    def set_scene(self, name):
        self.array = self.arrays[name]
        self.dims, self.dtype = self.Dims(self.order, self.array.shape), self.array.dtype

    def get_image_data(self, order, **where):
        self.asked.append((order, tuple(where.items())))
        return self.array[tuple(where.get(axis, slice(None)) for axis in self.order)]


@pytest.mark.parametrize("kind, name", (("ND2", "a.nd2"), ("LIF", "a.lif")))
def test_scenes_are_read_plane_by_plane(tmp_path, rng, monkeypatch, kind, name):
    """With a stand-in for the file."""
    monkeypatch.setattr(scratch, "LARGE", 1000)
    arrays = {scene: rng.integers(0, 65535, (2, 3, 4, 20, 30), np.uint16) for scene in ("left", "right")}
    source = StandIn(arrays, names=["a", "b", "c"])
    (tmp_path / name).write_bytes(bytes(100))
    image = module.of_scenes(tmp_path / name, kind, source)
    assert isinstance(image.pixels, np.memmap) and image.pixels.shape == (48, 20, 30, 1) and len(source.asked) == 48
    assert all(order == "YX" and [axis for axis, _ in where] == list(ORDER) for order, where in source.asked)
    np.testing.assert_array_equal(image.pixels[:24, ..., 0], arrays["left"].reshape(-1, 20, 30))
    image_files.write(tmp_path / "b.ome.tif", image, image.pixels)
    with tifffile.TiffFile(tmp_path / "b.ome.tif") as file:
        assert [own.name for own in file.series] == ["left", "right"]
        for own, array in zip(file.series, arrays.values(), strict=True):
            np.testing.assert_array_equal(own.asarray(), array)
    np.testing.assert_array_equal(image_files.open_image(tmp_path / "b.ome.tif").pixels, image.pixels)


def test_what_cannot_be_one_stack(tmp_path, rng):
    """With a stand-in for the file."""
    path = tmp_path / "a.lif"
    path.write_bytes(bytes(100))
    sizes = StandIn({"a": np.zeros((1, 1, 1, 20, 30), np.uint8), "b": np.zeros((1, 1, 1, 20, 40), np.uint8)})
    with pytest.raises(InputError, match=r"a.lif holds scenes of several sizes \(1x1x1x20x30x1, 1x1x1x20x40x1\). Export"):
        module.of_scenes(path, "LIF", sizes)
    with pytest.raises(InputError, match=r"axes that are not known \(H\)"):
        module.of_scenes(path, "LIF", StandIn({"a": np.zeros((2, 1, 1, 1, 20, 30), np.uint8)}, order="HTCZYX"))
    with pytest.raises(InputError, match="claims to hold"):
        module.of_scenes(path, "LIF", StandIn({"a": np.broadcast_to(np.uint8(0), (1, 1, 9, 1 << 15, 1 << 15))}))
    with pytest.raises(InputError, match="claims to hold"):
        module.of_scenes(path, "LIF", StandIn({"a": np.zeros((1, 1, 101, 2, 2), np.uint8)}))


def test_damage_is_one_sentence(tmp_path, rng):
    whole = save(tmp_path / "whole.czi", rng.integers(0, 255, (1, 1, 2, 20, 30), np.uint8)).read_bytes()
    contents = {
        "cut.czi": (whole[:1000], "cannot be read as a CZI image"),
        "half.czi": (whole[: len(whole) // 2], "cannot be read as a CZI image"),
        "renamed.tif": (whole, "holds a CZI image, which its name does not say"),
        "none.nd2": (b"\xda\xce\xbe\x0a" + bytes(3000), "cannot be read as a ND2 image"),
        "none.lif": (b"p\0\0\0" + bytes(3000), "cannot be read as a LIF image"),
        "text.lif": (b"text", "not an image of a known format"),
    }
    for name, (content, message) in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=message) as error:
            image_files.open_image(tmp_path / name)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("name, start", (("x.czi", b"ZISRAWFILE"), ("x.nd2", b"\xda\xce\xbe\x0a"), ("x.lif", b"p\0\0\0")))
def test_without_the_library(tmp_path, monkeypatch, name, start):
    (tmp_path / name).write_bytes(start + bytes(1000))
    kind = name[2:]
    for missing in ("bioio", f"bioio_{kind}"):
        with monkeypatch.context() as patched:
            patched.setitem(sys.modules, missing, None)
            said = rf"{name}: reading {kind.upper()} needs the package {missing}: pip install 'r2r_tf\[bioio\]'"
            with pytest.raises(InputError, match=said):
                image_files.open_image(tmp_path / name)


def test_names_of_results(tmp_path):
    """They end as what they are, and differ where those of sources do in their ending alone."""
    for name in ("a.czi", "a.tif", "b.lif", "b.nd2", "a_denoised.ome.tif", "c.ome.tif"):
        (tmp_path / name).touch()
    names = image_files.names([tmp_path])
    assert [finding.pathlib.Path(name).name for name in names] == ["a.czi", "a.tif", "b.lif", "b.nd2", "c.ome.tif"]
    places = placing.Places(names, tmp_path / "out", image_files.extensions())
    assert [place.result.name for place in places] == [
        "a_denoised.ome.tif",
        "a_denoised.tif",
        "b.lif_denoised.ome.tif",
        "b.nd2_denoised.ome.tif",
        "c.ome_denoised.tif",
    ]


def test_denoising_and_zarr(tmp_path, rng):
    """A result is written beside what goes with it; a volume comes back as OME-TIFF."""
    array = (100 + 20 * rng.normal(size=(1, 2, 3, 40, 50))).clip(0, 255).astype(np.uint8)
    save(tmp_path / "a.czi", array, channel_names={0: "DAPI", 1: "GFP"})
    places = placing.Places(image_files.names([tmp_path]), tmp_path / "out", image_files.extensions())
    job = one_file.Job(mean_denoiser(0.1), {"num_recorruptions": 2}, preview=True)
    assert files.run(job, places) == {"done": 1} and files.run(job, places) == {"skipped": 1}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a_denoised.ome.tif", "a_preview.png"}
    assert tifffile.imread(tmp_path / "out" / "a_denoised.ome.tif").shape == (2, 3, 40, 50)
    pytest.importorskip("zarr")
    zarr_files.to_zarr(tmp_path / "a.czi", tmp_path / "a.zarr")
    zarr_files.to_file(tmp_path / "a.zarr", tmp_path / "b.ome.tif", like=tmp_path / "a.czi")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "b.ome.tif").squeeze(), array[0])
