"""PNG files of 8 or 16 bits. What else is in them (colour profile, EXIF, resolution, text) is copied as it is."""

import struct

import imagecodecs
import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.image_files import unpacked
from r2r_tf.image_files.image import Format, Image, split_alpha

FORMATS = {"PNG": Format((b"\x89PNG\r\n\x1a\n",), (".png",))}


_SIGNATURE_LENGTH = 8
_PALETTE = 3
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
# how the pixels are stored is said by the new file's own
_NOT_COPIED = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"sBIT", b"hIST", b"bKGD")


def read(path):
    """`Image` of a PNG file."""
    content = path.read_bytes()
    chunks = _chunks(content)
    if not chunks or chunks[0][0] != b"IHDR":
        raise InputError(f"{path} is cut off.")
    depth, colours = chunks[0][1][16], chunks[0][1][17]  # after length, name, width and height
    if colours == _PALETTE:
        raise InputError(f"{path} has a palette of colours, which leaves no room for shades. Convert it to gray or RGB.")
    if depth < 8:
        raise InputError(f"{path} must have 8 or 16 bits. Received: {depth}, which has no room for shades. Convert it to gray.")
    if any(name == b"acTL" for name, _ in chunks):
        raise InputError(f"{path} is an animation. Save its pictures one by one.")
    width, height = struct.unpack(">II", chunks[0][1][8:16])
    unpacked.check(path, width * height * _CHANNELS.get(colours, 1) * depth // 8)
    array = imagecodecs.png_decode(content)
    pixels, alpha = split_alpha(array[None, ..., None] if array.ndim == 2 else array[None])
    return Image("PNG", pixels, alpha, {"chunks": [whole for name, whole in chunks if name not in _NOT_COPIED]})


def write(path, image, pixels):
    """Writes a PNG file."""
    content = encode(image.with_alpha(pixels)[0])
    first_end = _SIGNATURE_LENGTH + len(_chunks(content)[0][1])
    path.write_bytes(content[:first_end] + b"".join(image.details["chunks"]) + content[first_end:])


def new_details(pixels):
    """The details of a new file: nothing beside the pixels."""
    del pixels
    return {"chunks": []}


def encode(picture):
    """The bytes of a PNG file of one picture [H, W, C], uint8 or uint16."""
    return imagecodecs.png_encode(np.ascontiguousarray(picture[..., 0] if picture.shape[-1] == 1 else picture))


def _chunks(content):
    """List of (name, whole chunk: length, name, data, checksum)."""
    found, place = [], _SIGNATURE_LENGTH
    while place + 12 <= len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        found.append((content[place + 4 : place + 8], content[place : place + 12 + length]))
        place += 12 + length
    return found
