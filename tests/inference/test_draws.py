"""Noise by position: a window is a part of the whole, standard normal, white, and other keys give other fields."""

import numpy as np
from conftest import standard_errors

from r2r_tf.inference import draws

WHOLE = draws.window((1, 2), (0, 300), (0, 200), 2)


def test_a_window_is_a_part_of_the_whole():
    for rows, columns in (
        ((0, 1), (0, 1)),
        ((63, 65), (60, 130)),
        ((64, 128), (64, 128)),
        ((130, 300), (7, 200)),
        ((5, 5), (0, 9)),
    ):
        part = WHOLE[slice(*rows), slice(*columns)]
        np.testing.assert_array_equal(draws.window((1, 2), rows, columns, 2), part)


def test_draws_are_standard_normal_and_white():
    assert standard_errors(WHOLE, 0.0) < 5 and standard_errors(WHOLE**2, 1.0) < 5 and standard_errors(WHOLE**4, 3.0) < 5
    for other in (WHOLE[1:, 1:], WHOLE[draws.BLOCK :, 1:], WHOLE[1:, draws.BLOCK :]):
        assert standard_errors(WHOLE[: len(other), : other.shape[1]] * other, 0.0) < 5
    assert standard_errors(WHOLE[..., 0] * WHOLE[..., 1], 0.0) < 5


def test_keys_tell_fields_apart():
    for key in ((1, 3), (0, 2), (1, 2, 0)):
        assert standard_errors(WHOLE * draws.window(key, (0, 300), (0, 200), 2), 0.0) < 5
