"""Thinning, family by family: the pair adds up to y, its noises are independent, the loss exceeds the error by a known constant.

Negative controls: a wrong gain, and additive Gaussian noise of the right variance in place of thinning.
"""

import numpy as np
import pytest
import tensorflow as tf
from conftest import history, run_here, standard_errors

from r2r_tf import noise, recorruption
from r2r_tf.data import patch_noise, stateless_draws
from r2r_tf.data.frozen_images import FrozenImage
from r2r_tf.errors import InputError
from r2r_tf.inference.draws import FieldDraws
from r2r_tf.noise import thinning
from r2r_tf.noise.binomial import Binomial
from r2r_tf.noise.gamma import Gamma
from r2r_tf.noise.poisson import Poisson, PoissonRange
from r2r_tf.noise.poisson_gaussian import PoissonGaussian

ALPHA, A = 0.5, 0.2
X = np.full((600, 600, 1), 0.3, np.float32)
MODELS = {"poisson": Poisson(1 / 10), "gamma": Gamma(10.0), "binomial": Binomial(20)}
VARIANCES = {"poisson": 0.3 / 10, "gamma": 0.09 / 10, "binomial": 0.3 * 0.7 / 20}


def noisy(model, x=X, seed=1):
    y = model.at(x).sample(x, noise.SeededDraws((seed,), x.shape))
    return y, model.at(y)


def pair(own, y, seed=2, alpha=ALPHA):
    return own.recorrupt(y, noise.SeededDraws((seed,), y.shape), alpha)


def dependence(y_hat, y_tilde, x=X):
    """Standard errors by which the noises are correlated, and the square of the input's with the target's."""
    u, t = np.float64(y_hat - x), np.float64(y_tilde - x)
    return standard_errors(u * t, 0.0), standard_errors((u * u - np.mean(u * u)) * t, 0.0)


@pytest.fixture(params=MODELS)
def family(request):
    return request.param


def test_the_pair_adds_up_to_y(family):
    y, own = noisy(MODELS[family])
    y_hat, y_tilde = pair(own, y)
    np.testing.assert_allclose((1 - A) * y_hat + A * y_tilde, y, atol=1e-5)
    np.testing.assert_allclose(y_hat + ALPHA**2 * y_tilde, (1 + ALPHA**2) * y, atol=1e-5)


@pytest.mark.parametrize("model", [*MODELS.values(), PoissonGaussian(0.1, 0.05), noise.Gaussian(0.1)], ids=lambda own: own.family)
def test_twice_as_strong_is_four_times_the_variance(model):
    """Of the model and of the noise of an image; of Gamma and binomial noise nearly, for there are few looks."""
    y, _ = noisy(model)
    once, *twice = model.at(y), model.scaled(2).at(y), model.at(y).scaled(2)
    for own in twice:
        assert own.mean_variance() == pytest.approx(4 * once.mean_variance(), rel=0.3)
        np.testing.assert_allclose(own.level(), 2 * once.level(), rtol=1e-5)


def test_moments(family):
    """Means, variances (those of y's own family for the input) and independence."""
    y, own = noisy(MODELS[family])
    y_hat, y_tilde = pair(own, y)
    variance = VARIANCES[family]
    for part, expected in ((y, variance), (y_hat, variance / (1 - A)), (y_tilde, variance / A)):
        assert standard_errors(part, 0.3) < 5
        assert standard_errors(np.square(np.float64(part) - 0.3), expected) < 5
    assert own.mean_variance() == pytest.approx(variance, rel=0.02)
    assert own.target_variance(ALPHA) == pytest.approx(variance / A, rel=0.02)
    raised = own.scaled(recorruption.input_gain(ALPHA))
    assert raised.mean_variance() == pytest.approx(variance / (1 - A), rel=0.03 if family != "binomial" else 0.1)
    assert max(dependence(y_hat, y_tilde)) < 5


