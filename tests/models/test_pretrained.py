"""Shipped weights score what their cards say, load in safe mode, and the default is found by the image's channels."""

import json

import numpy as np
import pytest
import scipy.ndimage
from conftest import as_camera
from skimage import data

import r2r_tf
from r2r_tf import noise, pretrained
from r2r_tf.data import datasets, test_sets
from r2r_tf.errors import InputError
from r2r_tf.estimation import likeness
from r2r_tf.evaluation import baselines, metrics, model_cards
from r2r_tf.inference import shipped
from r2r_tf.models import denoisers, networks


@pytest.mark.slow
@pytest.mark.parametrize("name", pretrained.names())
def test_shipped_weights_score_what_their_card_says(name, data_dir):
    card = json.loads((pretrained.directory(name) / "model.json").read_text())
    denoiser = r2r_tf.load_pretrained(name)
    found = model_cards.check(denoiser, data_dir)
    assert found["psnr"] == pytest.approx(card["check"]["psnr"], abs=0.01)
    if name != pretrained.CAMERA:  # which is for soft pictures, and these are sharp
        assert found["psnr"] > found["psnr_noisy"] + (1 if name == pretrained.SHARP_CAMERA else 7.5)
    assert denoiser.sha256 == card["sha256"] and (pretrained.directory(name) / "card.md").read_text().startswith(f"# {name}")


@pytest.mark.release
@pytest.mark.parametrize(
    "name", sorted(set(pretrained.names()) - {pretrained.CAMERA, pretrained.SHARP_CAMERA, pretrained.MICROSCOPE})
)
def test_shipped_weights_on_berkeley_pictures(name, real_data_dir, manual_dir):
    """Crops of four pictures of BSD68 or CBSD68: better than the best classical denoiser of scikit-image by half a decibel."""
    denoiser = r2r_tf.load_pretrained(name)
    level = json.loads((pretrained.directory(name) / "model.json").read_text())["check"]["sigma"] / 255
    dataset = "bsd68" if denoiser.form.channels == 1 else "bsds500/rgb"
    test = test_sets.load_test_set(
        dataset, noise.Gaussian(level), None, data_dir=real_data_dir, manual_dir=manual_dir, max_images=4
    )
    gains = []
    for y, _, x, *_ in test.images:
        x, y = x[:160, :160], y[:160, :160]
        classical = baselines.non_local_means(y, level)
        gains.append(
            metrics.psnr(x, r2r_tf.denoise(y, denoiser, sigma=level, num_recorruptions=2, channel_axis=-1))
            - metrics.psnr(x, classical)
        )
    assert np.mean(gains) > 0.5


@pytest.mark.release
def test_shipped_weights_on_noise_of_cameras(real_data_dir, manual_dir):
    """Crops of scenes that were not trained on, their noise found in them: better than the input by a decibel, in one pass."""
    test = test_sets.load_test_set("polyu", None, 3, data_dir=real_data_dir, manual_dir=manual_dir, max_images=6)
    gains = []
    for y, _, x, *_ in test.images:
        x, y = x[:256, :256], y[:256, :256]
        gains.append(metrics.psnr(x, r2r_tf.denoise(y, orientations=1)) - metrics.psnr(x, y))
    assert np.mean(gains) > 1.0


