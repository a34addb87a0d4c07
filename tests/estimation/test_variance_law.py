"""The law of counting noise from one picture: known gains come back, white noise is not taken for it."""

import numpy as np
import pytest
from skimage import data

from r2r_tf.estimation import variance_law

X = data.camera().astype(np.float64) / 255


def counting(rng, peak, gain=1.0, read_noise=0.0, offset=0.0, x=X):
    return gain * (rng.poisson(peak * x) + read_noise * rng.standard_normal(x.shape)) + offset


@pytest.mark.parametrize("gain", [1.0, 2.5, 0.01])
@pytest.mark.parametrize(("peak", "read_noise", "offset"), [(3, 0, 0), (10, 0, 50), (30, 2, 10), (100, 0, 0), (100, 5, 300)])
def test_known_laws_come_back(rng, peak, gain, read_noise, offset):
    law = variance_law.of_channels([counting(rng, peak, gain, read_noise, gain * offset)])
    assert law.rises and law.shows_noise
    brightness = gain * (offset + peak * np.array([0.1, 0.3, 0.5, 0.8]))
    true = gain**2 * (brightness / gain - offset + read_noise**2)
    np.testing.assert_allclose(law.variance(brightness), true, rtol=0.15)


@pytest.mark.slow
def test_the_standard_error_of_the_gain_is_one(rng):
    scores = []
    for _ in range(30):
        law = variance_law.of_channels([counting(rng, 30)])
        scores.append((law.gain - 1) / law.gain_error)
    assert 0.5 < np.sqrt(np.mean(np.square(scores))) < 1.8


@pytest.mark.parametrize("sigma", [0.01, 0.04, 0.1, 0.2])
@pytest.mark.parametrize("name", ["camera", "moon", "coins", "brick", "grass"])
def test_white_noise_has_one_level(rng, name, sigma):
    picture = getattr(data, name)() / 255.0
    law = variance_law.of_channels([picture + sigma * rng.standard_normal(picture.shape)])
    assert not (law.rises and law.shows_noise)


def test_margins_holes_and_clipping_do_not_count(rng):
    y = counting(rng, 30, offset=20)
    whole = variance_law.of_channels([y])
    framed = np.pad(y, 40, constant_values=0.0)
    holed = np.where(rng.random(y.shape) < 0.002, np.nan, y)
    clipped = np.minimum(y, np.quantile(y, 0.95))
    for changed in (framed, holed, clipped):
        law = variance_law.of_channels([changed])
        assert law.rises
        np.testing.assert_allclose(law.variance([25.0, 40.0]), whole.variance([25.0, 40.0]), rtol=0.12)


@pytest.mark.parametrize("value", [0, 60, 128, 255])
@pytest.mark.parametrize("name", ["camera", "coins", "text"])
def test_the_rim_of_a_margin_makes_no_law(rng, name, value):
    """White noise amid a constant margin whose rim does not lie where cells begin."""
    picture = np.full((192, 192), float(value))
    x = getattr(data, name)()[:132, :132].astype(np.float64)
    picture[30:-30, 30:-30] = np.clip(np.round(x + 20 * rng.standard_normal(x.shape)), 0, 255)
    law = variance_law.of_channels([picture])
    assert law is None or not (law.rises and law.shows_noise)


def test_pages_share_their_law_only_if_they_have_one(rng):
    pages = [counting(rng, 30, x=X * part) for part in (1.0, 0.7, 0.4)]
    law = variance_law.of_channels(pages)
    assert law.rises and law.gain == pytest.approx(1, rel=0.1)
    assert law.gain_error < variance_law.of_channels(pages[-1:]).gain_error
    other = counting(rng, 30, gain=3.0)
    assert variance_law.of_channels([*pages, other]) is None


def test_what_does_not_tell(rng):
    assert variance_law.of_channels([np.ones((100, 100))]) is None
    assert variance_law.of_channels([rng.random((40, 200))]) is None
