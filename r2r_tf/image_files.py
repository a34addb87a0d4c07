"""Pictures in files."""

import pathlib

import numpy as np
import skimage.io

from r2r_tf.errors import InputError


def read(path):
    """A picture as [H, W, C] float32, [0, 1] scale; whole numbers stand for parts of their type's largest.

    Args:
      path: of a PNG, JPEG or TIFF file, gray or RGB; a fourth channel is taken for transparency and left out.
    Raises:
      InputError: no such file, or not such a picture.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"There is no picture at {path}. Give the path of a PNG, JPEG or TIFF file.")
    try:
        image = np.asarray(skimage.io.imread(path))
    except Exception as error:  # the readers of the formats each raise their own
        raise InputError(f"{path} cannot be read as a picture ({' '.join(str(error).split())[:100]}).") from None
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (1, 3, 4)) or image.dtype.kind not in "uf":
        raise InputError(f"{path} must hold one gray or RGB picture. Received: shape {image.shape}, {image.dtype}")
    image = image[..., None] if image.ndim == 2 else image[..., :3] if image.shape[2] == 4 else image
    scale = np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1
    image = image.astype(np.float32) / np.float32(scale)
    if not np.isfinite(image).all():
        raise InputError(f"{path} holds NaN or infinity.")
    return image
