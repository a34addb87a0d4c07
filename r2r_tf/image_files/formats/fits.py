"""FITS files, through astropy: the first image, its planes as pages; all else in the file is copied byte for byte."""

import gzip
import io
import math
import os
import warnings

import numpy as np

from r2r_tf.errors import InputError, package
from r2r_tf.image_files import fits_tiles, scratch, unpacked
from r2r_tf.image_files.image import SAID, Format, Image
from r2r_tf.image_files.stored_numbers import Numbers

FORMATS = {
    "FITS": Format((b"SIMPLE  =",), (".fits", ".fit", ".fts", ".fits.fz", ".fit.fz", ".fts.fz")),
    "gzipped FITS": Format((b"\x1f\x8b",), (".fits.gz", ".fit.gz", ".fts.gz"), sure=False),
}

_DTYPES = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
_BLOCK, _CARD, _PART = 2880, 80, 1 << 22
_SUMS = (b"CHECKSUM", b"DATASUM")  # of the old pixels
_SCALING = ("BSCALE", "BZERO", "BLANK")
_GZIP = b"\x1f\x8b"


def read(path):
    """`Image` of a FITS file: values, not stored numbers. Those that are stored as they are stay in the file."""
    fits = _library(path)
    packed = _is_packed(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(path, do_not_scale_image_data=True, lazy_load_hdus=True) as file:
            number, hdu = _first_image(path, fits, file)
            numbers, shape, place = _numbers(hdu.header), hdu.shape, hdu.fileinfo()
            size = math.prod(shape) * numbers.dtype.itemsize
            unpacked.check(path, size)
            tiles = isinstance(hdu, fits.CompImageHDU)
            start, stop = place["datLoc"], place["datLoc"] + place["datSpan"]
            if not packed and path.stat().st_size < (stop if tiles else start + size):
                raise InputError(f"{path} is cut off.")
            if tiles:
                _check_tiles(path, fits, number, packed, place)
            details = {"path": path, "numbers": numbers, "no_data": numbers.no_data, "shape": shape, "packed": packed}
            details |= {"header": (place["hdrLoc"], start), "after": stop, "tiles": _tiles_of(hdu) if tiles else None}
            if numbers.as_they_are and not packed and not tiles:
                array = np.memmap(path, numbers.dtype, "r", start, shape)
            else:
                array = scratch.zeros(shape, numbers.values_dtype)
                for index in np.ndindex(*shape[:-2]):
                    array[index] = numbers.values(hdu.section[(*index, slice(None), slice(None))])
    return Image("gzipped FITS" if packed else "FITS", array.reshape(-1, *shape[-2:])[..., None], None, details)


def write(path, image, pixels):
    """Writes a FITS file like the one that the image came from, which must still be there."""
    known = image.details
    source, (first, start) = known["path"], known["header"]
    with _opened(source, known["packed"], "rb") as old, _opened(path, known["packed"], "wb") as new:
        new.write(old.read(first))
        if known["tiles"] is None:
            new.write(_with_history(old.read(start - first)))
            for page in _stored(image, pixels):
                new.write(page.tobytes())
            new.write(bytes(-math.prod(known["shape"]) * known["numbers"].dtype.itemsize % _BLOCK))
        else:
            new.write(_in_tiles(image, pixels))
        old.seek(known["after"])
        while part := old.read(_PART):
            new.write(part)


def _library(path):
    package("astropy", "fits", f"{path}: reading FITS")
    return package("astropy.io.fits", "fits", f"{path}: reading FITS")


def _is_packed(path):
    with open(path, "rb") as file:
        return file.read(len(_GZIP)) == _GZIP


def _opened(path, packed, mode):
    return gzip.open(path, mode) if packed else open(path, mode)


def _first_image(path, fits, file):
    """(number, header and data unit) of the first with rows and columns; groups of visibilities are none."""
    last = -1
    for number, hdu in enumerate(file):
        start, last = last, hdu.fileinfo()["hdrLoc"]
        if last <= start:
            raise InputError(f"{path} is damaged: its units follow each other in a circle.")
        if type(hdu) in (fits.PrimaryHDU, fits.ImageHDU, fits.CompImageHDU) and len(hdu.shape) > 1 and 0 not in hdu.shape:
            return number, hdu
    raise InputError(f"{path} holds no image, only tables, spectra or nothing.")


def _check_tiles(path, fits, number, packed, place):
    with fits.open(path, disable_image_compression=True, lazy_load_hdus=True) as file, _opened(path, packed, "rb") as content:
        header = file[number].header
        content.seek(place["datLoc"])
        rows = content.read(min(place["datSpan"], max(0, header["NAXIS1"] * header["NAXIS2"])))
    fits_tiles.check(path, header, rows, place["datSpan"])


def _numbers(header):
    dtype = np.dtype(_DTYPES[header["BITPIX"]])
    none = header.get("BLANK") if dtype.kind in "ui" else None
    if none is not None and not np.iinfo(dtype).min <= none <= np.iinfo(dtype).max:
        none = None
    slope = float(header.get("BSCALE", 1))
    if slope == 0 or not math.isfinite(slope):
        raise InputError(f"BSCALE must be a number other than 0. Received: {slope}")
    return Numbers(dtype, slope, float(header.get("BZERO", 0)), none)


def _tiles_of(hdu):
    """The header and how to compress; what was quantised, and is floats now, without a loss."""
    whole = hdu.header["BITPIX"] > 0
    options = {"tile_shape": tuple(int(own) for own in hdu.tile_shape)}
    options |= {"compression_type": hdu.compression_type} if whole else {"compression_type": "GZIP_2", "quantize_level": 0}
    header = hdu.header.copy()
    for name in _SUMS:
        header.remove(name.decode(), ignore_missing=True)
    header.add_history(SAID)
    return header, options


def _stored(image, pixels):
    """Yields the pages as numbers of the file."""
    numbers = image.details["numbers"]
    for page, before in zip(pixels, image.pixels, strict=True):
        yield np.ascontiguousarray(numbers.stored(page[..., 0], before[..., 0]), numbers.dtype)


def _with_history(header):
    """The blocks of a header with one more line, and without sums over the old pixels."""
    cards = [header[start : start + _CARD] for start in range(0, len(header), _CARD)]
    end = next(number for number, card in enumerate(cards) if card.rstrip() == b"END")
    kept = [card for card in cards[:end] if card[:8].rstrip() not in _SUMS]
    text = b"".join([*kept, f"HISTORY {SAID}".encode().ljust(_CARD), b"END".ljust(_CARD)])
    return text + b" " * (-len(text) % _BLOCK)


def _in_tiles(image, pixels):
    """The bytes of the unit, compressed in tiles."""
    fits = _library(image.details["path"])
    header, options = image.details["tiles"]
    array = scratch.zeros(image.details["shape"], image.details["numbers"].dtype.newbyteorder("="))
    flat = array.reshape(-1, *array.shape[-2:])
    for number, page in enumerate(_stored(image, pixels)):
        flat[number] = page
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        unit = fits.CompImageHDU(array, header, do_not_scale_image_data=True, **options)
        # which a new unit drops
        unit.header.update({name: header[name] for name in _SCALING if name in header})
        fits.HDUList([fits.PrimaryHDU(), unit]).writeto(buffer)
    buffer.seek(_BLOCK, os.SEEK_SET)
    return buffer.read()
