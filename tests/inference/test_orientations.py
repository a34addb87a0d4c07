"""Orientations: eight that differ and can be undone, exact for linear networks, and what a denoiser does of itself."""

import keras
import numpy as np
import pytest

import r2r_tf
from r2r_tf import noise
from r2r_tf.inference import defaults, orientations, passes
from r2r_tf.models import denoisers, networks
from r2r_tf.noise import camera

SIGMA = 0.1


def filtering(kernel):
    """A network that is one 3x3 filter."""
    inputs = keras.Input((None, None, 1))
    model = keras.Model(inputs, keras.layers.Conv2D(1, 3, padding="same", use_bias=False)(inputs))
    model.set_weights([np.float32(kernel)[..., None, None]])
    return model


def test_all_eight_differ_and_are_undone(rng):
    image = rng.random((5, 7, 2))
    turned = [orientations.turned(image, number) for number in range(orientations.COUNT)]
    assert len({(one.shape, one.tobytes()) for one in turned}) == 8 and turned[0] is not image
    np.testing.assert_array_equal(turned[0], image)
    for number, one in enumerate(turned):
        assert orientations.keeps_shape(number) == (one.shape == image.shape)
        np.testing.assert_array_equal(orientations.turned_back(one, number), image)
        assert set(np.ravel(one)) == set(np.ravel(image))


def test_mean_over_orientations_is_the_symmetric_filter(rng):
    """Turning the image or the filter is the same: a linear network becomes the mean of its kernel over the eight."""
    kernel, y = rng.random((3, 3)), rng.random((14, 11)).astype(np.float32)
    symmetric = np.mean([orientations.turned(kernel[..., None], number)[..., 0] for number in range(8)], axis=0)
    whole = r2r_tf.denoise(y, filtering(kernel), num_recorruptions=0, orientations=8)
    np.testing.assert_allclose(whole, r2r_tf.denoise(y, filtering(symmetric), num_recorruptions=0), atol=1e-6)
    assert np.abs(whole - r2r_tf.denoise(y, filtering(kernel), num_recorruptions=0)).max() > 0.05
    # a linear network that is symmetric does not notice that the two of a pair are turned differently
    drawn = r2r_tf.denoise(y, filtering(symmetric), sigma=SIGMA, num_recorruptions=8)
    np.testing.assert_allclose(drawn, r2r_tf.denoise(y, filtering(symmetric), num_recorruptions=0), atol=1e-6)


def test_level_of_each_pixel_turns_with_the_image(rng):
    """A network whose estimate is the level that it is told gives that level back, pixel by pixel."""
    inputs = keras.Input((None, None, 2))
    last = keras.layers.Conv2D(1, 1, use_bias=False)
    network = keras.Model(inputs, last(inputs))
    last.set_weights([np.float32([0, 1]).reshape(1, 1, 2, 1)])

    y, level = rng.random((1, 6, 9, 1)).astype(np.float32), rng.random((6, 9, 1)).astype(np.float32)
    uneven = camera.Correlated(level, np.ones((1, 1, 1, 1), np.float32))
    for average, gain in ((passes.Average(0.5, 8, True, 8), 1.25**0.5), (passes.Average(0.5, 0, True, 8), 1.0)):
        estimate = passes.averaged_estimate(denoisers.Denoiser(network), y, [uneven], average, seed=0)
        np.testing.assert_allclose(estimate[0], gain * level, rtol=1e-5)


@pytest.mark.parametrize(
    "model, arguments, expected",
    [
        ("dncnn", {}, (0.5, 8, True, 8)),
        ("dncnn", {"num_recorruptions": 2}, (0.5, 2, True, 2)),
        ("dncnn", {"num_recorruptions": 50, "antithetic": False}, (0.5, 50, False, 8)),
        ("dncnn", {"num_recorruptions": 0}, (0.5, 0, True, 1)),
        ("dncnn", {"num_recorruptions": 2, "orientations": 1}, (0.5, 2, True, 1)),
        ("unet", {}, (0.5, 0, True, 8)),
        ("unet", {"orientations": 1}, (0.5, 0, True, 1)),
        ("unet", {"alpha": 0.3}, (0.3, 8, True, 8)),
        ("unet", {"num_recorruptions": 4}, (0.5, 4, True, 4)),
    ],
)
def test_what_a_denoiser_does_of_itself(model, arguments, expected):
    """One that has learnt a range of levels needs no draws; others average eight, each in another orientation."""
    network = networks.build(model, **({"depth": 3} if model == "dncnn" else {"features": 8, "blocks": 1}))
    known = noise.GaussianRange(0.02, 0.2) if model == "unet" else noise.Gaussian(SIGMA)
    assert defaults.plan(denoisers.Denoiser(network, 0.5, known), **arguments) == passes.Average(*expected)


def test_what_students_and_cameras_do_of_themselves():
    """A student passes once; a homogeneous network for a camera's noise needs no draws, another one does."""
    own = camera.CameraNoise(np.array([0.5]), np.full((1, 1), 0.1), np.ones((1, 1, 1, 1)))
    homogeneous = networks.build("unet", features=8, blocks=1)
    inputs = keras.Input((None, None, 2))
    other = keras.Model(inputs, keras.layers.Conv2D(1, 3, padding="same", bias_initializer="ones")(inputs))
    assert defaults.plan(denoisers.Denoiser(homogeneous, 1.0, own)) == passes.Average(1.0, 0, True, 8)
    assert defaults.plan(denoisers.Denoiser(other, 1.0, own)) == passes.Average(1.0, 8, True, 8)
    student = denoisers.Denoiser(homogeneous, 0.3, noise.GaussianRange(0.02, 0.2), orientations=1)
    assert defaults.plan(student) == passes.Average(0.3, 0, True, 1)
    assert defaults.plan(student, orientations=8) == passes.Average(0.3, 0, True, 8)


def test_words():
    assert (
        passes.in_words({"alpha": 0.5, "num_recorruptions": 8, "orientations": 8})
        == "T 8 antithetic in 8 orientations, alpha 0.5"
    )
    assert passes.in_words({"alpha": 0.5, "num_recorruptions": 0, "psnr": 1.0}) == "f(y)"
