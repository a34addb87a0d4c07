"""TIFF files, through tifffile: pages, whole numbers, floats, OME and ImageJ stacks; large ones are not held in memory."""

import math

import numpy as np
import tifffile

from r2r_tf.errors import InputError
from r2r_tf.image_files import ome_xml, scratch, tiff_chain, tiff_tags, unpacked
from r2r_tf.image_files.image import Format, Image, from_pages, split_alpha, to_pages

FORMATS = {"TIFF": Format((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), (".tif", ".tiff"))}


_MINISWHITE, _MINISBLACK, _RGB, _YCBCR, _CIELAB, _ICCLAB = 0, 1, 2, 6, 8, 9
_JPEG = (6, 7, 34892)  # decoded to RGB
# ways to compress that lose nothing; others become the first
_LOSSLESS = (8, 1, 5, 32773, 32946, 50000, 34925)
_WITH_PREDICTOR = (8, 5, 32946, 50000, 34925)
_PHOTOMETRIC = (_MINISWHITE, _MINISBLACK, _RGB, _YCBCR, _CIELAB, _ICCLAB)
_ALPHA = (1, 2)  # associated with the colours and not
_ICC_PROFILE, _RESOLUTIONS, _NO_DATA, _SOFTWARE = 34675, (282, 283), 42113, 305


def read(path):
    """`Image` of a TIFF file: its series, or several of one kind, such as pages that were appended one by one."""
    tiff_chain.check(path)
    with tifffile.TiffFile(path) as file:
        _check(path, file)
        series, *others = file.series
        first = series.keyframe
        axes, shape = series.axes, series.shape
        if others:
            axes, shape = f"Q{axes}", (1 + len(others), *shape)
        details = {
            "axes": axes,
            "shape": shape,
            "photometric": _RGB if first.photometric == _YCBCR else int(first.photometric),
            "planarconfig": first.planarconfig,
            "extrasamples": first.extrasamples,
            "tile": (first.tilelength, first.tilewidth) if first.is_tiled else None,
            "compression": first.compression if first.compression in _LOSSLESS else _LOSSLESS[0],
            "predictor": first.predictor if first.compression in _WITH_PREDICTOR else None,
            "bigtiff": file.is_bigtiff,
            "byteorder": file.byteorder,
            "ome": file.ome_metadata if file.is_ome else None,
            "imagej": file.is_imagej,
            "shaped": file.is_shaped,
            "imagej_metadata": file.imagej_metadata,
            "description": None if file.is_ome or file.is_imagej or file.is_shaped else first.description,
            "resolution": first.resolution if _RESOLUTIONS[0] in first.tags else None,
            "resolutionunit": first.resolutionunit,
            "no_data": _number(first.tags[_NO_DATA].value) if _NO_DATA in first.tags else None,
            "iccprofile": first.tags[_ICC_PROFILE].value if _ICC_PROFILE in first.tags else None,
            "tags": tiff_tags.kept(first),
        }
        array = _decoded(path, file, shape)
    channels = np.moveaxis(array, axes.index("S"), -1) if "S" in axes else array[..., None]
    alpha = None
    # three or four planes whose axes are named pages are tagged as colours, too
    if "S" in axes and len(details["extrasamples"]) == 1 and details["extrasamples"][0] in _ALPHA:
        channels, alpha = split_alpha(channels)
        alpha = to_pages(alpha, colours=True)
    details["channels"] = channels.shape
    colours = details["photometric"] == _RGB and channels.shape[-1] == 3
    return Image("TIFF", to_pages(_with_zero_in_the_middle(channels, details), colours), alpha, details)