@pytest.mark.slow
def test_default_follows_the_channels(rng):
    y = (0.5 + 0.1 * rng.standard_normal((40, 44))).astype(np.float32)
    name = pretrained.DEFAULTS[1]
    assert name in pretrained.names()
    x_hat = r2r_tf.denoise(y, sigma=0.1, num_recorruptions=2)
    np.testing.assert_array_equal(x_hat, r2r_tf.denoise(y, name, sigma=0.1, num_recorruptions=2))
    assert x_hat.std() < 0.03
    colour = np.stack([y, y, np.zeros_like(y)], axis=-1)
    by_channel = [r2r_tf.denoise(plane, sigma=0.1) for plane in np.moveaxis(colour, -1, 0)]
    # planes go through the network together, and other sizes of batches are summed in another order
    np.testing.assert_allclose(r2r_tf.denoise(colour, sigma=0.1), np.stack(by_channel, axis=-1), atol=1e-5)
    wide = np.stack([np.tile(y, (4, 4)), np.tile(y, (4, 4)), np.full((160, 176), 0.3, np.float32)], axis=-1)
    np.testing.assert_allclose(r2r_tf.denoise(wide, sigma=0.1)[..., 0], r2r_tf.denoise(wide[..., 0], sigma=0.1), atol=1e-5)
    y = as_camera(np.full((160, 160, 3), 0.4, np.float32))
    np.testing.assert_array_equal(r2r_tf.denoise(y, orientations=1), r2r_tf.denoise(y, pretrained.CAMERA, orientations=1))
    assert not np.array_equal(r2r_tf.denoise(y, orientations=1), r2r_tf.denoise(y, pretrained.DEFAULTS[3], orientations=1))
    channels = np.stack([y[..., 0]] * 4, axis=-1)
    np.testing.assert_allclose(r2r_tf.denoise(channels)[..., 1], r2r_tf.denoise(y[..., 0]), atol=1e-5)
    with pytest.raises(InputError, match="taken for 5 channels"):
        r2r_tf.denoise(np.zeros((8, 8, 5), np.float32))


def test_network_that_is_no_denoiser(tmp_path):
    import keras

    inputs = keras.Input((None, None, 3))
    network = keras.Model(inputs, keras.layers.Conv2D(1, 3, padding="same")(inputs))
    with pytest.raises(InputError, match="to the same shape"):
        r2r_tf.denoise(np.zeros((8, 8, 3), np.float32), network)
    network.save(tmp_path / "wrong.keras")
    with pytest.raises(InputError, match="to the same shape"):
        denoisers.load(tmp_path / "wrong.keras")


def test_card_repeats_the_tables():
    """Those draws that a card shows, none of the others."""
    series = [("noisy input", 0), ("f(y)", 0), ("plain", 1), ("plain", 4), ("antithetic", 2), ("antithetic", 50)]
    rows = [{"series": name, "x": x, "psnr": 20.0 + i, "ssim": 0.5, "seconds": 0.1} for i, (name, x) in enumerate(series)]
    table = {"dataset": "bsd68", "split": "test", "images": 2, "sigma": "25", "noise_seeds": [0, 1], "seed": 0, "table": rows}
    lines = model_cards.draws("mine", {**table, "precision": "float32", "command": "r2r-ablation"})
    shown = [line.split("|")[1:4] for line in lines if line.startswith("| ") and "method" not in line]
    assert shown == [
        [" noisy input ", "  ", " 20.00 "],
        [" **mine**, f(y) ", "  ", " 21.00 "],
        [" **mine**, plain ", " 1 ", " 22.00 "],
        [" **mine**, antithetic ", " 2 ", " 24.00 "],
        [" **mine**, antithetic ", " 50 ", " 25.00 "],
    ]
    assert "noise seeds 0, 1" in lines[0] and lines[-2] == "    r2r-ablation"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[1, 2]",
        b"\xff\xfe",
        b'{"noise": 5}',
        b'{"noise": {"name": "snow"}}',
        b'{"noise": {"name": "gaussian"}}',
        b'{"noise": {"name": "gaussian", "sigma": NaN}}',
        b'{"noise": {"name": "gaussian", "sigma": -0.1}}',
        b'{"noise": {"name": "gaussian", "sigma": 1e300}}',
        b'{"alpha": "much"}',
        b'{"alpha": -1}',
        b'{"dtype": "uint16", "value_range": [1, 0]}',
        b'{"dtype": "uint16", "value_range": [0]}',
        b'{"dtype": "colour", "value_range": [0, 1]}',
        b'{"orientations": 9}',
    ],
)
def test_damaged_cards_are_refused_in_a_sentence(content, tmp_path):
    denoisers.save(tmp_path, networks.build("unet", features=8, blocks=1), {})
    (tmp_path / "model.json").write_bytes(content)
    with pytest.raises(InputError, match="model.json") as refusal:
        denoisers.load(tmp_path)
    assert "\n" not in str(refusal.value)


COLOUR = {
    "astronaut": data.astronaut()[:256, :256],
    "coffee": data.coffee()[100:356, 150:406],
    "retina": data.retina()[500:756, 500:756],
    "tissue": data.immunohistochemistry()[:256, :256],
    "chelsea": data.chelsea()[20:276, 100:356],
}


