"""DICOM files, through pydicom: gray and colour, one frame or many, in stored values. A series is a folder of them."""

import io
import math
import tempfile
import warnings

import numpy as np

from r2r_tf import atomic
from r2r_tf.errors import InputError, package
from r2r_tf.image_files import derived_dicom, scratch, unpacked
from r2r_tf.image_files.image import Format, Image
from r2r_tf.image_files.stored_numbers import told_from_none

FORMATS = {"DICOM": Format((b"DICM",), (".dcm", ".dicom", ".ima"), at=128)}

_DEFERRED = 1 << 16  # bytes; what is longer stays in the file
_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_OVERLAYS = range(0x6000, 0x6020, 2)
_MOST = (1 << 32) - 2  # bytes of pixels that are not compressed
_GRAY, _COLOUR = ("MONOCHROME1", "MONOCHROME2"), ("RGB", "YBR_")
_DECODERS = "install one of those that pydicom names, such as pylibjpeg or pyjpegls, or decompress it"


def read(path):
    """`Image` of a DICOM file: what is stored, before rescaling; YBR as RGB. Frames are decoded one by one."""
    pydicom = package("pydicom", "dicom", f"{path}: reading DICOM")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path, defer_size=_DEFERRED)
        keyword = _keyword_of(path, dataset)
        count, samples = int(dataset.get("NumberOfFrames") or 1), int(dataset.SamplesPerPixel)
        shape = (count, int(dataset.Rows), int(dataset.Columns), samples)
        unpacked.check(path, math.prod(shape) * int(dataset.get("BitsAllocated", 64)) // 8)
        pages = None
        for number, frame in enumerate(_frames(path, pydicom, dataset, keyword)):
            if pages is None:
                pages = scratch.zeros(shape, frame.dtype.newbyteorder("="))
            if number < count:
                pages[number] = frame.reshape(shape[1:])
    if pages is None or number + 1 < count:
        raise InputError(f"{path} is cut off.")
    padding = dataset.get("PixelPaddingValue")
    details = {"path": path, "keyword": keyword, "no_data": padding if isinstance(padding, int | float) else None}
    return Image("DICOM", pages, None, details)


def write(path, image, pixels):
    """Writes a DICOM file as one derived from the image's, which must still be there: all tags, not compressed."""
    import pydicom

    if pixels.nbytes > _MOST:
        raise InputError(f"DICOM holds 4 GiB of pixels at most. Received: {pixels.nbytes / 2**30:.1f} GiB")
    with warnings.catch_warnings(), _buffer(pixels.nbytes) as buffer:
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(image.details["path"], defer_size=_DEFERRED)
        ends = []
        for page in _stored(dataset, image, pixels):
            ends += [int(page.min()), int(page.max())] if page.dtype.kind in "ui" else []
            buffer.write(np.ascontiguousarray(page, page.dtype.newbyteorder("<")).data)
        if pixels.nbytes % 2:
            buffer.write(b"\0")
        buffer.seek(0)
        keyword = image.details["keyword"]
        del dataset[keyword]
        derived_dicom.describe(dataset, colour=pixels.shape[-1] == 3, ends=ends)
        kind = {"FloatPixelData": "OF", "DoubleFloatPixelData": "OD"}.get(keyword, "OB" if pixels.dtype.itemsize == 1 else "OW")
        dataset.add_new(pydicom.datadict.tag_for_keyword(keyword), kind, buffer)
        dataset.save_as(path, enforce_file_format=True)


def _keyword_of(path, dataset):
    """The name of the element that holds the pixels; refuses what cannot be read, or could not be written again."""
    keyword = next((own for own in _PIXELS if own in dataset), None)
    if keyword is None or "Rows" not in dataset:
        raise InputError(
            f"{path} holds no pixels: it is of another kind of DICOM ({dataset.get('Modality') or 'none is named'})."
        )
    kind = str(dataset.get("PhotometricInterpretation", _GRAY[1]))
    if not kind.startswith(_GRAY + _COLOUR):
        raise InputError(f"{path} must be gray, RGB or YBR. Received: {kind}. Convert it.")
    if keyword == "PixelData" and int(dataset.BitsAllocated) < 8:
        raise InputError(f"{path} must have 8 bits or more, not {dataset.BitsAllocated}.")
    for group in _OVERLAYS:
        if (group, 0x0010) in dataset and (group, 0x3000) not in dataset:
            raise InputError(f"{path} has an overlay in the bits of its pixels. Convert it.")
    return keyword


def _frames(path, pydicom, dataset, keyword):
    """Yields the frames, each decoded when it is asked for."""
    syntax = dataset.file_meta.TransferSyntaxUID
    decoder = pydicom.pixels.get_decoder(syntax)
    if not decoder.is_available:
        raise InputError(f"{path} is compressed ({syntax.name}), and there is no decoder for that: {_DECODERS}.")
    return pydicom.pixels.iter_pixels(path) if keyword == _PIXELS[0] else (own for own, _ in decoder.iter_array(dataset))


def _stored(dataset, image, pixels):
    """Yields the pages, within the bits that are stored; none becomes padding that was not."""
    bits, dtype, none = int(dataset.get("BitsStored", 0)), pixels.dtype, image.details["no_data"]
    narrow = dtype.kind in "ui" and 0 < bits < 8 * dtype.itemsize and int(dataset.HighBit) == bits - 1
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if dtype.kind == "i" else (0, (1 << bits) - 1)
    holds = dtype.kind in "ui" and none is not None and np.iinfo(dtype).min <= none <= np.iinfo(dtype).max
    for page, before in zip(pixels, image.pixels, strict=True):
        page = np.clip(page, low, high) if narrow else page
        yield told_from_none(page, before == none, int(none)) if holds else page


def _buffer(size):
    """A file for so many bytes, in memory if they are few."""
    if size <= scratch.LARGE:
        return io.BytesIO()
    with atomic.naming(tempfile.gettempdir()):
        return tempfile.TemporaryFile()
