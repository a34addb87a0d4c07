"""Recorruption of patches inside tf.data with correlated noise whose level differs from pixel to pixel."""

import numpy as np
import pytest
from conftest import standard_errors

from r2r_tf.backend import tf
from r2r_tf.data import frozen_images, pipeline, sampling
from r2r_tf.noise import camera

ALPHA, SIZE, STEPS = 0.5, 12, 300


@pytest.fixture(scope="module")
def kernels():
    taps = np.random.default_rng(0).uniform(0, 1, (2, 5, 5, 3, 3)).astype(np.float32)
    return taps / np.sqrt(np.square(taps).sum(axis=(1, 2, 3), keepdims=True))


@pytest.fixture(scope="module")
def images(kernels):
    """Two pictures of one pixel more than a patch, whose noise has a kernel and a map of levels of its own."""
    rng = np.random.default_rng(1)
    clean = [rng.uniform(0.3, 0.7, (SIZE + 1, SIZE + 1, 3)).astype(np.float32) for _ in range(2)]
    noises = [camera.Correlated(rng.uniform(0.05, 0.2, (SIZE + 1, SIZE + 1, 3)).astype(np.float32), kernel) for kernel in kernels]
    return [frozen_images.FrozenImage(x, own, x, simulated=False) for x, own in zip(clean, noises, strict=True)]


def test_filter_in_a_graph_is_the_filter(rng, kernels):
    z = rng.standard_normal((2, SIZE + 4, SIZE + 4, 3)).astype(np.float32)
    responses = tf.constant(np.stack([sampling.response(kernel, SIZE + 4) for kernel in kernels]))
    found = sampling.filtered(tf.constant(z), responses, 4)
    for index, kernel in enumerate(kernels):
        np.testing.assert_allclose(found[index], camera.filtered(z[index], kernel), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("antithetic", (True, False))
def test_pairs_recombine_and_carry_the_noise_of_their_image(images, antithetic):
    """Each pair gives back y, and alpha z has the level of the pixels that it is for, with the eight flips undone by the map."""
    dataset = pipeline.batches(
        images,
        alpha=ALPHA,
        objective="r2r",
        antithetic=antithetic,
        batch_size=8,
        patch_size=SIZE,
        seed=3,
        role="train",
        first_step=0,
        num_steps=STEPS,
        with_clean=True,
        with_level=True,
    )
    inputs, targets = (np.concatenate(part) for part in zip(*dataset.as_numpy_iterator(), strict=True))
    y_hat, level, y_tilde, y = inputs[..., :3], inputs[..., 3:], targets[..., :3], targets[..., 3:]
    np.testing.assert_allclose(y_hat + ALPHA**2 * y_tilde, (1 + ALPHA**2) * y, atol=1e-5)
    assert level.shape == (*y.shape[:3], 1)
    # here y has no noise of its own: what was added is alpha z, and the level says what noise y_hat would have with it
    added = (y_hat - y) / ALPHA
    told = level[..., 0] / np.sqrt(1 + ALPHA**2)
    ratio = np.square(added).mean(axis=-1) / np.square(told)
    assert standard_errors(ratio.mean(axis=(1, 2)), 1.0) < 5
    # control: the levels of another patch do not fit pixel by pixel
    assert np.corrcoef(np.square(told).ravel(), np.square(added).mean(axis=-1).ravel())[0, 1] > 0.2
    shuffled = np.roll(told, 1, axis=0)
    assert abs(np.corrcoef(np.square(shuffled).ravel(), np.square(added).mean(axis=-1).ravel())[0, 1]) < 0.15
    # and neighbours are correlated
    assert np.mean(added[:, 1:] * added[:, :-1]) > 0.3 * np.mean(np.square(added))


def test_draws_are_in_the_frame_of_the_sensor(kernels):
    """An anisotropic noise stays that of its picture: noise and picture are turned together."""
    rows = np.zeros((3, 3, 1, 1), np.float32)
    rows[1, :, 0, 0] = 3**-0.5  # correlated along rows alone
    flat = np.zeros((SIZE, SIZE, 1), np.float32)
    slope = np.tile(np.linspace(0, 1, SIZE, dtype=np.float32), (SIZE, 1))[..., None]  # rises along rows
    own = camera.Correlated(np.full((SIZE, SIZE, 1), 0.1, np.float32), rows)
    options = {"alpha": 1.0, "objective": "r2r", "antithetic": False, "batch_size": 16, "patch_size": SIZE, "seed": 0}
    dataset = pipeline.batches(
        [frozen_images.FrozenImage(flat, own, slope, simulated=False)],
        **options,
        role="train",
        first_step=0,
        num_steps=40,
        with_clean=True,
    )
    inputs, targets = (np.concatenate(part) for part in zip(*dataset.as_numpy_iterator(), strict=True))
    along_columns = np.abs(targets[:, 1, 0, 1] - targets[:, 0, 0, 1]) > 0.01  # the slope was turned
    assert 0.3 < along_columns.mean() < 0.7
    for turned in (False, True):
        noise = inputs[along_columns == turned][..., 0]
        by_row, by_column = (np.mean(noise * np.roll(noise, 1, axis)) / np.mean(noise**2) for axis in (1, 2))
        strong, weak = (by_row, by_column) if turned else (by_column, by_row)
        assert strong > 0.4 and abs(weak) < 0.1