@pytest.mark.slow
def test_the_input_is_of_the_same_family(family):
    """Its distribution, value by value, is that of clean pictures with the raised noise."""
    model = MODELS[family]
    y, own = noisy(model)
    y_hat, _ = pair(own, y)
    factor = recorruption.input_gain(ALPHA)
    raised = Binomial(16) if family == "binomial" else model.scaled(factor)
    other, _ = noisy(raised, seed=7)
    levels = np.linspace(0.02, 0.98, 25)
    found, expected = (np.quantile(part, levels) for part in (y_hat, other))
    assert np.abs(found - expected).max() < 0.02 * np.ptp(expected) + (0.126 if family == "poisson" else 0.063) * (
        family != "gamma"
    )


def test_the_loss_exceeds_the_error_by_the_targets_variance(family):
    """For a fixed function that is not linear; held against y itself, it does not."""
    y, own = noisy(MODELS[family])
    y_hat, y_tilde = pair(own, y)
    x_hat = 0.6 * y_hat + 0.3 * y_hat**2

    def misses(target):
        excess = np.square(np.float64(x_hat) - target) - np.square(np.float64(x_hat) - X)
        return standard_errors(excess - (own.target_variance(ALPHA) if target is y_tilde else own.mean_variance()), 0.0)

    assert misses(y_tilde) < 5 < 20 < misses(y)


def test_the_loss_ranks_denoisers_as_the_error_does(family):
    rng = np.random.default_rng(0)
    x = np.repeat(np.repeat(rng.uniform(0.1, 0.8, (100, 100, 1)), 6, axis=0), 6, axis=1).astype(np.float32)
    y, own = noisy(MODELS[family], x)
    y_hat, y_tilde = pair(own, y)
    weights = np.linspace(0, 1, 21)
    loss, error = (
        [np.mean(np.square(weight * y_hat + (1 - weight) * y_hat.mean() - target)) for weight in weights]
        for target in (y_tilde, x)
    )
    assert abs(np.argmin(loss) - np.argmin(error)) <= 1 and 0 < np.argmin(error) < 20


def test_a_wrong_gain_is_seen():
    """Negative control: noise of twice the gain that is believed."""
    y, _ = noisy(Poisson(1 / 10))
    y_hat, y_tilde = pair(Poisson(1 / 20).at(y), y)
    assert dependence(y_hat, y_tilde)[0] > 20


def test_gaussian_noise_of_the_right_variance_is_no_thinning():
    """Negative control: uncorrelated, yet dependent, at three counts a pixel."""
    y, own = noisy(Poisson(1 / 10))
    z = np.random.default_rng(5).standard_normal(y.shape)
    gaussian = recorruption.recorrupt(y, np.sqrt(np.maximum(y, 0) / 10) * z, ALPHA)
    first, second = dependence(*gaussian)
    assert first < 5 < 20 < second
    assert dependence(*pair(own, y))[1] < 5


def test_mixed_noise_is_nearly_independent():
    """Poisson-Gaussian: uncorrelated, and far less dependent than with the variance of y alone."""
    model = PoissonGaussian(1 / 10, 1 / 10)
    y, own = noisy(model)
    y_hat, y_tilde = pair(own, y)
    assert own.mean_variance() == pytest.approx(0.3 / 10 + 0.01, rel=0.02)
    assert standard_errors(np.square(np.float64(y_tilde) - X), own.target_variance(ALPHA)) < 5
    z = np.random.default_rng(5).standard_normal(y.shape)
    plain = recorruption.recorrupt(y, np.sqrt(np.maximum(y / 10 + 0.01, 0)) * z, ALPHA)

    def correlation(parts):
        u, t = (np.float64(part - X) for part in parts)
        return np.corrcoef(np.square(u).ravel(), t.ravel())[0, 1]

    assert abs(np.corrcoef((y_hat - X).ravel(), (y_tilde - X).ravel())[0, 1]) < 0.02
    assert abs(correlation((y_hat, y_tilde))) < 0.01 < 0.05 < abs(correlation(plain))


