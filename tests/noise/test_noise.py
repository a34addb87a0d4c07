"""Noise models: variance, units, and the form that is stored with a model."""

import numpy as np
import pytest
from conftest import standard_errors

from r2r_tf import estimation, noise


def test_sampled_variance_is_the_models(rng):
    model = noise.gaussian_from_grey_levels("25")
    assert model.sigma == 25 / 255
    samples = model.from_normal(rng.standard_normal(200_000))
    assert standard_errors(samples**2, model.mean_variance()) < 5
    assert standard_errors(samples**2, 1.1 * model.mean_variance()) > 5


def test_one_level_per_image():
    levels = np.array([0.1, 0.2]).reshape(2, 1, 1, 1)
    n = noise.Gaussian(levels).from_normal(np.ones((2, 3, 3, 1)))
    assert n[0].max() == 0.1 and n[1].min() == 0.2


def test_stored_form_comes_back():
    assert noise.from_json(noise.Gaussian(0.1).to_json()) == noise.Gaussian(0.1)
    with pytest.raises(noise.InputError, match="'snow'"):
        noise.from_json({"name": "snow"})


def test_range_of_levels():
    model = noise.from_grey_levels("5-55")
    assert model == noise.GaussianRange(5 / 255, 55 / 255) and noise.from_json(model.to_json()) == model
    assert model.draw(0.0) == noise.Gaussian(5 / 255) and model.draw(0.5).sigma == pytest.approx(30 / 255)
    assert noise.from_grey_levels("25") == noise.gaussian_from_grey_levels("25") == noise.from_grey_levels("25").draw(0.7)
    assert noise.from_grey_levels("1e-1").sigma == pytest.approx(0.1 / 255)
    for sigma in ("55-5", "5-5", "5-", "-5", "5-x", "0-50", "5-256", "5-10-20"):
        with pytest.raises(noise.InputError, match="Received: sigma="):
            noise.from_grey_levels(sigma)


@pytest.mark.parametrize("sigma", ("-1", "0", "256", "nan", "inf", "loud", None, "auto", "5-55"))
def test_bad_level(sigma):
    with pytest.raises(noise.InputError, match="Received: sigma="):
        noise.gaussian_from_grey_levels(sigma)


@pytest.mark.parametrize("sigma", (0.02, 0.1, 0.2))
def test_wavelet_estimate_of_white_noise(rng, sigma):
    x = np.full((256, 256, 3), 0.5) + np.linspace(0, 0.3, 256)[:, None, None]
    assert estimation.wavelet(x + sigma * rng.standard_normal(x.shape)) == pytest.approx(sigma, rel=0.02)
