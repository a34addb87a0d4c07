"""The command that tells the noise of pictures in files, and reading them."""

import json

import numpy as np
import pytest
import scipy.ndimage
import skimage.io
from conftest import run_command

from r2r_tf import image_files, noise
from r2r_tf.estimation import description


def smooth_picture(rng, channels=3):
    ramp = np.linspace(0.3, 0.7, 300)
    return np.tile(ramp, (200, 1))[..., None] * np.ones(channels) + 0.05 * np.sin(rng.uniform(0, 6))


def saved(path, picture, dtype=np.uint8):
    limit = np.iinfo(dtype).max
    skimage.io.imsave(path, np.round(np.clip(picture, 0, 1) * limit).astype(dtype).squeeze(), check_contrast=False)
    return path


@pytest.fixture
def pictures(rng, tmp_path):
    white = saved(tmp_path / "white.png", (x := smooth_picture(rng)) + 0.04 * rng.standard_normal(x.shape))
    correlated = scipy.ndimage.gaussian_filter(rng.standard_normal(x.shape), (1, 1, 0))
    return white, saved(tmp_path / "correlated.tif", x + 0.04 * correlated / correlated.std(), np.uint16)


def test_descriptions_tell_white_noise_from_correlated(pictures):
    white, correlated = (description.describe(image_files.read(path)) for path in pictures)
    for name in ("chen2015", "wavelet", "calm", "flat"):
        assert white[name] == pytest.approx(0.04, rel=0.05)
    assert description.warnings(white) == []
    assert correlated["flat"] == pytest.approx(0.04, rel=0.08) and correlated["wavelet"] < 0.02
    assert correlated["right"] == pytest.approx(np.exp(-1 / 4), abs=0.05) == correlated["below"]
    assert correlated["channels"] < 0.1
    assert any("correlated (0.7" in sentence for sentence in description.warnings(correlated))


def test_other_broken_assumptions(rng):
    x = smooth_picture(rng)
    same = 0.04 * np.repeat(rng.standard_normal((*x.shape[:2], 1)), 3, axis=2)
    rising = 0.2 * (x - 0.25) * rng.standard_normal(x.shape)
    clipped = np.where(x > np.quantile(x, 0.95), 1.0, x + 0.04 * rng.standard_normal(x.shape))
    texture = np.tile(rng.uniform(size=(3, 3, 3)), (20, 20, 1)) * (np.indices((60, 60)).sum(0)[..., None] % 7)
    for picture, message in ((x + same, "channels"), (x + rising, "depends on brightness"), (clipped, "clipped")):
        found = description.warnings(description.describe(picture.astype(np.float32)))
        assert len(found) == 1 and message in found[0]
    assert "too few smooth areas" in description.warnings(description.describe(texture.astype(np.float32)))[0]


@pytest.mark.slow
def test_command(pictures, tmp_path):
    process = run_command("tools.estimate_noise", *pictures, f"--output_dir={tmp_path / 'out'}")
    assert "correlated.tif: the noise is correlated" in process.stdout and "white.png: " not in process.stdout
    record = json.loads((tmp_path / "out" / "noise.json").read_text())
    assert set(record["pictures"]) == {str(path) for path in pictures}
    model = noise.from_json(record["pooled"])
    assert 0.028 < np.median(model.sigma) < 0.05
    assert (tmp_path / "out" / "noise.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("arguments, message", [((), "at least one picture"), (("no.png",), "1 of 1 files could not be read")])
def test_bad_input(arguments, message, tmp_path):
    process = run_command("tools.estimate_noise", *arguments, f"--output_dir={tmp_path}", check=False)
    assert process.returncode == 1 and message in process.stderr and "Traceback" not in process.stderr
