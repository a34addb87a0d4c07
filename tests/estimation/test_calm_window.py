"""The calmest window of a picture."""

import numpy as np

from r2r_tf.estimation.calm_window import calm_window

RNG = np.random.default_rng(5)


def test_it_is_where_texture_is_not():
    y = RNG.normal(0.5, 0.2, (300, 400, 1))
    y[150:, 250:] = RNG.normal(0.5, 0.02, (150, 150, 1))
    rows, columns = calm_window(y, 128)
    assert rows.start >= 150 and columns.start >= 250
    assert rows.stop - rows.start == columns.stop - columns.start == 128


def test_noise_that_is_cut_off_is_not_calm():
    y = RNG.normal(0.5, 0.05, (128, 256, 1))
    y[:, 128:] = np.clip(RNG.normal(-0.01, 0.01, (128, 128, 1)), 0, 1)
    assert calm_window(y, 128) == (slice(0, 128), slice(0, 128))
    assert calm_window(y + 1e-6 * RNG.random(y.shape), 128) == (slice(0, 128), slice(128, 256))


def test_a_small_picture_is_taken_whole():
    assert calm_window(RNG.normal(size=(40, 60, 3)), 192) == (slice(0, 40), slice(0, 60))


def test_of_windows_alike_the_middle_one():
    assert calm_window(np.zeros((384, 384, 1)), 192) == (slice(96, 288), slice(96, 288))