def write(path, image, pixels):
    """Writes a TIFF file in the layout of the image's, compressed like it where that loses nothing."""
    known = image.details
    channels = _with_zero_in_the_middle(from_pages(pixels, known["channels"]), known)
    if image.alpha is not None:
        channels = np.concatenate([channels, image.alpha.reshape(*channels.shape[:-1], 1)], axis=-1)
    array = np.moveaxis(channels, -1, known["axes"].index("S")) if "S" in known["axes"] else channels[..., 0]
    names = ("photometric", "compression", "predictor", "resolution", "iccprofile", "tile", "byteorder")
    options = {name: known.get(name) for name in names}
    if "S" in known["axes"]:
        options |= {"planarconfig": known["planarconfig"], "extrasamples": known.get("extrasamples")}
    tags = known.get("tags", [])
    if known["imagej"]:
        metadata = {name: value for name, value in (known["imagej_metadata"] or {}).items() if name not in ("ImageJ", "shape")}
        layout = {"imagej": True, "metadata": {"axes": known["axes"], **metadata}}
        options |= dict.fromkeys(("compression", "predictor", "planarconfig", "tile", "extrasamples"))
    elif known["ome"]:
        axes = known["axes"].lstrip("Q")
        inner = [side for axis, side in zip(known["axes"], known["shape"], strict=True) if axis not in "QYXS"]
        text = ome_xml.for_pages_in_order(known["ome"], axes, math.prod(inner))
        layout = {"metadata": None, "description": text.encode("utf-8")}
    else:
        named = {"metadata": {"axes": known["axes"]}} if "Q" not in known["axes"] else {}
        layout = named if known["shaped"] else {"metadata": None, "description": _description(known["description"])}
    if known["resolution"]:
        options["resolutionunit"] = known["resolutionunit"]
    if known.get("bigtiff") or array.nbytes > (1 << 32) - (1 << 25) and not known["imagej"]:
        options["bigtiff"] = True
    options |= {"extratags": tags or None, "software": False if any(tag[0] == _SOFTWARE for tag in tags) else None}
    tifffile.imwrite(path, array, **{name: value for name, value in options.items() if value is not None}, **layout)


def new_details(pixels):
    """The details of a new file: gray or RGB pages, not compressed."""
    count, height, width, channels = pixels.shape
    rgb = channels == 3
    return {
        "axes": "QYXS" if rgb else "QYX",
        "shape": (count, height, width, 3) if rgb else (count, height, width),
        "channels": pixels.shape,
        "photometric": _RGB if rgb else _MINISBLACK,
        "planarconfig": "contig",
        "shaped": True,
        **dict.fromkeys(("compression", "predictor", "resolution", "resolutionunit", "iccprofile", "ome", "imagej")),
    }


def _check(path, file):
    """Refuses what cannot be read, or could not be written again."""
    if file.is_ome and len(ome_xml.files(file.ome_metadata)) > 1:
        raise InputError(f"{path} is one of several files that hold an image together. Save them as one file.")
    series, *others = file.series
    first = series.keyframe
    if first.photometric == _YCBCR and first.compression not in _JPEG or first.photometric not in _PHOTOMETRIC:
        name = getattr(first.photometric, "name", first.photometric)
        raise InputError(f"{path} must be gray, RGB or CIELAB. Received: {name}. Convert it.")
    if first.bitspersample < 8:
        raise InputError(f"{path} must have 8 bits or more, not {first.bitspersample}. Convert it to gray.")
    alike = all((own.shape, own.axes, own.dtype) == (series.shape, series.axes, series.dtype) for own in others)
    if others and not alike or any(own.keyframe.photometric != first.photometric for own in others):
        raise InputError(f"{path} holds pictures of several sizes or kinds. Save them one by one.")
    if series.is_pyramidal:
        raise InputError(f"{path} holds one picture at several sizes. Save the largest alone.")
    if not series.axes.replace("S", "").endswith("YX"):
        raise InputError(f"{path} must hold pictures whose last axes are rows and columns. Received: axes {series.axes}")
    unpacked.check(path, sum(own.nbytes for own in file.series))


def _decoded(path, file, shape):
    """The array of all series; of large files a map of the file, or of a temporary one."""
    series, *others = file.series
    if not others and series.nbytes > scratch.LARGE and series.keyframe.is_memmappable and series.dataoffset is not None:
        return tifffile.memmap(path, mode="r").reshape(shape)
    array = scratch.zeros(shape, series.dtype)
    for number, own in enumerate(file.series):
        own.asarray(out=array[number] if others else array)
    return array


def _with_zero_in_the_middle(channels, details):
    """CIELAB holds the signed a and b in unsigned numbers: moves their zero to the middle of the range, and back."""
    if details["photometric"] != _CIELAB or channels.dtype.kind != "u" or channels.shape[-1] != 3:
        return channels
    half = channels.dtype.type(1 << (8 * channels.dtype.itemsize - 1))
    return np.concatenate([channels[..., :1], channels[..., 1:] ^ half], axis=-1)


def _description(text):
    """A description as bytes, which may be of any alphabet; None for none."""
    return text.encode("utf-8") if text else None


def _number(text):
    """The number that GDAL's tag for no data holds; None for another text."""
    try:
        return float(text)
    except ValueError:
        return None
