"""PSNR and SSIM against tf.image and against the definition, on a batch of unequal quality."""

import numpy as np
import pytest
import skimage.data
import tensorflow as tf

from r2r_tf.evaluation import metrics


@pytest.fixture(scope="module")
def batch():
    x = np.stack([skimage.data.camera()[i : i + 128, i : i + 128, None] / 255.0 for i in (0, 100, 200)])
    levels = np.array([0.01, 0.1, 0.3]).reshape(3, 1, 1, 1)
    return x, x + levels * np.random.default_rng(0).standard_normal(x.shape)


def test_psnr_per_image(batch):
    x, x_hat = batch
    clipped = np.clip(x_hat, 0, 1)
    ours = [metrics.psnr(a, b) for a, b in zip(x, x_hat)]
    np.testing.assert_allclose(ours, -10 * np.log10(((x - clipped) ** 2).mean(axis=(1, 2, 3))), rtol=1e-9)
    np.testing.assert_allclose(ours, tf.image.psnr(x, clipped, 1.0), rtol=1e-5)
    # one figure of the pooled error is far from the mean of the figures
    assert abs(np.mean(ours) + 10 * np.log10(np.mean((x - clipped) ** 2))) > 3


def test_unclipped_psnr_is_that_of_the_noise(batch):
    x, x_hat = batch
    assert metrics.psnr(x[2], x_hat[2], clip=False) == pytest.approx(-20 * np.log10(0.3), abs=0.1)
    assert metrics.psnr(x[2], x_hat[2]) > metrics.psnr(x[2], x_hat[2], clip=False) + 0.5


def test_ssim_is_wangs(batch):
    x, x_hat = batch
    ours = [metrics.ssim(a, b) for a, b in zip(x, x_hat)]
    np.testing.assert_allclose(ours, tf.image.ssim(x, np.clip(x_hat, 0, 1), 1.0), atol=5e-5)  # tf.image works in float32


def test_ssim_of_colour_is_the_mean_over_channels(batch):
    x, x_hat = (np.moveaxis(part[..., 0], 0, -1) for part in batch)
    by_channel = [metrics.ssim(x[..., c], x_hat[..., c]) for c in range(3)]
    assert metrics.ssim(x, x_hat) == pytest.approx(np.mean(by_channel), abs=1e-12)


def test_legacy_ssim_is_inflated(batch):
    x, x_hat = batch
    for a, b in zip(x[1:], x_hat[1:]):
        assert metrics.legacy_ssim(a, b) > metrics.ssim(a, b) + 0.02


def test_perfect_estimate(batch):
    x, _ = batch
    assert metrics.psnr(x[0], x[0]) == float("inf") and metrics.ssim(x[0], x[0]) == 1.0


def test_a_fit_undoes_a_rescaling(rng):
    """Whatever gain and offset a file was written with; the fit of the noisy one is the projection, no better."""
    x = rng.random((40, 50, 1))
    np.testing.assert_allclose(metrics.fitted(x, 3 * x - 7), x, atol=1e-12)
    y = x + 0.1 * rng.standard_normal(x.shape)
    residual = metrics.fitted(x, 5 * y + 2) - x
    assert abs(residual.mean()) < 1e-12 and abs(np.mean(residual * y)) < 1e-12
