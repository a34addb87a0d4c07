"""A whole viewer: the widget from its manifest, OpenGL in software, TensorFlow in a thread beside it; in a process of its own."""

import os

import numpy as np
import pytest
from conftest import run_python, tiny_run
from skimage import io


@pytest.mark.slow
def test_picture_of_the_viewer(tmp_path):
    """As docs/napari.md shows it, with a tiny network: noisy on the left, the result on the right."""
    pytest.importorskip("napari", reason="napari is not installed: pip install 'r2r_tf[napari]'")
    where = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "NAPARI_CONFIG": str(tmp_path / "settings.yaml")}
    tried = run_python("-c", "from qtpy import QtWidgets; QtWidgets.QApplication([])", check=False, env=where)
    if tried.returncode:
        pytest.skip(f"Qt cannot start here: {(tried.stderr.strip().splitlines() or ['it says nothing'])[-1]}")
    model, picture = tiny_run(tmp_path / "tiny"), tmp_path / "viewer.png"
    process = run_python(
        "-m", "tools.napari_picture", f"--output={picture}", "--part=64", f"--model={model}", check=False, env=where
    )
    if "needs OpenGL" in process.stderr:
        pytest.skip(process.stderr.strip().splitlines()[-1])
    assert process.returncode == 0 and "Noise found: sigma" in process.stdout, process.stderr
    # the canvas, between lists and widget
    shown = io.imread(picture)[100:500, 340:1000, :3]
    assert np.std(shown[:, :330]) > 10 and np.std(shown[:, 330:]) > 10
