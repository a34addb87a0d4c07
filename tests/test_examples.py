"""The examples of the docstrings and the Python of README and docs do what they say."""

import doctest
import re

import numpy as np
import pytest
from conftest import ROOT
from skimage import data, io

import r2r_tf
from r2r_tf import noise
from r2r_tf.inference import arrays, export, noise_estimates, whole_images
from r2r_tf.models import denoisers, networks

pytestmark = pytest.mark.slow

PAGES = [ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in ("denoising", "shipping"))]


def test_docstrings():
    modules = {arrays: 12, whole_images: 6, noise_estimates: 4}  # and how many examples they have at least
    for module, least in modules.items():
        result = doctest.testmod(module, extraglobs={"r2r_tf": r2r_tf}, optionflags=doctest.NORMALIZE_WHITESPACE)
        assert result.failed == 0 and result.attempted >= least, module.__name__


def blocks():
    return [block for page in PAGES for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the names of README stand for something: small networks for the runs, a noisy picture."""
    for name, build in (("quickstart", {"name": "dncnn", "depth": 3, "features": 8}), ("awgn50", {"name": "dncnn", "depth": 3})):
        place = tmp_path / "runs" / name
        place.mkdir(parents=True)
        network = networks.build(**build)
        card = {"alpha": 0.5, "noise": noise.Gaussian(50 / 255).to_json(), "channels": 1, "value_range": [0, 1]}
        denoisers.save(place, network, card)
        export.export_saved_model(network, place / "saved_model", 0.5)
    export.export_onnx(networks.build("unet", features=8), tmp_path / "denoiser.onnx")
    io.imsave(tmp_path / "noisy.png", data.camera()[:64, :64], check_contrast=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_python_of_readme(folder):
    y = (data.camera()[:64, :64] / 255).astype(np.float32)
    png_bytes = (folder / "noisy.png").read_bytes()
    first, *others = blocks()
    exec(first, {})
    assert io.imread("clean.png").dtype == np.uint8
    assert len(others) >= 3
    for block in others:
        names = {"y": y, "x": y[None, ..., None], "png_bytes": png_bytes}
        exec(block, names)
        assert names["x_hat"].shape[-3:] in {y.shape, (*y.shape, 1)}
