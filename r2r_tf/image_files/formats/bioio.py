"""CZI, ND2 and LIF files of microscopes, through bioio: read plane by plane. Results are OME-TIFF, for these are not written."""

import logging
import math

import numpy as np
import tifffile

from r2r_tf.errors import InputError, package
from r2r_tf.image_files import scratch, unpacked
from r2r_tf.image_files.image import SAID, Format, Image

_OME_TIFF = ".ome.tif"
FORMATS = {
    "CZI": Format((b"ZISRAWFILE",), (".czi",), results=_OME_TIFF),
    "ND2": Format((b"\xda\xce\xbe\x0a",), (".nd2",), results=_OME_TIFF),
    "LIF": Format((b"p\0\0\0",), (".lif",), sure=False, results=_OME_TIFF),
}

_LEAD, _COLOURS, _TILES = "TCZ", "S", "M"
_BIG, _ANY = (1 << 32) - (1 << 25), 1 << 60  # bytes


def read(path):
    """`Image` of a file of a microscope: scenes, times, channels and depths are pages, in this order; tiles are put together."""
    return of_scenes(path, *_opened(path))


def of_scenes(path, kind, source):
    """`Image` of what bioio opens.

    Args:
      path: of the file.
      kind: name of its format.
      source: `bioio.BioImage`, or what has its scenes, dims, dtype, channel_names, physical_pixel_sizes and `get_image_data`.
    """
    (own_shape, dtype), *others = kinds = [_kind_of(path, source, name) for name in source.scenes]
    if any(other != (own_shape, dtype) for other in others):
        said = ", ".join(sorted({"x".join(map(str, own)) for own, _ in kinds}))
        raise InputError(f"{path} holds scenes of several sizes ({said}). Export them one by one as OME-TIFF.")
    lead, (height, width, samples) = own_shape[:3], own_shape[3:]
    shape = (len(kinds) * math.prod(lead), height, width, samples)
    # a page takes a byte at least; of sizes that are damaged, names of channels take minutes
    unpacked.check(path, max(math.prod(shape) * dtype.itemsize, (shape[0] > path.stat().st_size) * _ANY))
    scenes = [{"shape": own_shape, "metadata": _metadata(source, name, own_shape)} for name in source.scenes]
    pages, number = scratch.zeros(shape, dtype), 0
    for name in source.scenes:
        source.set_scene(name)
        for place in np.ndindex(*lead):
            plane = _plane(source, place, samples > 1).reshape(shape[1:])
            pages[number] = plane[..., ::-1] if kind == "CZI" else plane  # colours of CZI are blue, green, red
            number += 1
    colours = ("S", samples) if samples > 1 else ("", 1)
    details = {"scenes": scenes, "axes": f"Q{_LEAD}YX{colours[0]}"}
    details["shape"] = (len(scenes), *lead, height, width, *([samples] if samples > 1 else []))
    return Image(kind, pages, None, details)


def write(path, image, pixels):
    """Writes an OME-TIFF file: a series for each scene, with its name, channels and sizes of pixels."""
    scenes = image.details["scenes"]
    count = len(pixels) // len(scenes)
    with tifffile.TiffWriter(path, ome=True, bigtiff=pixels.nbytes > _BIG) as file:
        for number, scene in enumerate(scenes):
            own, samples = pixels[number * count : (number + 1) * count], scene["shape"][-1]
            shape = scene["shape"] if samples > 1 else scene["shape"][:-1]
            metadata = {"axes": f"{_LEAD}YX{'S' if samples > 1 else ''}", **scene["metadata"], "Description": SAID}
            file.write(
                (page if samples > 1 else page[..., 0] for page in own),
                shape=shape,
                dtype=pixels.dtype,
                photometric="rgb" if samples > 1 else "minisblack",
                metadata=metadata,
            )


def _opened(path):
    """(name of the format, `bioio.BioImage`) of a file; which reader is for it is said by its ending."""
    kind = next(name for name, form in FORMATS.items() if path.suffix.lower() in form.endings)
    needs = f"{path}: reading {kind}"
    bioio = package("bioio", "bioio", needs)
    reader = package(f"bioio_{kind.lower()}", "bioio", needs)
    logging.getLogger("bioio").setLevel(logging.ERROR)  # what it warns of, it raises, too
    source = bioio.BioImage(path, reader=reader.Reader)
    if kind == "CZI":
        _check_scenes(path, source)
    return kind, source


def _check_scenes(path, source):
    """Refuses a CZI file of which bioio shows less than there is, as where its description leaves scenes out."""
    spans = [
        own.get("S", (0, 1)) for own in package("aicspylibczi", "bioio", f"{path}: reading CZI").CziFile(path).get_dims_shape()
    ]
    count = len({number for first, stop in spans for number in range(first, stop)})
    if count > len(source.scenes):
        raise InputError(f"{path} describes {len(source.scenes)} of its {count} scenes. Export them as OME-TIFF.")


def _kind_of(path, source, name):
    """(shape [T, C, Z, Y, X, S], dtype) of a scene."""
    source.set_scene(name)
    sizes = dict(zip(source.dims.order, source.dims.shape, strict=True))
    others = {axis: size for axis, size in sizes.items() if axis not in f"{_LEAD}YX{_COLOURS}" and size > 1}
    if others:
        raise InputError(f"{path} has axes that are not known ({', '.join(others)}). Export it as OME-TIFF.")
    return tuple(int(sizes.get(axis, 1)) for axis in f"{_LEAD}YX{_COLOURS}"), np.dtype(source.dtype)


def _metadata(source, name, shape):
    """What OME is to know of a scene, as tifffile takes it."""
    source.set_scene(name)
    found = {"Name": str(name)}
    channels = [str(own) for own in source.channel_names or []]
    if len(channels) == shape[1]:
        found["Channel"] = {"Name": channels}
    for axis in "ZYX":
        size = getattr(source.physical_pixel_sizes, axis, None)
        if size and math.isfinite(size):
            found |= {f"PhysicalSize{axis}": float(size), f"PhysicalSize{axis}Unit": "µm"}
    return found


def _plane(source, place, colours):
    """A plane, [Y, X] or [Y, X, S]; of a mosaic, whose tiles are put together when they are asked for, through Dask."""
    order, where = f"YX{_COLOURS if colours else ''}", dict(zip(_LEAD, place, strict=True))
    if _TILES in getattr(getattr(source, "reader", None), "dims", source.dims).order:
        return source.get_image_dask_data(order, **where).compute(scheduler="synchronous")
    return np.asarray(source.get_image_data(order, **where))
