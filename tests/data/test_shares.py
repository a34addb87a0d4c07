"""Shares of a batch: side by side they are the batch that one host makes, bit for bit, whatever the noise."""

import numpy as np
import pytest

from r2r_tf import noise
from r2r_tf.backend import tf
from r2r_tf.data import frozen_images, pipeline, shares, stateless_draws
from r2r_tf.errors import InputError
from r2r_tf.noise import camera

BATCH, SIZE = 12, 9  # of an odd number of pixels: draws come in groups of four
TEXTS = {
    "gaussian": ("gaussian,sigma=25", {"with_clean": True}),
    "told its level": ("gaussian,sigma=5-55", {"with_level": True, "levels": (5 / 255, 80 / 255)}),
    "poisson": ("poisson,peak=30", {"with_level": True}),
    "poisson and gaussian": ("poisson_gaussian,peak=30,read_noise=2", {}),
    "gamma": ("gamma,looks=10", {}),
    "binomial": ("binomial,trials=20", {}),
    "blurred": ("blurred,sigma=25,blur=0.8", {"with_level": True}),
}


def simulated(text):
    from r2r_tf.data.datasets import Picture

    rng = np.random.default_rng(0)
    pictures = [Picture(str(i), rng.uniform(0.2, 0.8, (20, 24 + i, 1)).astype(np.float32), None, "s/train", i) for i in range(5)]
    return frozen_images.noisy_images(pictures, noise.from_text(text), 0)


def of_cameras():
    rng = np.random.default_rng(1)
    clean = [rng.uniform(0.3, 0.7, (SIZE + 4, SIZE + 5, 3)).astype(np.float32) for _ in range(3)]
    kernel = rng.uniform(0, 1, (5, 5, 3, 3)).astype(np.float32)
    noises = [camera.Correlated(rng.uniform(0.05, 0.2, x.shape).astype(np.float32), kernel) for x in clean]
    return [frozen_images.FrozenImage(x, own, x, simulated=False) for x, own in zip(clean, noises, strict=True)]


def collect(images, share=shares.WHOLE, **options):
    common = {"alpha": 0.5, "objective": "r2r", "antithetic": False, "batch_size": BATCH, "patch_size": SIZE, "seed": 3}
    made = pipeline.batches(images, **{**common, **options}, role="train", first_step=2, num_steps=2, share=share)
    return [[part.numpy() for part in batch] for batch in made]


@pytest.mark.slow
@pytest.mark.parametrize("name", [*TEXTS, "camera"])
@pytest.mark.parametrize("antithetic", [False, True])
def test_shares_side_by_side_are_the_batch(name, antithetic):
    """Of three devices, two on one host and one on another; a share of pairs z, -z has its own pairs."""
    text, options = TEXTS.get(name, ("", {}))
    images = simulated(text) if text else of_cameras()
    whole = collect(images, antithetic=antithetic, **options)
    first, second = (
        collect(images, own, antithetic=antithetic, **options) for own in (shares.Shares(0, 2, 3), shares.Shares(2, 1, 3))
    )
    assert len(first) == 4 and len(second) == 2
    for step, batch in enumerate(whole):
        own = [*first[2 * step : 2 * step + 2], second[step]]
        for number, part in enumerate(batch):
            twins = [np.split(share[number], 2) if antithetic else [share[number]] for share in own]
            joined = np.concatenate([np.concatenate(twin) for twin in zip(*twins, strict=True)])
            # a weight is a power, whose last bit depends on its place among the processor's lanes
            np.testing.assert_array_max_ulp(joined, part, maxulp=2 * (number == 2))


def test_draws_are_those_of_tensorflow_whatever_is_left_out():
    """The batch of one host has not changed since draws can be skipped."""
    seed = stateless_draws.key(3, "z")
    number = tf.random.experimental.stateless_fold_in(seed, 5, "philox")
    normal = tf.random.stateless_normal([1001], number, alg="philox").numpy()
    for skip in (0, 1, 4, 6, 999):
        np.testing.assert_array_equal(stateless_draws.standard_normal([1001 - skip], seed, 5, skip), normal[skip:])
    draws = stateless_draws.KeyedDraws(seed, 5, (7, 11, 13, 1))
    expected = tf.random.stateless_uniform(
        draws.shape, tf.random.experimental.stateless_fold_in(number, 3, "philox"), alg="philox"
    ).numpy()
    np.testing.assert_array_equal(draws.uniform(2), expected)
    np.testing.assert_array_equal(draws._replace(shape=(3, 11, 13, 1), first=2, of=7).uniform(2), expected[2:5])


def test_batches_that_cannot_be_shared_are_refused():
    with pytest.raises(InputError, match="`batch_size` must give each of 5 devices as many patches"):
        collect(simulated("gaussian,sigma=25"), shares.Shares(0, 1, 5))
