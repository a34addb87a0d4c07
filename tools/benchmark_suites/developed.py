"""Pictures as they come out of cameras: developed from the values of a Bayer filter, saved as JPEG."""

import io

import numpy as np
import scipy.ndimage
from PIL import Image

_BALANCE = np.array([2.0, 1.0, 1.7])  # of white
_COLOURS = np.array([[1.7, -0.55, -0.15], [-0.25, 1.6, -0.35], [0.0, -0.55, 1.55]])  # from the sensor's to sRGB
_GAMMA = 2.2
_BRIGHTNESS = np.array([0.299, 0.587, 0.114])
# [5, 5] / 8: green at red and blue; red at green in a row of red; the same in a column; red at blue
_GREEN = [[0, 0, -1, 0, 0], [0, 0, 2, 0, 0], [-1, 2, 4, 2, -1], [0, 0, 2, 0, 0], [0, 0, -1, 0, 0]]
_ROW = [[0, 0, 0.5, 0, 0], [0, -1, 0, -1, 0], [-1, 4, 5, 4, -1], [0, -1, 0, -1, 0], [0, 0, 0.5, 0, 0]]
_DIAGONAL = [[0, 0, -1.5, 0, 0], [0, 2, 0, 2, 0], [-1.5, 0, 6, 0, -1.5], [0, 2, 0, 2, 0], [0, 0, -1.5, 0, 0]]


def as_gray(picture):
    """Brightness [H, W, 1] of a picture [H, W, 3], [0, 1] scale, as JPEG has it, of 8 bits."""
    return np.round(255 * np.clip(picture, 0, 1) @ _BRIGHTNESS)[..., None] / 255


def as_jpeg(picture, quality, subsampling):
    """A picture [H, W, 3] or [H, W], uint8, as it comes back from a JPEG file; subsampling 0 is 4:4:4, 2 is 4:2:0."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling=subsampling)
    return np.asarray(Image.open(file))


def as_phone(x, gain, rng, read=1e-5):
    """(noisy, clean) picture of a scene as a phone develops it without noise reduction.

    Args:
      x: [H, W, 3] scene, sRGB on the [0, 1] scale; sides even.
      gain, read: variance gain m + read of the sensor's values m, on the [0, 1] scale.
      rng: `numpy.random.Generator`.
    Returns:
      Two [H, W, 3] uint8.
    """
    raw = np.clip(x**_GAMMA @ np.linalg.inv(_COLOURS).T, 0, 1) / _BALANCE
    noisy = np.clip(raw + rng.standard_normal(raw.shape) * np.sqrt(gain * raw + read), 0, 1)
    return _developed(noisy), _developed(raw)


def dark_scene(x):
    """A scene from a photograph [H, W, 3] as a phone sees it in the dark: soft, as full-size pictures are; twice the size."""
    return 0.7 * np.clip(scipy.ndimage.zoom(x, (2, 2, 1), order=3), 0, 1) ** 1.6


def _developed(raw):
    rgb = np.clip(_filled_in(raw) * _BALANCE, 0, 1) @ _COLOURS.T
    return np.round(255 * np.clip(rgb, 0, 1) ** (1 / _GAMMA)).astype(np.uint8)


def _filled_in(raw):
    """[H, W, 3] from one colour a pixel: rows R G R G and G B G B by turns.

    Source: Malvar, He and Cutler, High-quality linear interpolation for demosaicing, ICASSP 2004.
    """
    colour = np.tile([[0, 1], [1, 2]], (raw.shape[0] // 2, raw.shape[1] // 2))
    seen = np.take_along_axis(raw, colour[..., None], axis=-1)[..., 0]
    green, row, diagonal = (scipy.ndimage.correlate(seen, np.array(own) / 8, mode="mirror") for own in (_GREEN, _ROW, _DIAGONAL))
    column = scipy.ndimage.correlate(seen, np.array(_ROW).T / 8, mode="mirror")
    in_row_of_red = np.arange(len(raw))[:, None] % 2 == 0
    red = np.where(colour == 1, np.where(in_row_of_red, row, column), diagonal)
    blue = np.where(colour == 1, np.where(in_row_of_red, column, row), diagonal)
    return np.stack([np.where(colour == c, seen, own) for c, own in enumerate((red, green, blue))], axis=-1)
