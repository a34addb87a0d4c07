"""Arrays of NumPy: [H, W], [H, W, C] with C 1, 3 or 4, [N, H, W] or [N, H, W, C]."""

import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.image_files.image import Format, Image, split_alpha

FORMATS = {"NPY": Format((b"\x93NUMPY",), (".npy",))}


def read(path):
    """`Image` of an NPY file, whose pixels stay in the file until they are used."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.ndim not in (2, 3, 4):
        raise InputError(f"{path} must hold [H, W], [H, W, C], [N, H, W] or [N, H, W, C]. Received: shape {array.shape}")
    if array.ndim == 4:
        pages = array
    elif array.ndim == 3 and array.shape[-1] in (1, 3, 4):
        pages = array[None]
    else:
        pages = array[..., None] if array.ndim == 3 else array[None, ..., None]
    pixels, alpha = split_alpha(pages)
    return Image("NPY", pixels, alpha, {"shape": array.shape})


def write(path, image, pixels):
    """Writes an NPY file, page by page."""
    shape = (*image.pixels.shape[:-1], image.pixels.shape[-1] + (image.alpha is not None))
    target = np.lib.format.open_memmap(path, mode="w+", dtype=pixels.dtype, shape=image.details["shape"])
    pages = target.reshape(shape)
    for number in range(len(pixels)):
        pages[number, ..., : pixels.shape[-1]] = pixels[number]
        if image.alpha is not None:
            pages[number, ..., -1:] = image.alpha[number]
    target.flush()
