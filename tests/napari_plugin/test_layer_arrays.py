"""What works on arrays: needs neither napari nor Qt."""

from types import SimpleNamespace

import numpy as np
import pytest
from conftest import noisy_counts as noisy
from conftest import run_python, small_settings, tiny_run

from r2r_tf import noise
from r2r_tf.errors import InputError
from r2r_tf.models import denoisers, networks
from r2r_tf.napari_plugin import denoising, layers, training
from r2r_tf.training import flag_texts, run
from r2r_tf.training.settings import flag_lines


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_run(tmp_path_factory.mktemp("runs") / "tiny")


def layer(data, **attributes):
    return SimpleNamespace(**{"name": "cells", "data": data, "multiscale": False, "rgb": False, **attributes})


def nothing(done, total, words):
    pass


class Stop(Exception):
    pass


def test_arrays_need_no_napari(tmp_path):
    for name in ("napari", "qtpy", "npe2"):
        (tmp_path / f"{name}.py").write_text("raise ImportError")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import r2r_tf; "
        "from r2r_tf.napari_plugin import denoising, layers, training, first_import; "
        "print(sorted({'tensorflow', 'keras', 'skimage', 'napari'} & set(sys.modules)))"
    )
    assert run_python("-c", code).stdout.strip() == "[]"


@pytest.mark.parametrize(
    "data, message",
    [
        (np.full((8, 8), 7), "cells is constant: .* Received: 7 everywhere"),
        (np.full((8, 8), np.nan), "constant.*no number"),
        (np.zeros((8, 8), bool), "whole numbers or floats. Received: bool"),
        (np.zeros((0, 8)), "empty"),
    ],
)
def test_layers_that_cannot_be(data, message):
    with pytest.raises(InputError, match=message):
        layers.data_of(layer(data))


@pytest.mark.parametrize(
    "shape, rgb, pages", [((5, 7), False, 1), ((2, 3, 5, 7), False, 6), ((5, 7, 3), True, 1), ((2, 5, 7, 4), True, 2)]
)
def test_pages_and_back(rng, shape, rgb, pages):
    array = rng.integers(0, 255, shape, np.uint8)
    stack, restore = layers.pages_of(array, rgb)
    assert stack.shape == (pages, 5, 7, 3 if rgb else 1)
    changed = restore(255 - stack)
    colours = (..., slice(0, 3)) if rgb else ...
    assert (changed[colours] == 255 - array[colours]).all() and changed.shape == shape
    assert not rgb or (changed[..., 3:] == array[..., 3:]).all()


def test_lazy_equals_in_memory(tiny):
    """One page of one noise: the sample is the page."""
    import dask.array

    y = noisy(1, 64, 64).astype(np.float32)
    asked = denoising.Asked(model=tiny, sigma="20")
    whole, words = denoising.denoise("y", y, False, asked, nothing)
    lazily, others = denoising.denoise("y", dask.array.from_array(y, chunks=(1, 40, 40)), False, asked, nothing)
    assert whole.dtype == lazily.dtype == np.float32 and words == others and words.startswith("Noise as given: sigma 20.0 counts")
    np.testing.assert_allclose(lazily.compute(), whole, atol=1e-3)


def test_colours_are_taken_lazily_too(tiny):
    import dask.array

    y = dask.array.from_array(np.moveaxis(noisy(4, 32, 32), 0, -1), chunks=(32, 32, 4))
    result, _ = denoising.denoise("y", y, True, denoising.Asked(model=tiny), nothing)
    assert (result.shape, result.dtype, result.chunks) == (y.shape, y.dtype, y.chunks)
    assert (result[..., 3] == y[..., 3]).all().compute()


def test_work_stops_between_tiles(tiny, monkeypatch):
    monkeypatch.setattr(denoising, "_MEMORY_GB", 1e-5)
    seen = []

    def progress(done, total, words):
        seen.append((done, total))
        if done:
            raise Stop

    with pytest.raises(Stop):
        denoising.denoise("y", noisy(3, 64, 64), False, denoising.Asked(model=tiny, sigma="20"), progress)
    assert 0 < seen[-1][0] < seen[-1][1] / 3


@pytest.mark.parametrize(
    "asked, message",
    [
        ({"sigma": "loud"}, "`sigma` is a number"),
        ({"sigma": "20", "noise": "poisson"}, "leave `sigma` out"),
        ({"model": "nothing/like/it"}, "nothing/like/it"),
    ],
)
def test_choices_that_do_not_fit(asked, message):
    with pytest.raises(InputError, match=message):
        denoising.denoise("y", noisy(32, 32), False, denoising.Asked(**asked), nothing)


def test_a_network_for_other_channels(tmp_path):
    card = {"alpha": 0, "noise": noise.Gaussian(0.1).to_json(), "channels": 3, "value_range": [0, 1]}
    denoisers.save(tmp_path, networks.build("dncnn", depth=2, features=4, channels=3), card)
    with pytest.raises(InputError, match="3 channels. Received: 1"):
        denoising.denoise("y", noisy(32, 32), False, denoising.Asked(model=str(tmp_path)), nothing)


def test_a_level_of_white_noise():
    assert denoising.Asked(noise="white", sigma="20").options()["noise"] is None
    assert denoising.Asked(noise="white").options()["noise"] == "white"


def test_kept_images_are_those_of_the_run(tmp_path):
    pages, colours = noisy(2, 32, 32), np.moveaxis(noisy(4, 32, 32), 0, -1)
    images = [("a b", pages, False), ("c", colours, True)]
    assert training.keep(images, tmp_path, nothing) == 3 == training.keep(images, tmp_path, nothing)
    assert (np.load(tmp_path / "000_a_b.npy")[..., 0] == pages).all()
    assert (np.load(tmp_path / "001_c.npy")[0] == colours[..., :3]).all()
    with pytest.raises(InputError, match="a b is not as it was"):
        training.keep([("a b", pages + 1, False), images[1]], tmp_path, nothing)
    with pytest.raises(InputError, match="began on other images.*001_c"):
        training.keep(images[:1], tmp_path, nothing)


def test_flag_files_say_settings():
    settings = small_settings(binning=(2, 3), sigma="5-55", antithetic=False, scales=(1.0, 0.5))
    assert flag_texts.settings_of(list(flag_lines(settings).values())) == settings
    assert flag_texts.settings_of(["--binning=2", "--binning=", "--single_image"]).binning is None
    for line, message in (("--gone=1", "no setting `gone`"), ("--epochs=many", "`epochs` must be a number")):
        with pytest.raises(InputError, match=message):
            flag_texts.settings_of([line])


@pytest.mark.slow
def test_steps_are_told_and_may_end_the_run(data_dir, tmp_path):
    told = []

    def until(last):
        def on_step(done, total, words):
            told.append((done, total))
            if done == last:
                raise Stop

        return on_step

    for last in (8, 7):
        with pytest.raises(Stop):
            run.train(small_settings(data_dir=data_dir), tmp_path, on_step=until(last))
    # the validation of an epoch tells its last step again; the second epoch was begun again
    assert list(dict.fromkeys(told)) == [(number, 12) for number in range(1, 9)] and told[-2:] == [(8, 12), (7, 12)]
