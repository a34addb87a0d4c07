"""Smooth noise: its correlation is the one that is said, its recorruption exact, in tf.data as in NumPy."""

import numpy as np
import pytest
import skimage.data
import tensorflow as tf
from conftest import standard_errors

from r2r_tf import estimation, noise
from r2r_tf.data import patch_noise, stateless_draws
from r2r_tf.data.frozen_images import FrozenImage
from r2r_tf.errors import InputError

SIGMA, BLUR, ALPHA = 0.1, 0.8, 0.5
X = np.full((512, 512, 2), 0.4, np.float32)
MODEL = noise.from_text(f"blurred,sigma={255 * SIGMA},blur={BLUR}").at(X)
STEP = 8  # pixels that far apart are independent


def drawn(seed, model=MODEL):
    return model.sample(X, noise.SeededDraws((seed,), X.shape))


@pytest.mark.parametrize("distance", (0, 1, 2))
def test_correlation_between_pixels(distance):
    n = np.float64(drawn(1) - X)
    products = (n[:, distance:] * n[:, : n.shape[1] - distance])[::STEP, ::STEP]
    assert standard_errors(products, SIGMA**2 * np.exp(-(distance**2) / (4 * BLUR**2))) < 5
    assert standard_errors(n[..., 0] * n[..., 1], 0.0) < 10  # channels share no noise; neighbours are not independent


@pytest.mark.parametrize("distance", (0, 1, 2))
@pytest.mark.parametrize(("blur", "white"), ((0.8, 0.1), (1.5, 0.5)))
def test_a_white_part_is_that_share_of_the_variance(distance, blur, white):
    """Of different pixels the correlation is lower by it; neither the smooth part alone nor white noise has it."""
    n = np.float64(drawn(1, noise.from_text(f"blurred,sigma={255 * SIGMA},blur={blur},white={white}").at(X)) - X)
    products = (n[:, distance:] * n[:, : n.shape[1] - distance])[::STEP, ::STEP]
    smooth = SIGMA**2 * np.exp(-(distance**2) / (4 * blur**2))
    assert standard_errors(products, (1 - white) * smooth + white * SIGMA**2 * (distance == 0)) < 5
    if distance:
        assert standard_errors(products, 0.0) > 5
    if distance == 1:
        assert standard_errors(products, smooth) > 4


def periodogram(order, blur, white, side):
    """What a block of that side has on average, from the spectrum that is said; its edges blend neighbouring frequencies."""
    f = np.hypot(*np.meshgrid(*[np.fft.fftfreq(256)] * 2))
    power = np.exp(-2 * (2 * (np.pi * blur * f) ** 2) ** (order / 2))
    covariance = np.fft.ifft2((1 - white) * power / power.mean() + white).real
    lags = np.arange(-side + 1, side)
    seen = covariance[np.ix_(lags, lags)] * np.outer(1 - np.abs(lags) / side, 1 - np.abs(lags) / side)
    folded = np.zeros((side, side))
    np.add.at(folded, np.ix_(lags % side, lags % side), seen)
    return np.fft.fft2(folded).real


@pytest.mark.parametrize("order", (2, 4))
def test_spectrum_is_the_one_that_is_said(order):
    """In bands of frequency; a bell and a steeper one are told apart."""
    blur, white, side = 0.7, 0.08, 32
    text = f"blurred,sigma={255 * SIGMA},blur={blur},white={white},order={order}"
    n = np.float64(drawn(1, noise.from_text(text).at(X)) - X)[..., 0]
    blocks = n.reshape(16, side, 16, side).swapaxes(1, 2)[::2, ::2].reshape(-1, side, side)
    measured = np.square(np.abs(np.fft.fft2(blocks))) / side**2 / SIGMA**2
    f = np.hypot(*np.meshgrid(*[np.fft.fftfreq(side)] * 2))
    said, other = (periodogram(own, blur, white, side) for own in (order, 6 - order))
    for band in (f > 0.1) & (f < 0.15), (f > 0.3) & (f < 0.35), f > 0.45:
        assert standard_errors(measured[:, band].mean(axis=1), said[band].mean()) < 5
    band = (f > 0.18) & (f < 0.23)
    assert standard_errors(measured[:, band].mean(axis=1), other[band].mean()) > 10


def test_pairs_are_independent_and_the_loss_exceeds_the_error_by_the_targets_variance():
    y = drawn(1)
    y_hat, y_tilde = MODEL.recorrupt(y, noise.SeededDraws((2,), y.shape), ALPHA)
    u, t = (np.float64(part - X)[::STEP, ::STEP] for part in (y_hat, y_tilde))
    assert standard_errors(u * t, 0.0) < 5
    assert standard_errors(np.float64(y_hat - X)[:, 1:][::STEP, ::STEP] * t[:, : u.shape[1]], 0.0) < 5
    x_hat = 0.5 * np.float64(y_hat) + 0.1
    excess = np.square(x_hat - y_tilde) - np.square(x_hat - X)
    assert standard_errors(excess[::STEP, ::STEP], MODEL.target_variance(ALPHA)) < 5


