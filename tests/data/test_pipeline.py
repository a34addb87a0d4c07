"""The data pipeline: frozen y, fresh z, batches that depend on their number alone, and pairs that obey the theorem."""

import collections

import numpy as np
import pytest
import tensorflow as tf
from conftest import standard_errors

from r2r_tf import noise
from r2r_tf.data import datasets, frozen_images, pipeline, sampling, stateless_draws
from r2r_tf.errors import InputError

SIGMA = 0.1
NOISE = noise.Gaussian(SIGMA)
COMMON = {
    "alpha": 0.5,
    "objective": "r2r",
    "antithetic": False,
    "batch_size": 8,
    "patch_size": 16,
    "seed": 3,
    "role": "train",
    "first_step": 0,
    "num_steps": 6,
}


def picture(index, channels=1):
    """A clean image whose pixels tell their image and place, so that a patch can be traced back."""
    rows, columns = 40 + 3 * index, 50 - 2 * index
    values = np.arange(rows * columns * channels, dtype=np.float32).reshape(rows, columns, channels)
    return datasets.Picture(f"p{index}", (values / 4000 + index) / 10, None, "set/train", index)


def real_picture(index, clean=0.0, channels=1):
    """A picture whose noise is its own."""
    x, y = (np.full((20, 20, channels), value, np.float32) for value in (clean or 0.0, 0.1))
    return datasets.Picture(str(index), None if clean is None else x, y, "mine/train", index)


@pytest.fixture(scope="module")
def images():
    return frozen_images.noisy_images([picture(i) for i in range(5)], NOISE, 0, second_copy=True)


def collect(images, **changes):
    return [tuple(part.numpy() for part in batch) for batch in pipeline.batches(images, **{**COMMON, **changes})]


def equal(left, right):
    return len(left) == len(right) and all(np.array_equal(a, b) for one, two in zip(left, right) for a, b in zip(one, two))


def test_noise_is_frozen_and_unclipped(images):
    again = frozen_images.noisy_images([picture(i) for i in range(5)], NOISE, 0)
    assert all(np.array_equal(a, b) for a, b in zip([image.noisy for image in images], [image.noisy for image in again]))
    residuals = np.concatenate([(image.noisy - image.clean).ravel() for image in images])
    assert standard_errors(residuals, 0.0) < 5 and standard_errors(residuals**2, SIGMA**2) < 5
    assert min(image.noisy.min() for image in images) < 0


@pytest.mark.parametrize("change", ["seed", "source", "index", "copy"])
def test_noise_of_another_origin_is_independent(change):
    origin = {"noise_seed": 0, "source": "set/train", "index": 0, "copy": 0}
    other = {
        **origin,
        **{"seed": {"noise_seed": 1}, "source": {"source": "set/test"}, "index": {"index": 1}, "copy": {"copy": 1}}[change],
    }
    x = np.zeros((100, 100, 1), np.float32)
    first, second = (frozen_images.add_frozen_noise(x, NOISE, **values).ravel() for values in (origin, other))
    assert standard_errors(first * second, 0.0) < 5
    assert standard_errors(first * first, 0.0) > 50


@pytest.mark.slow
def test_same_numbers_same_batches_whatever_the_execution(images):
    batches = collect(images)
    assert equal(batches, collect(images))
    for threads in (1, 7):
        options = tf.data.Options()
        options.threading.private_threadpool_size = threads
        options.threading.max_intra_op_parallelism = threads
        dataset = pipeline.batches(images, **COMMON).with_options(options)
        assert equal(batches, [tuple(part.numpy() for part in batch) for batch in dataset])
    assert equal(batches[4:], collect(images, first_step=4, num_steps=2))
    assert not equal(batches, collect(images, seed=4))
    assert not equal(batches, collect(images, role="validation"))


def test_tf_data_equals_eager(images):
    """The batch of the graph, computed by hand: crop, frozen y, z of that step, then the flip."""
    for step, (y_hat, y_tilde) in enumerate(collect(images, num_steps=3)):
        step = tf.constant(step, tf.int64)
        corners = sampling.random_corners(
            sampling.pack([image.noisy for image in images]),
            16,
            sampling.random_images(5, step * 8, 8, 3, "train"),
            3,
            "train",
            step,
        )
        y = np.stack([images[i].noisy[t : t + 16, le : le + 16] for i, t, le in zip(*(part.numpy() for part in corners))])
        z = SIGMA * stateless_draws.standard_normal(y.shape, stateless_draws.key(3, "train z"), step).numpy()
        code = sampling.random_flips(8, 3, "train", step)
        np.testing.assert_allclose(y_hat, sampling.flip(y + 0.5 * z, code), atol=1e-6)
        np.testing.assert_allclose(y_tilde, sampling.flip(y - z / 0.5, code), atol=1e-6)


