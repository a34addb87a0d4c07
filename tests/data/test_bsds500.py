"""The Berkeley photographs at full size: gray as MATLAB makes it, so that those to test on are BSD68 to the last bit."""

import numpy as np
import pytest

from r2r_tf.data import datasets
from tfds_builders.bsds500 import bsds500_dataset_builder as bsds500


def test_gray_of_matlab():
    """Rounded to the nearest grey level; white, gray and the sum of the primaries stay what they are."""
    levels = np.arange(256, dtype=np.uint8)
    gray = np.repeat(levels[:, None, None], 3, axis=2)
    np.testing.assert_array_equal(bsds500.to_gray(gray)[..., 0, 0], levels)
    primaries = bsds500.to_gray(255 * np.eye(3, dtype=np.uint8)[:, None])[:, 0, 0]
    np.testing.assert_array_equal(primaries, [76, 150, 29])  # 0.2989, 0.5870, 0.1140


@pytest.mark.release
def test_full_size_photographs(manual_dir, real_data_dir):
    """400 to train on; the 68 to test on are BSD68 to the last bit, and none of them is trained on."""
    pictures = {
        split: datasets.load_pictures(datasets.prepare("bsds500/gray", real_data_dir, manual_dir), split)
        for split in ("train", "test")
    }
    assert len(pictures["train"]) == 400 and not {p.name for p in pictures["train"]} & {p.name for p in pictures["test"]}
    same = datasets.load_pictures(datasets.prepare("bsd68", real_data_dir, manual_dir), "test")
    for own, other in zip(pictures["test"], same, strict=True):
        np.testing.assert_array_equal(own.clean, other.clean)
    colour = datasets.load_pictures(datasets.prepare("bsds500/rgb", real_data_dir, manual_dir), "test[:3]")
    for own, other in zip(colour, same, strict=False):
        gray = bsds500.to_gray(np.round(255 * own.clean).astype(np.uint8))
        np.testing.assert_array_equal(gray, np.round(255 * other.clean))