def test_white_draws_are_no_recorruption_of_smooth_noise():
    """Neighbouring pixels of the target still know the input's noise."""
    y = drawn(1)
    y_hat, y_tilde = noise.Gaussian(SIGMA).recorrupt(y, noise.SeededDraws((2,), y.shape), ALPHA)
    assert standard_errors(np.float64((y_hat - X)[:, 1:] * (y_tilde - X)[:, :-1])[::STEP, ::STEP], 0.0) > 20


def test_no_blur_is_white():
    n = np.float64(drawn(1, noise.from_text("blurred,sigma=25.5,blur=0").at(X)) - X)
    assert standard_errors(n[:, 1:] * n[:, :-1], 0.0) < 5 and standard_errors(n**2, SIGMA**2) < 5


def test_patches_have_the_noise_of_their_images():
    """Each its own level, blur and white part, on its way through tf.data."""
    texts = ("blurred,sigma=10,blur=0.6", "blurred,sigma=30,blur=1.0,white=0.2")
    models = [noise.from_text(text).at(X) for text in texts]
    images = [FrozenImage(X, model) for model in models]
    noise_of, count = patch_noise.of_images(images, 64), 64
    corners = tuple(tf.constant(np.tile(part, count // 2), tf.int64) for part in ([0, 1], [0, 0], [0, 0]))

    def made(step):
        own, draws = noise_of(corners), stateless_draws.KeyedDraws(stateless_draws.key(3, "z"), step, (count, 64, 64, 2))
        return own.scaled(2.0).level(), *own.recorrupt(tf.zeros((count, 64, 64, 2)), draws, 1.0)

    level, z, negative = (np.float64(part) for part in next(iter(tf.data.Dataset.range(1).map(made))))
    np.testing.assert_allclose(z, -negative, atol=1e-6)
    for number, model in enumerate(models):
        own, (blur, _) = z[number::2], model.blur
        assert level[number].item() == pytest.approx(2 * model.level())
        assert standard_errors(own[:, ::STEP, ::STEP] ** 2, model.mean_variance()) < 5
        expected = model.mean_variance() * np.exp(-1 / (4 * blur**2)) * (1 - model.white_part[0])
        assert standard_errors((own[:, 1:] * own[:, :-1])[:, ::STEP, ::STEP], expected) < 5


def test_ranges_are_drawn_from_evenly():
    model = noise.from_text("blurred,sigma=5-55,blur=0-1.5,white=0-0.4,order=2-5")
    drawn_ones = [model.draw(u) for u in np.random.default_rng(0).random(2000)]
    parts = np.array([[own.sigma[0], own.blur[0], own.white_part[0], own.order[0]] for own in drawn_ones])
    for values, middle in zip(parts.T, (30 / 255, 0.75, 0.2, 3.5), strict=True):
        assert standard_errors(values, middle) < 5
    assert np.all(np.abs(np.corrcoef(parts.T) - np.eye(4)) < 5 / 2000**0.5)
    assert noise.from_json(model.to_json()) == model and (model.levels, drawn_ones[0].levels) == ("range", "one")
    with pytest.raises(InputError, match="give sigma and blur"):
        model.at(X)
    with pytest.raises(InputError, match="Leave it out"):
        MODEL.binned(2)


@pytest.mark.parametrize(
    "text",
    (
        "blurred",
        "blurred,sigma=25",
        "blurred,sigma=25,blur=3",
        "blurred,sigma=25,blur=1-0.5",
        "blurred,sigma=25,blur=1,white=1",
        "blurred,sigma=25,blur=1,order=1",
    ),
)
def test_flags_that_are_none(text):
    with pytest.raises(InputError, match=f"^blurred noise has .*Received: {text}"):
        noise.from_text(text)


@pytest.mark.parametrize("blur", (0, 0.7))
def test_strength_is_found(blur):
    """In a photograph, whether its noise is smooth or not."""
    x = skimage.data.camera()[:256, :256, None] / np.float32(255)
    model = noise.from_text(f"blurred,sigma=25,blur={blur}").at(x)
    y = model.sample(x, noise.SeededDraws((1,), x.shape))
    found = estimation.of_image(y, noise.from_text("blurred,sigma=5-55,blur=0-1.5"))
    assert found.level() == pytest.approx(25 / 255, rel=0.15)
