"""Speckle from one picture: known looks come back, and counting noise is not thought to be speckle."""

import numpy as np
import pytest
from conftest import mean_of_frames
from skimage import data

from r2r_tf.estimation import laws, noise_cells, speckle, variance_law

X = data.camera().astype(np.float64) / 255


def grains(rng, looks, x=X):
    return x * rng.gamma(looks, size=x.shape) / looks


@pytest.mark.parametrize("looks", [2, 10, 50])
@pytest.mark.parametrize("unit", [1.0, 1000.0])
def test_known_looks_come_back(rng, looks, unit):
    found = laws.of_pages([unit * grains(rng, looks)[..., None]])
    assert [law.counting for law in found] == [True, False]
    assert found[1].looks == pytest.approx(looks, rel=0.08) and found[1].zero == 0
    brightness = unit * np.array([0.1, 0.5, 0.9])
    np.testing.assert_allclose(found[1].variance(brightness), np.square(brightness) / found[1].looks)
    # counting noise is the wrong law of it: far too little in the dark or the light
    ratio = found[0].variance(brightness) / np.square(brightness) * looks
    assert ratio.max() > 1.5 * ratio.min()


@pytest.mark.parametrize("peak", [3, 30, 300])
@pytest.mark.parametrize("name", ["camera", "moon", "coins"])
def test_counts_are_no_speckle(rng, peak, name):
    y = rng.poisson(peak * (getattr(data, name)() / 255.0))[..., None].astype(np.float64)
    assert not any(isinstance(law, speckle.Speckle) for law in laws.of_pages([y]))
    assert isinstance(laws.of_pages([y], laws.GAMMA)[0], speckle.Speckle)  # unless told so


@pytest.mark.parametrize("looks", [1, 4, 50])
@pytest.mark.parametrize("name", ["camera", "moon", "text"])
def test_too_strong_a_law_is_refuted_by_the_brightest_cells(rng, name, looks):
    """They have all its power, even where noise makes them the brightest: its shape does not depend on its sum."""
    y = grains(rng, looks, getattr(data, name)() + 1.0)
    cells = noise_cells.cells_of(y)
    assert not cells.refute(speckle.Speckle(looks)) and cells.refute(speckle.Speckle(looks / 6))


def test_stars_in_the_dark_are_no_speckle(rng):
    """The noise of the sky seems to grow with what faint stars add to it; the bright ones have far less than such a line says."""
    _, y = mean_of_frames(rng)
    seen = variance_law.of_channels([y])
    assert isinstance(speckle.of_law(seen, y.mean()), speckle.Speckle)  # as its points have it
    assert all(isinstance(law, laws.Law) for law in laws.of_pages([y[..., None]]))


def test_a_law_moves_with_units_and_zero(rng):
    """Of values (y + 0.5) / 2: the same noise, in half the units."""
    y = grains(rng, 8)
    law = speckle.Speckle(8.0).settled([X])
    here, moved = law.scaled(-0.5, 2.0), (y + 0.5) / 2
    np.testing.assert_allclose(here.variance(moved), law.variance(y) / 4)
    shift = here.stabilised(moved) - law.stabilised(y)
    np.testing.assert_allclose(shift, shift.mean())
    np.testing.assert_allclose(here.unstabilised(here.stabilised(moved)), (law.unstabilised(law.stabilised(y)) + 0.5) / 2)
    assert str(law) == "speckle of 8 looks, standard deviation 0.354 m"


def test_points_of_white_noise_are_none_of_speckle(rng):
    assert speckle.of_law(variance_law.of_channels([X + 0.1 * rng.standard_normal(X.shape)]), float(X.mean())) is None