def locate(patches, clean):
    """(image, top, left) of clean patches, by the value of their smallest pixel."""
    found = []
    for patch in patches:
        smallest = patch.min()
        index = next(i for i, x in enumerate(clean) if x.min() <= smallest <= x.max())
        found.append((index, *np.argwhere(clean[index][..., 0] == smallest)[0]))
    return found


@pytest.mark.parametrize("antithetic", (False, True))
def test_y_stays_and_z_changes(images, antithetic):
    """Inputs and targets recombine to (1 + alpha^2) y; the same place has the same y whenever it is drawn, and another z."""
    whole = [frozen_images.FrozenImage(image.noisy[:16, :16], image.noise, image.clean[:16, :16]) for image in images]
    seen = collections.defaultdict(list)
    for y_hat, target in collect(whole, antithetic=antithetic, num_steps=40, with_clean=True):
        y_tilde, clean = target[..., :1], target[..., 1:]
        y = (y_hat + 0.25 * y_tilde) / 1.25
        for image, z_level, one in zip(locate(clean, [image.clean for image in whole]), (y_hat - y).std(axis=(1, 2, 3)), y):
            seen[image[0]].append((np.sort(one.ravel()), z_level))
    assert len(seen) == 5
    for draws in seen.values():
        values, levels = zip(*draws)
        assert max(np.abs(value - values[0]).max() for value in values) < 1e-5
        distinct = len(set(np.round(levels, 7)))
        assert distinct >= len(levels) // (2 if antithetic else 1)


def test_pairs_obey_the_theorem(images):
    """Over many batches: residual variances and zero correlation of what the pipeline really delivers."""
    y_hat, target = (np.concatenate(part) for part in zip(*collect(images, num_steps=60, batch_size=32, with_clean=True)))
    y_tilde, x = target[..., :1], target[..., 1:]
    # z is fresh and given y everything is known: y_hat - y has variance alpha^2 sigma^2
    y = (y_hat + 0.25 * y_tilde) / 1.25
    assert standard_errors((y_hat - y).ravel() ** 2, 0.25 * SIGMA**2) < 5
    # pixels of y repeat between patches: count each patch mean once, and allow for the repetition
    product = ((y_hat - x) * (y_tilde - x)).mean(axis=(1, 2, 3))
    assert abs(product.mean()) < 0.03 * SIGMA**2
    wrong = ((y_hat - x) * (y_hat - x)).mean()
    assert wrong == pytest.approx(1.25 * SIGMA**2, rel=0.05)


def test_antithetic_halves_mirror_each_other(images):
    for y_hat, y_tilde in collect(images, antithetic=True):
        plus, minus = np.split(y_hat, 2)
        target_plus, target_minus = np.split(y_tilde, 2)
        np.testing.assert_allclose(plus + minus, target_plus + target_minus, atol=1e-5)
        np.testing.assert_allclose(target_minus - target_plus, 4 * (plus - minus), atol=1e-5)
        assert not np.allclose(plus, minus, atol=SIGMA / 10)


def test_every_image_once_per_pass(images):
    indices = np.concatenate(
        [sampling.random_images(len(images), tf.constant(4 * step, tf.int64), 4, 7, "train") for step in range(10)]
    )
    passes = indices.reshape(-1, 5)
    assert (np.sort(passes, axis=1) == np.arange(5)).all()
    assert len({tuple(order) for order in passes}) > 1


@pytest.mark.slow
def test_crops_stay_inside_and_reach_the_borders(images):
    pixels = sampling.pack([image.clean for image in images])
    lowest, highest = np.full(5, 99), np.zeros(5)
    for step in range(200):
        step = tf.constant(step, tf.int64)
        corners = sampling.random_corners(pixels, 30, sampling.random_images(5, step * 5, 5, 1, "train"), 1, "train", step)
        patches = sampling.gather(pixels, corners, 30).numpy()
        for image, top, left, patch in zip(*(part.numpy() for part in corners), patches):
            np.testing.assert_array_equal(patch, images[image].clean[top : top + 30, left : left + 30])
            lowest[image], highest[image] = min(lowest[image], top), max(highest[image], top)
    assert (lowest == 0).all() and (highest == [40 + 3 * i - 30 for i in range(5)]).all()


