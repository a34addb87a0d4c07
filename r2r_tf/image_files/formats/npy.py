"""Arrays of NumPy: [H, W], [..., H, W], or [..., H, W, C] with C 1 to 4. Three channels are colours, others are pages."""

import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.image_files.image import Format, Image, from_pages, to_pages

FORMATS = {"NPY": Format((b"\x93NUMPY",), (".npy",))}

_MOST_CHANNELS = 4


def read(path):
    """`Image` of an NPY file, whose pixels stay in the file until they are used."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.ndim < 2:
        raise InputError(f"{path} must hold [H, W], [H, W, C], [N, H, W] or [N, H, W, C]. Received: shape {array.shape}")
    channels = array if array.ndim > 2 and array.shape[-1] <= _MOST_CHANNELS else array[..., None]
    pages = to_pages(channels, colours=channels.shape[-1] == 3)
    return Image("NPY", pages, None, {"shape": array.shape, "channels": channels.shape})


def write(path, image, pixels):
    """Writes an NPY file. Not through a map, where a full disk ends the process."""
    known = image.details
    header = {"descr": np.lib.format.dtype_to_descr(pixels.dtype), "fortran_order": False, "shape": known["shape"]}
    array = from_pages(pixels, known["channels"]).reshape(known["shape"])
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for part in array:
            file.write(np.ascontiguousarray(part).data)
