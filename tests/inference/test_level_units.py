"""Levels in the units of files: what one tool prints is what the other finds, and may be given."""

import re

import numpy as np
import pytest
import tifffile
from conftest import run_command
from skimage import data

from r2r_tf import image_files
from r2r_tf.errors import InputError
from r2r_tf.image_files.value_range import ValueRange
from r2r_tf.inference import levels


def test_parsing():
    scale = ValueRange(100.0, 1100.0)
    for text in ("20", "20counts", " 20 Counts", "2e1", "5.1/255"):
        assert levels.parse(text).of_range(scale) == pytest.approx(0.02)
    for text in ("", "loud", "-1", "nan", "inf", "20 grey", "25/256", "1e400", "/255"):
        with pytest.raises(InputError, match="number of counts"):
            levels.parse(text)
    with pytest.raises(InputError, match="go from 0 to 1: it must be below 1. Received: 25"):
        levels.parse("25").of_range(ValueRange(0.0, 1.0))


def said(process):
    return dict(re.findall(r"^([\w.]+?): .*sigma (.*? counts.*?), [\d.]+ s$", process.stdout, re.MULTILINE))


@pytest.mark.slow
def test_both_tools_say_the_same_in_the_values_of_the_file(tmp_path):
    """Bytes, 12 bits in 16 with a pedestal, floats, colours, a stack, in a folder with a bad file."""
    rng = np.random.default_rng(0)
    x = data.camera()[100:260, 100:260] / 255
    y = x + 0.08 * rng.standard_normal(x.shape)
    stack = np.stack([x + sigma * rng.standard_normal(x.shape) for sigma in (0.05, 0.1)])
    colour = np.stack([x + 0.08 * rng.standard_normal(x.shape) for _ in range(3)], axis=-1)
    for name, values in {
        "bytes.tif": np.clip(255 * y, 0, 255).astype(np.uint8),
        "counts.tif": (300 + 1000 * y).astype(np.uint16),
        "floats.tif": y.astype(np.float32),
        "stack.tif": (300 + 1000 * stack).astype(np.int16),
        "colour.tif": np.clip(255 * colour, 0, 255).astype(np.uint8),
    }.items():
        tifffile.imwrite(tmp_path / name, values)
    (tmp_path / "broken.tif").write_bytes(b"II*\0")
    estimated = run_command("tools.estimate_noise", tmp_path, f"--output_dir={tmp_path / 'noise'}", check=False)
    assert estimated.returncode == 1 and "1 of 6 files" in estimated.stderr
    denoised = run_command("tools.denoise", tmp_path, f"--output_dir={tmp_path / 'out'}", "--orientations=1", check=False)
    found = said(denoised)
    assert len(found) == 5
    for name, text in found.items():
        assert re.search(rf"^{name} .*  {re.escape(text)}$", estimated.stdout, re.MULTILINE), name
    assert float(found["counts.tif"].split()[0]) == pytest.approx(80, rel=0.05)
    assert float(found["floats.tif"].split()[0]) == pytest.approx(0.08, rel=0.05)
    told = run_command(
        "tools.denoise", tmp_path / "counts.tif", f"--output_dir={tmp_path / 'told'}", "--orientations=1", "--sigma=80"
    )
    assert said(told)["counts.tif"].startswith("80.0 counts")
    by_default, by_us = (image_files.open_image(tmp_path / place / "counts_denoised.tif").pixels for place in ("out", "told"))
    assert np.abs(by_default.astype(float) - by_us).mean() < 5
