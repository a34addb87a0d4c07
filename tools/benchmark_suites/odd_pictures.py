"""Pictures that are unlike photographs, with the truth: stars, turned and filled pictures, lamps, raw frames, dither, print."""

import numpy as np
from skimage import data


def sky(rng, side=320):
    """(clean, noisy, far): a flat sky of 1000 counts, noise of 3, three bright stars; where none is within 8 pixels."""
    rows, columns = np.mgrid[:side, :side]
    x, far = np.full((side, side), 1000.0), np.ones((side, side), bool)
    for row, column, peak in ((80, 90, 50000), (200, 250, 20000), (260, 60, 3000)):
        distance = np.hypot(rows - row, columns - column)
        x, far = x + peak * np.exp(-np.square(distance) / 4), far & (distance > 8)
    return x, x + 3 * rng.standard_normal(x.shape), far


def turned(rng, x, value, sigma=15.0):
    """(clean, noisy, empty): a picture as one that was turned or deskewed, with two triangles of one value."""
    rows, columns = np.mgrid[: x.shape[0], : x.shape[1]]
    left, right = 0.35 * x.shape[1], 0.66 * x.shape[1]
    empty = (columns + rows / 2 < left) | (columns - rows / 2 > right)
    return np.where(empty, value, x), np.where(empty, value, x + sigma * rng.standard_normal(x.shape)), empty


def with_lamp(rng, x, sigma=20.0):
    """(noisy, far) of a picture with a lamp that is hundreds of times as bright, on 1 % of it; where that is 50 pixels away."""
    rows, columns = np.mgrid[: x.shape[0], : x.shape[1]]
    distance = np.hypot(rows - 0.25 * x.shape[0], columns - 0.75 * x.shape[1])
    lamp = distance < np.sqrt(0.01 * x.size / np.pi)
    return np.where(lamp, 60000.0, x) + sigma * rng.standard_normal(x.shape), distance > 50


def raw_frame(rng, picture, first=0):
    """(clean, noisy) frame of a Bayer filter of a photograph [H, W, 3], uint8: photons and read noise, on a pedestal.

    `first` is the column that the filter begins with.
    """
    rgb = (picture / 255.0) ** 2.2 * [0.5, 1.0, 0.65]
    colour = np.roll(np.tile([[0, 1], [1, 2]], (rgb.shape[0] // 2, rgb.shape[1] // 2)), first, axis=1)
    x = 256 + 2000 * np.take_along_axis(rgb, colour[..., None], axis=-1)[..., 0]
    return x, x + np.sqrt(9 + 2 * (x - 256)) * rng.standard_normal(x.shape)


def ordered_dither(x):
    """A picture [H, W] on the [0, 1] scale in black and white, by Bayer's matrix; sides are multiples of 4."""
    matrix = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16 + 1 / 32
    return np.uint8(x > np.tile(matrix, [side // 4 for side in x.shape])) * np.uint8(255)


def diffused_dither(x):
    """The same by error diffusion. Source: Floyd and Steinberg, 1976."""
    x, result = np.pad(x, 1), np.zeros(x.shape, np.uint8)
    for row, column in np.ndindex(result.shape):
        value = x[row + 1, column + 1]
        result[row, column] = 255 * (value > 0.5)
        error = value - (value > 0.5)
        x[row + 1, column + 2] += error * 7 / 16
        x[row + 2, column : column + 3] += error * np.array([3, 5, 1]) / 16
    return result


def small_print():
    """A scanned page without noise: letters of 30 on paper of 240."""
    return np.where(data.page()[:190, :380] > 120, 240.0, 30.0)
