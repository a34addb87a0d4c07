"""Classical denoisers: each beats its input; BM3D is called with what its package wants, and is missed politely."""

import sys
import types

import numpy as np
import pytest

from r2r_tf.errors import InputError
from r2r_tf.estimation import laws
from r2r_tf.evaluation import baselines, metrics
from r2r_tf.inference import found_law

SIGMA = 0.1


@pytest.mark.parametrize("channels", (1, 3))
@pytest.mark.parametrize("name", baselines.BASELINES)
def test_each_beats_the_noisy_input(rng, name, channels):
    x = np.linspace(0.2, 0.8, 64 * 64).reshape(64, 64, 1).astype(np.float32) * np.ones(channels, np.float32)
    y = (x + SIGMA * rng.standard_normal(x.shape)).astype(np.float32)
    x_hat = baselines.BASELINES[name](y, SIGMA)
    assert x_hat.shape == y.shape and metrics.psnr(x, x_hat) > metrics.psnr(x, y) + 4


def test_a_law_is_worth_it(rng):
    """Counting noise behind its law, told or found, is left less than behind one level."""
    x = np.linspace(0.02, 1, 128 * 128).reshape(128, 128, 1).astype(np.float32)
    y = np.float32(rng.poisson(20 * x) / 20)
    method = baselines.BASELINES["non-local means"]
    one_level = metrics.psnr(x, method(y, float(np.sqrt(np.mean(x) / 20))))
    told, found = (metrics.psnr(x, baselines.by_law(method, y, law)) for law in (laws.Law(1 / 20, 0.0), found_law.of_pages([y])))
    assert min(told, found) > one_level + 2 and abs(found - told) < 1
    np.testing.assert_array_equal(baselines.by_law(method, np.full((80, 80, 1), 0.5, np.float32), None), 0.5)


@pytest.mark.parametrize("channels, name", [(1, "bm3d"), (3, "bm3d_rgb")])
def test_bm3d_gets_image_and_sigma(monkeypatch, rng, channels, name):
    """Its package hands gray images back without their channel."""
    module = types.ModuleType("bm3d")
    setattr(module, name, lambda z, sigma_psd: np.squeeze(z) - sigma_psd)
    monkeypatch.setitem(sys.modules, "bm3d", module)
    y = rng.random((8, 9, channels)).astype(np.float32)
    x_hat = baselines.chosen(with_bm3d=True)["BM3D"](y, SIGMA)
    assert x_hat.shape == y.shape and x_hat.dtype == np.float32
    np.testing.assert_allclose(x_hat, y - SIGMA, atol=1e-6)


def test_missing_bm3d_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "bm3d", None)
    assert "BM3D" not in baselines.chosen(with_bm3d=False)
    with pytest.raises(InputError, match="pip install"):
        baselines.chosen(with_bm3d=True)["BM3D"](np.zeros((8, 8, 1), np.float32), SIGMA)


@pytest.mark.parametrize("sigma", (0.0, 5.0, 60.0))
def test_best_level_is_the_highest_of_all(rng, sigma):
    """Also at either end of the levels."""
    x = np.kron(rng.uniform(0.2, 0.8, (8, 8)), np.ones((8, 8)))[..., None].astype(np.float32)
    pairs = [(x, (x + sigma / 255 * rng.standard_normal(x.shape)).astype(np.float32)) for _ in range(2)]
    method = baselines.BASELINES["total variation"]
    scores = {level: np.mean([metrics.psnr(x, method(y, level)) for x, y in pairs]) for level in baselines.LEVELS}
    assert baselines.best_level(method, pairs) == max(scores, key=scores.get)
    assert (max(scores, key=scores.get) == baselines.LEVELS[0]) == (sigma == 0.0)
