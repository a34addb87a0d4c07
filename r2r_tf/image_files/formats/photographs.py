"""JPEG and WebP files, through Pillow; colour profile and EXIF are kept."""

import contextlib

import numpy as np
from PIL import Image as pillow

from r2r_tf.errors import InputError
from r2r_tf.image_files import unpacked
from r2r_tf.image_files.image import Format, Image, split_alpha

FORMATS = {
    "JPEG": Format((b"\xff\xd8\xff",), (".jpg", ".jpeg", ".jpe")),
    "WebP": Format((b"RIFF",), (".webp",)),
}


# JPEG cannot keep pixels exactly; this keeps them to about a grey level. WebP can.
_OPTIONS = {"JPEG": {"quality": 97, "subsampling": 0}, "WebP": {"lossless": True, "exact": True}}
_MODES = ("L", "RGB", "RGBA")


def read(path):
    """`Image` of a JPEG or WebP file."""
    with _whatever_size(), pillow.open(path) as file:
        if getattr(file, "n_frames", 1) > 1 and file.format != "MPO":
            raise InputError(f"{path} is an animation. Save its pictures one by one.")
        unpacked.check(path, file.width * file.height * len(file.getbands()))
        if file.mode not in _MODES:
            raise InputError(f"{path} must be gray or RGB. Received: {file.mode}. Convert it.")
        array = np.asarray(file)
        known = {name: file.info[name] for name in ("icc_profile", "exif", "dpi") if file.info.get(name)}
        kind = "WebP" if file.format == "WEBP" else "JPEG"
    pixels, alpha = split_alpha(array[None, ..., None] if array.ndim == 2 else array[None])
    return Image(kind, pixels, alpha, known)


@contextlib.contextmanager
def _whatever_size():
    """Pillow refuses pictures of more than 179 million pixels, lest they fill the memory; large ones are usual here."""
    limit, pillow.MAX_IMAGE_PIXELS = pillow.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        pillow.MAX_IMAGE_PIXELS = limit


def write(path, image, pixels):
    """Writes a JPEG or WebP file."""
    array = np.ascontiguousarray(image.with_alpha(pixels)[0])
    picture = pillow.fromarray(array[..., 0] if array.shape[-1] == 1 else array)
    picture.save(path, image.format, **_OPTIONS[image.format], **image.details)
