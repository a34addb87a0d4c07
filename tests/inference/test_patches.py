"""Tiles cover every pixel, evenly, and stitching them gives the image back."""

import numpy as np
import pytest

from r2r_tf.image_files import content
from r2r_tf.inference import patches


@pytest.mark.parametrize(
    "length, size, stride", [(40, 40, 20), (41, 40, 20), (321, 40, 20), (481, 40, 40), (100, 7, 3), (9, 1, 1)]
)
def test_starts_cover_the_axis_evenly(length, size, stride):
    starts = patches.tile_starts(length, size, stride)
    gaps = np.diff(starts)
    assert starts[0] == 0 and starts[-1] == length - size
    assert (gaps >= 1).all() and (gaps <= stride).all() and np.ptp(gaps) <= 1 if gaps.size else True


def test_stitching_undoes_extraction(rng):
    image = rng.random((53, 41, 3)).astype(np.float32)
    rows, columns = (patches.tile_starts(side, 16, 9) for side in image.shape[:2])
    corners = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)
    np.testing.assert_allclose(patches.stitch(patches.extract(image, corners, 16), corners, image.shape), image, rtol=1e-6)


def test_stitching_averages_overlaps():
    tiles = np.stack([np.zeros((2, 2, 1)), np.ones((2, 2, 1))])
    stitched = patches.stitch(tiles, np.array([[0, 0], [0, 1]]), (2, 3, 1))
    np.testing.assert_array_equal(stitched[0, :, 0], [0, 0.5, 1])


@pytest.mark.parametrize("arguments", [(39, 40, 20), (80, 40, 0), (80, 40, 41)])
def test_bad_tiling(arguments):
    with pytest.raises(ValueError, match="Received"):
        patches.tile_starts(*arguments)


def test_the_middle_and_the_whole_of_short_axes():
    image = np.arange(10 * 7 * 2).reshape(10, 7, 2)
    np.testing.assert_array_equal(image[content.middle(image.shape, 5)], image[2:7, 1:6])
    np.testing.assert_array_equal(image[content.middle(image.shape, 8)], image[1:9])