def test_eight_distinct_flips(rng):
    image = rng.random((1, 5, 5, 2)).astype(np.float32)
    flipped = sampling.flip(tf.repeat(image, 8, axis=0), tf.range(8)).numpy()
    expected = [np.rot90(base, k) for base in (image[0], image[0][:, ::-1]) for k in range(4)]
    assert {f.tobytes() for f in flipped} == {np.ascontiguousarray(e).tobytes() for e in expected}


@pytest.mark.parametrize("objective", ("n2c", "n2n", "r2r"))
def test_targets_of_the_objectives(images, objective):
    y_hat, target = (np.concatenate(part) for part in zip(*collect(images, objective=objective, with_clean=True, num_steps=30)))
    y_tilde, x = target[..., :1], target[..., 1:]
    input_variance, target_variance = {"r2r": (1.25, 5.0), "n2c": (1.0, 0.0), "n2n": (1.0, 1.0)}[objective]
    assert ((y_hat - x) ** 2).mean() == pytest.approx(input_variance * SIGMA**2, rel=0.05)
    assert ((y_tilde - x) ** 2).mean() == pytest.approx(target_variance * SIGMA**2, rel=0.05, abs=1e-12)
    assert ((y_tilde - x) * (y_hat - x)).mean() == pytest.approx(0.0, abs=0.05 * SIGMA**2)


def test_real_noise_is_left_alone():
    real = [real_picture(i) for i in range(2)]
    images = frozen_images.noisy_images(real, NOISE, 0)
    assert images[0].noisy is real[0].noisy
    for options, message in (({"second_copy": True}, "two noisy copies"), ({"scales": (0.5,)}, "`scales`")):
        with pytest.raises(InputError, match=message):
            frozen_images.noisy_images(real, NOISE, 0, **options)


def test_noisy_images_without_references():
    images = frozen_images.noisy_images([real_picture(i, clean=None) for i in range(2)], NOISE, 0)
    assert images[0].clean is None and collect(images, num_steps=1)[0][0].shape == (8, 16, 16, 1)
    with pytest.raises(InputError, match="needs clean images"):
        collect(images, objective="n2c")


def test_real_noise_is_the_supervised_input():
    images = frozen_images.noisy_images([real_picture(i) for i in range(2)], NOISE, 0)
    for y_hat, target in collect(images, objective="n2c", num_steps=2):
        assert (y_hat == np.float32(0.1)).all() and (target == 0).all()


def test_validation_part_is_disjoint_and_seeded(images):
    train, validation = frozen_images.split_validation(images, seed=0)
    assert len(train) == 4 and len(validation) == 1
    assert not any(a.noisy is b.noisy for a in train for b in validation)
    assert frozen_images.split_validation(images, seed=0)[1][0].noisy is validation[0].noisy
    assert len({id(frozen_images.split_validation(images, seed=s)[1][0].noisy) for s in range(12)}) > 1
    sizes = [[len(part) for part in frozen_images.split_validation(images, 0, fraction)] for fraction in (0.01, 0.4, 0.99)]
    assert sizes == [[4, 1], [3, 2], [1, 4]]


def test_scales_resize_before_the_noise():
    pictures = [datasets.Picture(str(i), np.full((60, 80, 1), 0.5, np.float32), None, "set/train", i) for i in range(30)]
    images = frozen_images.noisy_images(pictures, NOISE, 0, scales=(1.0, 0.5))
    assert {image.noisy.shape for image in images} == {(60, 80, 1), (30, 40, 1)}
    small = np.concatenate([(image.noisy - image.clean).ravel() for image in images if image.noisy.shape[0] == 30])
    assert standard_errors(small**2, SIGMA**2) < 5


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"patch_size": 41}, "`patch_size` must not exceed the smallest image side, 40"),
        ({"antithetic": True, "batch_size": 7}, "`batch_size` must be even"),
    ],
)
def test_bad_settings(images, changes, message):
    with pytest.raises(InputError, match=message):
        collect(images, **changes)


def test_one_image_is_too_few(images):
    with pytest.raises(InputError, match="at least two images"):
        frozen_images.split_validation(images[:1], 0)
