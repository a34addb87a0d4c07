"""Tiles: the whole image's estimate, whatever the tiling, the network, the draws and the orientations."""

import keras
import numpy as np
import pytest

from r2r_tf import noise
from r2r_tf.errors import InputError
from r2r_tf.inference import passes, tiles
from r2r_tf.models import denoisers, networks, receptive_field
from r2r_tf.noise import camera

NETWORKS = {
    "dncnn": {"depth": 5, "features": 4, "near_zero_start": False},
    "cnn5": {},
    "ffdnet": {"depth": 4, "features": 8, "near_zero_start": False},
    "unet": {"features": 8, "near_zero_start": False},
}
RADII = {"dncnn": 5, "cnn5": 5}


@pytest.fixture(params=NETWORKS)
def network(request):
    return networks.build(request.param, **NETWORKS[request.param])


@pytest.fixture
def denoiser(network):
    return denoisers.Denoiser(network)


def by_tiles(denoiser, y, average, gigabytes, level):
    result, deviation, count = np.full(y.shape, np.nan, np.float32), np.full(y.shape, np.nan, np.float32), 0

    def read(rows, columns):
        return y[slice(*rows), slice(*columns)]

    plane = tiles.Plane(read, y.shape, noise.Gaussian(level), 0)
    for _, tile, *found in tiles.estimates(denoiser, [plane], average, seed=3, max_memory_gb=gigabytes):
        result[tile.place], deviation[tile.place] = found
        count += 1
    return result, deviation, count


@pytest.mark.slow
@pytest.mark.parametrize(
    "average", [passes.Average(0.5, 4, True, 8), passes.Average(0.5, 0, True, 8), passes.Average(0.5, 1, False)]
)
def test_tiled_is_untiled(denoiser, rng, average):
    network = denoiser.network
    y, per_pixel = rng.random((251, 303, 1)).astype(np.float32), receptive_field.bytes_per_pixel(network)
    side = 5 * max(8, receptive_field.radius(network)) + 8
    whole, spread, one = by_tiles(denoiser, y, average, 10, 0.1)
    tiled, tiled_spread, several = by_tiles(denoiser, y, average, side**2 * per_pixel / 1e9, 0.1)
    assert one == 1 and several > 3
    np.testing.assert_allclose(tiled, whole, atol=1e-5)
    np.testing.assert_allclose(tiled_spread, spread, atol=1e-4)


def test_radius_is_how_far_the_network_sees(network, rng):
    """Changing what lies further away changes nothing, changing what lies that far does."""
    network = keras.models.clone_model(network)
    for weight in network.trainable_weights:
        if len(weight.shape) == 4:
            weight.assign(2.0 * rng.standard_normal(weight.shape) / np.sqrt(np.prod(weight.shape[:-1])))
    radius, side = receptive_field.radius(network), 160
    y = rng.random((side, side, network.input_shape[-1])).astype(np.float32)
    assert radius == RADII.get(network.name, radius)
    own = denoisers.Denoiser(network)
    reference = passes.apply(own, y[None, ..., :1], 0.1)[0]
    seen = {}
    for distance in (radius - 1, radius):
        changes = []
        for place in range(80, 84):
            other = y[..., :1].copy()
            other[: place - distance], other[place + distance + 1 :] = 0, 0
            changes.append(np.abs(passes.apply(own, other[None], 0.1)[0] - reference)[place].max())
        seen[distance] = max(changes)
    assert seen[radius] < 1e-6 < seen[radius - 1]


def test_deviation_is_that_of_the_draws(rng):
    """A network that returns its input: the passes differ by alpha z, and so does their standard deviation."""
    inputs = keras.Input((None, None, 1))
    identity = denoisers.Denoiser(keras.Model(inputs, keras.layers.Activation("linear")(inputs)))
    y = rng.random((1, 60, 60, 1)).astype(np.float32)
    mean, deviation = passes.mean_and_deviation(identity, y, [noise.Gaussian(0.1)], passes.Average(0.5, 64, False), seed=0)
    assert np.sqrt(np.mean(deviation**2)) == pytest.approx(0.05, rel=0.01)
    assert np.std(mean - y) == pytest.approx(0.05 / 8, rel=0.05)
    _, single = passes.mean_and_deviation(identity, y, [noise.Gaussian(0.1)], passes.Average(0.5, 1, False), seed=0)
    assert not single.any()


def test_noise_of_cameras_is_cut_with_the_image(rng):
    kernel = rng.standard_normal((3, 3, 2, 2)).astype(np.float32)
    model = camera.CameraNoise(np.float32([0, 1]), np.float32([[0.01, 0.02], [0.1, 0.05]]), kernel, [0.2, 0.6], [1.0, 3.0])
    y = rng.random((120, 90, 2)).astype(np.float32)
    whole = model.at(y)
    assert np.ptp(whole.sigma / model.flat_level(y)) > 0.1
    for rows, columns in (((0, 50), (30, 90)), ((40, 120), (0, 90)), ((35, 60), (41, 44))):
        window = tiles.Plane(lambda r, c: y[slice(*r), slice(*c)], y.shape, model, 0).noise_of(rows, columns)
        np.testing.assert_allclose(window.sigma, whole.sigma[slice(*rows), slice(*columns)], atol=1e-6)


def test_too_little_memory(denoiser):
    with pytest.raises(InputError, match="`max_memory_gb` must be at least"):
        tiles.plan(denoiser, 4000, 4000, 1e-6)


def test_network_that_sees_everything():
    inputs = keras.Input((None, None, 1))
    everything = keras.layers.GlobalAveragePooling2D(keepdims=True)(inputs)
    network = keras.Model(inputs, keras.layers.Add()([inputs, everything]))
    with pytest.raises(InputError, match="cannot work on tiles"):
        tiles.plan(denoisers.Denoiser(network), 4000, 4000, 0.01)
