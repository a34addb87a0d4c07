"""Opponent planes: what the planes and the network in them make of a picture."""

import numpy as np
import pytest

from r2r_tf.errors import InputError
from r2r_tf.models import folding, networks, receptive_field, structure
from r2r_tf.models.networks import opponents

SMALL = {"features": 8, "depth": 2, "blocks": 1}


def build(zero=False, **options):
    """A small one, with a U-Net that takes nothing away or with one that does."""
    model = networks.build("opponents", near_zero_start=False, **SMALL, **options)
    if zero:
        inner = model.get_layer("unet")
        inner.set_weights([np.zeros(weight.shape) for weight in inner.get_weights()])
    return model


def shown(image, level=0.1):
    return np.concatenate([image, np.full((*image.shape[:-1], 1), level)], axis=-1).astype(np.float32)


def test_without_noise_found_brightness_and_coarse_colours_stay(rng):
    """Even differences of colours come back whatever the brightness; those from pixel to pixel do not."""
    image = rng.random((1, 32, 48, 1)) * 0.4 + np.float32([0.1, 0.3, 0.5])
    model = build(zero=True)
    np.testing.assert_allclose(model(shown(image)), image, atol=1e-5)
    colourful = rng.random((1, 32, 48, 3))
    estimate = np.asarray(model(shown(colourful)))
    np.testing.assert_allclose(estimate.mean(axis=-1), colourful.mean(axis=-1), atol=1e-5)
    assert np.abs(estimate - colourful).mean() > 0.1


def test_slopes_of_colours_stay():
    """Halved and doubled, a linear slope is itself but for the rim."""
    slope = np.linspace(0, 0.3, 48)[None, None, :, None] * np.float32([1, 0, -1]) + 0.5
    image = np.broadcast_to(slope, (1, 32, 48, 3))
    estimate = np.asarray(build(zero=True)(shown(image)))
    np.testing.assert_allclose(estimate[:, 2:-2, 2:-2], image[:, 2:-2, 2:-2], atol=1e-5)


def test_told_one_level_it_treats_rows_as_columns(rng):
    """The mean of an estimate and of that of the transposed picture; with two levels it is not."""
    image = rng.random((1, 32, 32, 3))
    turned = image.swapaxes(1, 2)
    for levels, alike in (((2.0, 2.0, 2.0), True), ((2.0, 4.0, 2.0), False)):
        model = build(levels=levels)
        # symmetric in colours alone if the U-Net is: so brightness is compared
        first, second = (np.asarray(model(shown(own))).mean(axis=-1) for own in (image, turned))
        assert np.allclose(first.swapaxes(1, 2), second, atol=1e-5) == alike


def test_the_level_is_told_in_its_units(rng):
    image = rng.random((1, 32, 32, 3))
    first, second = build(levels=(1.0, 2.0, 3.0)), build(levels=(2.0, 4.0, 6.0))
    np.testing.assert_allclose(first(shown(image, 0.2)), second(shown(image, 0.1)), atol=1e-5)
    assert np.abs(np.asarray(first(shown(image, 0.1))) - second(shown(image, 0.1))).max() > 1e-4


def test_planes_are_orthogonal_and_brightness_is_the_mean():
    gram = opponents.PLANES @ opponents.PLANES.T
    np.testing.assert_allclose(gram - np.diag(np.diagonal(gram)), 0, atol=1e-6)
    np.testing.assert_allclose(opponents.PLANES[0], 1 / 3)
    with pytest.raises(InputError, match="3 channels"):
        networks.build("opponents", channels=1)


def test_a_network_in_a_network_is_folded_cut_and_measured(rng):
    """In bfloat16 nearly the same; sides are multiples of one halving more; memory is at least the inner network's."""
    model, inner = build(), networks.build("unet", **SMALL)
    assert structure.form(model) == (3, True, 8)
    assert receptive_field.bytes_per_pixel(model) >= receptive_field.bytes_per_pixel(inner)
    assert receptive_field.radius(model) > receptive_field.radius(inner)
    half = folding.folded(model, "bfloat16")
    assert half.get_layer("unet").get_layer("conv1").dtype_policy.name == "mixed_bfloat16"
    x = shown(rng.random((1, 32, 48, 3)))
    np.testing.assert_allclose(half(x), model(x), atol=0.05)
    assert folding.folded(model) is model


def test_a_tile_is_as_the_whole(rng):
    """Beyond the radius nothing changes."""
    model = build()
    reach = -(-receptive_field.radius(model) // 8) * 8
    x = shown(rng.random((1, 64, 16 + 3 * reach, 3)))
    other = x.copy()
    other[:, :, : reach // 2] = 0.3
    kept, changed = (np.asarray(model(own)) for own in (x, other))
    assert np.abs(kept - changed)[:, :, : reach // 2].max() > 0.01
    np.testing.assert_allclose(kept[:, :, reach // 2 + reach :], changed[:, :, reach // 2 + reach :], atol=1e-6)
