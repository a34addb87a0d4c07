"""TIFF files, through tifffile: pages, 8 and 16 bits, floats, OME and ImageJ stacks; large ones are not held in memory."""

import math

import numpy as np
import tifffile

from r2r_tf.errors import InputError
from r2r_tf.image_files import tiff_chain
from r2r_tf.image_files.image import Format, Image, split_alpha

FORMATS = {"TIFF": Format((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), (".tif", ".tiff"))}


# more than this is decoded into a temporary file
LARGE = 1 << 28
_PALETTE, _SEPARATED = 3, 5
_ICC_PROFILE, _RESOLUTIONS, _NO_DATA = 34675, (282, 283), 42113


def read(path):
    """`Image` of a TIFF file: its series, or several of one kind, such as pages that were appended one by one."""
    tiff_chain.check(path)
    with tifffile.TiffFile(path) as file:
        series, *others = file.series
        first = series.keyframe
        if first.photometric in (_PALETTE, _SEPARATED):
            raise InputError(f"{path} must be gray or RGB. Received: {first.photometric.name}. Convert it.")
        if first.bitspersample < 8:
            raise InputError(f"{path} must have 8 bits or more, not {first.bitspersample}. Convert it to gray.")
        alike = all((own.shape, own.axes, own.dtype) == (series.shape, series.axes, series.dtype) for own in others)
        if others and not alike or any(own.keyframe.photometric != first.photometric for own in others):
            raise InputError(f"{path} holds pictures of several sizes or kinds. Save them one by one.")
        if series.is_pyramidal:
            raise InputError(f"{path} holds one picture at several sizes. Save the largest alone.")
        axes, shape = series.axes, series.shape
        if others:
            axes, shape = f"Q{axes}", (1 + len(others), *shape)
            array = np.stack([own.asarray() for own in file.series])
        elif path.stat().st_size <= LARGE:
            array = series.asarray()
        else:
            array = tifffile.memmap(path, mode="r") if first.is_memmappable else series.asarray(out="memmap")
        details = {
            "axes": axes,
            "shape": shape,
            "photometric": first.photometric,
            "planarconfig": first.planarconfig,
            "compression": first.compression,
            "predictor": first.predictor,
            "ome": file.is_ome,
            "imagej": file.is_imagej,
            "shaped": file.is_shaped,
            "imagej_metadata": file.imagej_metadata,
            "description": None if file.is_ome or file.is_imagej or file.is_shaped else first.description,
            "resolution": first.resolution if _RESOLUTIONS[0] in first.tags else None,
            "resolutionunit": first.resolutionunit,
            "no_data": _number(first.tags[_NO_DATA].value) if _NO_DATA in first.tags else None,
            "iccprofile": first.tags[_ICC_PROFILE].value if _ICC_PROFILE in first.tags else None,
        }
    pixels, alpha = split_alpha(_as_pages(path, array.reshape(shape), axes))
    return Image("TIFF", pixels, alpha, details)


def write(path, image, pixels):
    """Writes a TIFF file in the layout and compression of the image's."""
    known = image.details
    array = _as_in_file(image.with_alpha(pixels), known["axes"], known["shape"])
    options = {name: known[name] for name in ("photometric", "compression", "predictor", "resolution", "iccprofile")}
    if "S" in known["axes"]:
        options["planarconfig"] = known["planarconfig"]
    if known["imagej"]:
        metadata = {name: value for name, value in (known["imagej_metadata"] or {}).items() if name not in ("ImageJ", "shape")}
        layout = {"imagej": True, "metadata": {"axes": known["axes"], **metadata}}
        options |= {"compression": None, "predictor": None, "planarconfig": None}
    elif known["ome"]:
        layout = {"ome": True, "metadata": {"axes": known["axes"]}}
    else:
        layout = {} if known["shaped"] else {"metadata": None, "description": _description(known["description"])}
    if known.get("no_data") is not None:
        options["extratags"] = [(_NO_DATA, "s", 0, f"{known['no_data']:g}", True)]
    if known["resolution"]:
        options["resolutionunit"] = known["resolutionunit"]
    if "S" in known["axes"] and image.alpha is not None:
        options["extrasamples"] = ["unassalpha"]
    if math.prod(known["shape"]) * array.dtype.itemsize > (1 << 32) - (1 << 25) and not known["imagej"]:
        options["bigtiff"] = True
    tifffile.imwrite(path, array, **{name: value for name, value in {**options, **layout}.items() if value is not None})


def new_details(pixels):
    """The details of a new file: gray or RGB pages, not compressed."""
    count, height, width, channels = pixels.shape
    rgb = channels == 3
    return {
        "axes": "QYXS" if rgb else "QYX",
        "shape": (count, height, width, 3) if rgb else (count, height, width),
        "photometric": "rgb" if rgb else "minisblack",
        "planarconfig": "contig",
        "shaped": True,
        **dict.fromkeys(("compression", "predictor", "resolution", "resolutionunit", "iccprofile", "ome", "imagej")),
    }


def _description(text):
    """A description as bytes, which may be of any alphabet; None for none."""
    return text.encode("utf-8") if text else None


def _number(text):
    """The number that GDAL's tag for no data holds; None for another text."""
    try:
        return float(text)
    except ValueError:
        return None


def _as_pages(path, array, axes):
    """[N, H, W, C] of an array with axes such as 'YX', 'YXS', 'SYX', 'ZYX' or 'TCYX'."""
    if not axes.replace("S", "").endswith("YX"):
        raise InputError(f"{path} must hold pictures whose last axes are rows and columns. Received: axes {axes}")
    if "S" not in axes:
        return array.reshape(-1, *array.shape[-2:])[..., None]
    array = np.moveaxis(array, axes.index("S"), -1)
    return array.reshape(-1, *array.shape[-3:])


def _as_in_file(pages, axes, shape):
    if "S" not in axes:
        return pages[..., 0].reshape(shape)
    where = axes.index("S")
    last = [side for place, side in enumerate(shape) if place != where] + [shape[where]]
    return np.moveaxis(pages.reshape(last), -1, where)