@pytest.mark.slow
def test_binned_copies_are_of_the_family():
    for model in (Poisson(1 / 10), PoissonGaussian(1 / 10, 1 / 20)):
        y, own = noisy(model)
        means = y.reshape(300, 2, 300, 2, 1).mean(axis=(1, 3))
        copy, x = own.binned(2), X[:300, :300]
        assert standard_errors(np.square(np.float64(means) - x), copy.mean_variance()) < 5
        assert max(dependence(*pair(copy, means), x)[:1]) < 5
    for model in (Gamma(10.0), Binomial(20)):
        with pytest.raises(InputError, match="Leave it out"):
            model.at(X).binned(2)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*MODELS, "poisson_gaussian"])
def test_pipeline_is_keyed(name):
    """The same step, the same pair, in a tf.data map as outside; thinning there has the right moments."""
    model = {**MODELS, "poisson_gaussian": PoissonGaussian(1 / 10, 1 / 10)}[name]
    y, own = noisy(model, X[:200, :200])
    images = [FrozenImage(y, own), FrozenImage(y[::-1].copy(), own)]
    noise_of = patch_noise.of_images(images, 160)
    corners = tuple(tf.constant(part, tf.int64) for part in ([0, 1, 1], [0, 10, 40], [5, 0, 40]))
    patches = np.stack([images[i].noisy[top : top + 160, left : left + 160] for i, top, left in zip(*map(np.asarray, corners))])

    alpha = tf.constant([ALPHA] * 3)[:, None, None, None]

    def made(step):
        draws = stateless_draws.KeyedDraws(stateless_draws.key(3, "z"), step, (3, 160, 160, 1))
        level = noise_of(corners).scaled(alpha + 1.0).level() * tf.ones_like(patches)
        return *noise_of(corners).recorrupt(tf.constant(patches), draws, alpha), level

    inside = list(tf.data.Dataset.range(2).map(made, num_parallel_calls=2))
    for step, (y_hat, y_tilde, level) in enumerate(inside):
        for own_part, other in zip((y_hat, y_tilde, level), made(tf.constant(step, tf.int64)), strict=True):
            np.testing.assert_allclose(own_part, other, atol=1e-6)
        np.testing.assert_allclose(level[0], 1.5 * own.level()[:160, 5:165], rtol=1e-4)
        np.testing.assert_allclose(0.8 * y_hat + 0.2 * y_tilde, patches, atol=1e-5)
        assert standard_errors(np.asarray(y_hat) - 0.3, 0) < 8 and dependence(np.asarray(y_hat), np.asarray(y_tilde), 0.3)[0] < 5
    assert np.abs(np.asarray(inside[0][0]) - np.asarray(inside[1][0])).max() > 0.01


def test_antithetic_twins_of_numpy_draws():
    """Of windows of an image, 1 - u takes little where u takes much."""
    y, own = noisy(Poisson(1 / 10), X[:128, :128])
    draws = FieldDraws((1, 2), (0, 128), (0, 128), 1)
    one, other = (own.recorrupt(y, part, ALPHA)[0] for part in (draws, draws.mirrored()))
    counts = y * 10
    taken = [(counts - 10 * 0.8 * part) - A * counts for part in (one, other)]
    assert np.corrcoef(taken[0].ravel(), taken[1].ravel())[0, 1] < -0.7
    window = FieldDraws((1, 2), (32, 96), (10, 74), 1)
    np.testing.assert_array_equal(own.recorrupt(y[32:96, 10:74], window, ALPHA)[0], one[32:96, 10:74])


def test_levels_are_what_networks_are_told():
    x = np.repeat(np.linspace(0.1, 0.9, 200, dtype=np.float32)[None, :, None], 200, axis=0)
    true = {
        "poisson": np.sqrt(x / 10),
        "gamma": x / np.sqrt(10),
        "binomial": np.sqrt(x * (1 - x) / 20),
        "poisson_gaussian": np.sqrt(x / 10 + 0.01),
    }
    for name, model in {**MODELS, "poisson_gaussian": PoissonGaussian(1 / 10, 1 / 10)}.items():
        _, own = noisy(model, x)
        assert own.level().shape == (200, 200, 1)
        assert np.median(np.abs(own.level() / true[name] - 1)) < 0.15, name
        again = model.with_level(x, noise.mean_level(model.at(x)))
        assert noise.mean_level(again.at(x)) == pytest.approx(noise.mean_level(model.at(x)), rel=0.1)
        part = own.crop(slice(10, 50), slice(20, 90)).level()
        np.testing.assert_array_equal(part, own.level()[10:50, 20:90])


