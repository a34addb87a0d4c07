"""MRC files of electron microscopes, through mrcfile: pictures, stacks and volumes, whose pixels stay in the file."""

import struct
import warnings

import numpy as np

from r2r_tf.errors import InputError, package
from r2r_tf.image_files.image import SAID, Format, Image

FORMATS = {"MRC": Format((b"MAP",), (".mrc", ".mrcs", ".rec", ".st", ".map"), at=208)}

_IMOD, _SIGNED = 1146047817, 1  # stamp of IMOD's files, and its flag for bytes with a sign
_START = 1024  # bytes of the header
_MODE, _EXTENDED, _ORDER = 12, 92, slice(212, 214)  # where in it these are, the second as the length of the extended one
_STAMP = slice(40, 48)  # of the header's second free part, where stamp and flags are


def read(path):
    """`Image` of an MRC file. Bytes without a sign, which the header cannot say but IMOD's flags do, are read as such."""
    mrcfile = package("mrcfile", "mrc", f"{path}: reading MRC")
    _check_length(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with mrcfile.mmap(path, mode="r", permissive=True) as file:
            header, dtype, shape = file.header.copy(), *_kind_of(path, mrcfile, file)
    start = header.nbytes + int(header.nsymbt)
    if path.stat().st_size < start + int(np.prod(shape, dtype=np.int64)) * dtype.itemsize:
        raise InputError(f"{path} is cut off.")
    array = np.memmap(path, dtype, "r", start, shape)
    with path.open("rb") as file:
        file.seek(header.nbytes)
        extended = file.read(int(header.nsymbt))
    if _has_unsigned_bytes(header):
        array = array.view(np.uint8)
    return Image("MRC", array.reshape(-1, *shape[-2:])[..., None], None, {"header": header, "extended": extended})


def write(path, image, pixels):
    """Writes an MRC file: header and extended header as they were, with statistics of the new pixels and one more label."""
    header = image.details["header"].copy()
    header.dmin, header.dmax, header.dmean, header.rms = _statistics(pixels)
    # as IMOD does, the last of ten labels gives way
    header.nlabl = min(len(header.label), max(0, int(header.nlabl)) + 1)
    header.label[int(header.nlabl) - 1] = SAID.encode()
    with open(path, "wb") as file:
        file.write(header.tobytes() + image.details["extended"])
        for page in pixels:
            file.write(np.ascontiguousarray(page, image.pixels.dtype).data)


def _check_length(path):
    """Refuses a file that is shorter than its headers: mrcfile makes room for these before it reads them."""
    with path.open("rb") as file:
        header = file.read(_START)
    order = ">" if header[_ORDER] == b"\x11\x11" else "<"
    if len(header) == _START and struct.unpack_from(f"{order}I", header, _MODE)[0] > 0xFFFF:
        order = "<" if order == ">" else ">"  # as mrcfile takes it, too
    if len(header) < _START or struct.unpack_from(f"{order}I", header, _EXTENDED)[0] > path.stat().st_size - _START:
        raise InputError(f"{path} is cut off.")


def _kind_of(path, mrcfile, file):
    """(dtype, shape) of the pixels as the header says them."""
    try:
        dtype, shape = (own(file.header) for own in (mrcfile.utils.data_dtype_from_header, mrcfile.utils.data_shape_from_header))
    except ValueError:
        raise InputError(
            f"{path} must hold numbers of 8 to 32 bits (modes 0, 1, 2, 6, 12). Received: mode {int(file.header.mode)}"
        ) from None
    if min(shape) < 1:
        raise InputError(f"{path} holds no pixels. Received: shape {tuple(map(int, shape))}")
    return dtype, tuple(map(int, shape))


def _has_unsigned_bytes(header):
    stamp, flags = np.frombuffer(header.extra2.tobytes()[_STAMP], header.mode.dtype)
    return int(header.mode) == 0 and stamp == _IMOD and not flags & _SIGNED


def _statistics(pixels):
    """(least, largest, mean, standard deviation), page by page."""
    lows, highs, sums, squares, count = [], [], 0.0, 0.0, 0
    for page in pixels:
        values = np.asarray(page, np.float64)
        values = values[np.isfinite(values)]
        if values.size:
            lows.append(values.min())
            highs.append(values.max())
            sums, squares, count = sums + values.sum(), squares + np.square(values).sum(), count + values.size
    if not count:
        return 0.0, 0.0, 0.0, 0.0
    mean = sums / count
    return min(lows), max(highs), mean, max(0.0, squares / count - mean**2) ** 0.5