def gain(x_hat, y, x):
    """PSNR of an estimate above that of its input."""
    return 10 * np.log10(np.mean(np.square(y - x.astype(float))) / np.mean(np.square(x_hat - x.astype(float))))


def test_noise_of_a_camera_is():
    """The same photographs without their texture, with noise of the kind that the weights `camera` were trained for."""
    smooth = [scipy.ndimage.gaussian_filter(x.astype(np.float32) / 255, (6, 6, 0)) for x in COLOUR.values()]
    kinds = [shipped.denoiser_for(as_camera(x) / np.float32(255)).noise.family for x in smooth]
    assert kinds.count("camera") >= 4


@pytest.mark.slow
def test_sharp_pictures_of_cameras_have_weights_of_their_own(monkeypatch):
    """Photographs as sharp as their pixels lose less with those that were trained for it; larger ones gain with the others."""
    monkeypatch.setattr(shipped.likeness, "is_like", lambda y, model: True)
    sharp = data.rocket()[100:356, 200:456].astype(np.float32) / 255
    soft = scipy.ndimage.zoom(data.retina()[500:628, 500:628].astype(np.float32) / 255, (2, 2, 1), order=1)
    gains = {}
    for kind, x in (("sharp", sharp), ("soft", soft)):
        y = as_camera(x)
        chosen = shipped.denoiser_for(y / np.float32(255))
        for name in (pretrained.SHARP_CAMERA, pretrained.CAMERA):
            denoiser = r2r_tf.load_pretrained(name)
            gains[kind, chosen.sha256 == denoiser.sha256] = gain(r2r_tf.denoise(y, denoiser, orientations=1), y, 255 * x)
    assert gains["sharp", True] > gains["sharp", False] + 0.3 and gains["soft", True] > gains["soft", False] + 1


def test_noise_that_rises_to_fine_scales_is_a_cameras_as_well(monkeypatch):
    """As structure does not; the same bands the other way round are texture."""
    rising = np.log([0.9, 0.8, 0.9, 1.2, 1.6, 1.5])
    flat = np.full((64, 64, 3), 0.4, np.float32)
    for found, expected in ((rising, True), (2 * rising[::-1], False), (rising - 1.0, False), (3 * rising, False)):
        monkeypatch.setattr(likeness.spectrum, "band_levels", lambda y, model, found=found: found)
        assert likeness.is_like(flat, None) is expected


@pytest.mark.release
def test_photographs_of_polyu_are_cameras(real_data_dir, manual_dir):
    """Training pictures: noisy ones are of a camera, the mean of many of the same scene is not."""
    pictures = datasets.load_pictures(datasets.prepare("polyu", real_data_dir, manual_dir), "train[:24]")
    camera = r2r_tf.load_pretrained(pretrained.CAMERA).noise
    like = [[likeness.is_like(own, camera) for own in (picture.noisy, picture.clean)] for picture in pictures]
    noisy, clean = np.sum(like, axis=0)
    assert noisy >= 21 and clean == 0


def test_half_precision_halves_the_file_and_keeps_the_function(tmp_path, rng):
    network = networks.build("unet", features=32, blocks=1)
    # weights that no initializer makes
    network.set_weights([rng.normal(0, 0.05, weight.shape).astype(np.float32) for weight in network.get_weights()])
    for name in ("full", "half"):
        denoisers.save(tmp_path / name, network, {}, half=name == "half")
    full, half = (denoisers.load(tmp_path / name).network for name in ("full", "half"))
    sizes = [(tmp_path / name / "model.keras").stat().st_size for name in ("full", "half")]
    assert sizes[1] < 0.65 * sizes[0] and half.dtype == "float32"
    y = rng.random((1, 32, 32, 2)).astype(np.float32)
    difference = np.abs(np.asarray(half(y)) - np.asarray(full(y))).max()
    assert 0 < difference < 2e-3 * np.abs(np.asarray(full(y)) - y[..., :1]).max()
    # the network itself keeps its weights
    assert all(np.array_equal(own, kept) for own, kept in zip(network.get_weights(), full.get_weights(), strict=True))