def test_flags_and_stored_form():
    for text, model in {
        "poisson,gain=0.01": Poisson(0.01),
        "poisson,peak=20": Poisson(1 / 20),
        "poisson,peak=10-100": PoissonRange(1 / 100, 1 / 10),
        "gamma,looks=50": Gamma(50.0),
        "binomial,trials=16": Binomial(16),
        "poisson_gaussian,peak=20,read_noise=2": PoissonGaussian(1 / 20, 2 / 20),
    }.items():
        assert noise.from_text(text) == model and noise.from_json(model.to_json()) == model
    low, middle, high = (PoissonRange(1 / 100, 1 / 10).draw(u).gain for u in (0.0, 0.5, 1.0))
    assert (low, high) == (pytest.approx(0.01), pytest.approx(0.1)) and middle == pytest.approx(np.sqrt(low * high))
    assert PoissonRange(0.01, 0.1).scaled(2.0) == PoissonRange(0.04, 0.4)
    assert Poisson(0.1).polynomial == (0, 0.1, 0) and PoissonGaussian(0.1, 0.2).polynomial == (0, 0.1, pytest.approx(0.04))
    assert Gamma(50.0).polynomial == (1 / 50, 0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "poisson,gain=0",
        "poisson,sigma=25",
        "poisson,gain=1,peak=3",
        "poisson,gain=5-",
        "poisson",
        "gamma,looks=5-10",
        "gamma,looks=-3",
        "binomial,trials=2.5",
        "binomial,trials=1",
        "poisson_gaussian,peak=20",
        "poisson_gaussian,peak=5-20,read_noise=1",
    ],
)
def test_flags_that_are_none(text):
    with pytest.raises(InputError, match=f"^{text.split(',')[0]} noise has .*Received: "):
        noise.from_text(text)


def test_binomial_takes_whole_trials():
    y, own = noisy(Binomial(10), X[:40, :40])
    y_hat, y_tilde = pair(own, y, alpha=1.0)
    np.testing.assert_allclose((y_hat + y_tilde) / 2, y, atol=1e-6)
    assert set(np.unique(np.round(10 * thinning.share(1.0) * y_tilde, 4))) <= set(range(6))
    with pytest.raises(InputError, match="a whole number of the 10 trials"):
        pair(own, y, alpha=0.7)
    with pytest.raises(InputError, match="a whole number of the 10 trials"):
        own.target_variance(0.7)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("poisson,peak=10-60", "unet"),
        ("gamma,looks=10", "dncnn"),
        ("binomial,trials=8", "dncnn"),
    ],
)
def test_it_trains_and_knows_its_error(data_dir, tmp_path, text, model):
    """A training of seconds: better than its input, and the PSNR that needs no clean image is the true one."""
    changes = {"batch_norm": None} if model == "dncnn" else {"batch_norm": None, "depth": None, "features": 8}
    changes |= {
        "model": model,
        "noise": text,
        "alpha": 1.0 if "binomial" in text else 0.5,
        "learning_rate": 2e-3,
        "patch_size": 32,
        "num_recorruptions": None,
    }
    record = run_here(data_dir, tmp_path / "run", **changes, epochs=2, steps_per_epoch=150, test_dataset="skimage_natural")
    last = history(tmp_path / "run")[-1]
    assert abs(10 ** (-last["val_est_psnr"] / 10) - 10 ** (-last["val_psnr"] / 10)) < 0.1 * 10 ** (-last["val_psnr"] / 10) + 2e-4
    means = record["test"]["methods"]
    assert means["model"]["psnr"] > means["noisy input"]["psnr"] + 3
