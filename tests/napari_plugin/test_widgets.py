"""The widgets, with what a viewer holds, in threads as in the viewer; tiny networks.

Without a window, for Mesa's OpenGL and a TensorFlow that was imported as usual cannot be in one process: see `test_viewer.py`.
"""

import os
import subprocess
import sys
import time

import numpy as np
import pytest
from conftest import noisy_counts as noisy
from conftest import tiny_run

TINY = {"init": None, "depth": 2, "features": 4, "batch_size": 4, "patch_size": 16, "steps_per_epoch": 3, "precision": "float32"}
# Qt ends the process where it cannot start
_QT = "from qtpy import QtWidgets; QtWidgets.QApplication([])"
_MOST = 60  # seconds that any work may take


@pytest.fixture(scope="session")
def qt():
    """The application of the tests."""
    pytest.importorskip("napari", reason="napari is not installed: pip install 'r2r_tf[napari]'")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    tried = subprocess.run([sys.executable, "-c", _QT], capture_output=True, text=True, timeout=60, check=False)
    if tried.returncode:
        pytest.skip(f"Qt cannot start here: {(tried.stderr.strip().splitlines() or ['it says nothing'])[-1]}")
    from qtpy import QtWidgets

    return QtWidgets.QApplication.instance() or QtWidgets.QApplication([])


@pytest.fixture
def viewer(qt):
    """What a viewer holds, without its window: needs no OpenGL. Events of threads are heard by `wait`."""
    from napari.components import ViewerModel

    return ViewerModel()


@pytest.fixture
def wait(qt):
    """Function that hears events until something holds; fails after a minute."""

    def wait(holds):
        end = time.monotonic() + _MOST
        while not holds():
            assert time.monotonic() < end, "it takes too long"
            qt.processEvents()
            time.sleep(0.005)
        qt.processEvents()

    return wait


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_run(tmp_path_factory.mktemp("runs") / "tiny")


@pytest.fixture
def said(qt):
    """Sentences that the viewer was told to show as errors."""
    from napari.utils.notifications import notification_manager

    notification_manager.records.clear()
    return lambda: [record.message for record in notification_manager.records]


@pytest.fixture
def widget(viewer):
    from r2r_tf.napari_plugin.denoise_widget import DenoiseWidget

    return DenoiseWidget(viewer)


@pytest.fixture
def trainer(viewer):
    from r2r_tf.napari_plugin.train_widget import TrainWidget

    return TrainWidget(viewer, **TINY)


@pytest.fixture
def finish(wait):
    """Function that waits for a widget's work and returns its sentence."""

    def finish(widget):
        wait(widget.work.run.isEnabled)
        return widget.work.said.text()

    return finish


@pytest.mark.slow
def test_manifest(qt):
    from npe2 import PluginManifest

    manifest = PluginManifest.from_distribution("r2r_tf")
    manifest.validate_imports()
    assert [own.display_name for own in manifest.contributions.widgets] == ["Denoise (R2R)", "Train (R2R)"]


@pytest.mark.parametrize("kind", ("plane", "stack", "time and depth", "colours"))
def test_layers_of_each_kind(viewer, widget, finish, tiny, kind):
    shape = {"plane": (48, 40), "stack": (3, 48, 40), "time and depth": (2, 2, 48, 40), "colours": (3, 48, 40)}[kind]
    data = np.moveaxis(noisy(*shape), 0, -1) if kind == "colours" else noisy(*shape)
    data = (data // 8).astype(np.uint8) if kind == "colours" else data
    layer = viewer.add_image(data, name="cells", rgb=kind == "colours")
    widget.layer.choose(layer)
    widget.weights.choose(tiny)
    widget.denoise()
    assert not widget.work.run.isEnabled() and widget.work.cancel.isEnabled()
    words = finish(widget)
    result = viewer.layers["cells denoised"]
    assert words.startswith("Noise found: sigma ") and words.endswith("white.") and result.metadata["r2r_tf"] == words
    assert (result.data.shape, result.data.dtype, result.rgb) == (data.shape, data.dtype, layer.rgb)
    assert (result.data != data).any() and widget.work.bar.value() == widget.work.bar.maximum() > 0


def test_metadata_is_kept(viewer, widget, finish, tiny):
    place = {"scale": (2, 0.5, 0.25), "translate": (1, 2, 3), "units": ("s", "um", "um"), "axis_labels": ("t", "y", "x")}
    look = {"colormap": "magenta", "contrast_limits": (900, 1500), "gamma": 0.7, "opacity": 0.5, "metadata": {"stain": "DAPI"}}
    layer = viewer.add_image(noisy(2, 32, 32), name="cells", **place, **look)
    widget.weights.choose(tiny)
    widget.sigma.setText("20")
    widget.denoise()
    assert finish(widget).startswith("Noise as given: sigma 20.0 counts")
    result = viewer.layers["cells denoised"]
    for name in ("scale", "translate", "contrast_limits", "gamma", "opacity", "units", "axis_labels"):
        assert np.all(getattr(result, name) == getattr(layer, name)), name
    assert result.colormap.name == "magenta" and result.metadata["stain"] == "DAPI" and "r2r_tf" not in layer.metadata


@pytest.mark.parametrize("kind", ("dask", "zarr"))
def test_lazy_layers_stay_lazy(viewer, widget, finish, tiny, tmp_path, monkeypatch, kind):
    import dask.array
    import zarr

    from r2r_tf.inference import volumes

    done, block = [], volumes.block
    monkeypatch.setattr(volumes, "block", lambda *args, **told: (done.append(told["place"][0]), block(*args, **told))[1])
    y = noisy(9, 32, 32)
    data = dask.array.from_array(y, chunks=(1, 32, 32))
    if kind == "zarr":
        data = zarr.create_array(str(tmp_path / "y.zarr"), data=y, chunks=(1, 32, 32))
    viewer.add_image(data, name="cells", contrast_limits=(500, 1500))
    viewer.dims.set_current_step(0, 4)
    widget.weights.choose(tiny)
    widget.denoise()
    assert finish(widget).startswith("Noise found")
    result = viewer.layers["cells denoised"]
    assert isinstance(result.data, dask.array.Array) and result.data.dtype == y.dtype
    # the first page, which a new layer shows, and that in view, once each
    assert sorted(done) == [(0, 1), (4, 5)]
    viewer.dims.set_current_step(0, 7)
    assert sorted(done) == [(0, 1), (4, 5), (7, 8)]


def test_cancel_stops(viewer, widget, finish, wait, tiny, monkeypatch):
    from r2r_tf.napari_plugin import denoising

    monkeypatch.setattr(denoising, "_MEMORY_GB", 1e-5)
    viewer.add_image(noisy(20, 96, 96), name="cells")
    widget.weights.choose(tiny)
    widget.sigma.setText("20")
    widget.denoise()
    wait(lambda: 0 < widget.work.bar.value() < widget.work.bar.maximum())
    widget.work.cancel.click()
    assert finish(widget) == "Stopped. Nothing was added." and len(viewer.layers) == 1 and not widget.work.cancel.isEnabled()
    widget.denoise()
    widget.work.stop()
    finish(widget)


def test_errors_are_sentences(viewer, widget, finish, said):
    widget.denoise()
    assert "no image layer" in widget.work.said.text()
    viewer.add_image(np.full((8, 8), 3), name="flat", contrast_limits=(0, 9))
    widget.denoise()
    assert finish(widget).startswith("flat is constant") and said()[-1] == widget.work.said.text()
    widget.layer.choose(viewer.add_image(noisy(32, 32), name="cells"))
    widget.sigma.setText("-3")
    widget.denoise()
    assert finish(widget).startswith("Sigma is a number of counts") and "Traceback" not in said()[-1]
    widget.sigma.setText("")
    widget.weights.choose("no/such/run")
    widget.denoise()
    assert "no/such/run" in finish(widget) and len(viewer.layers) == 2 and len(said()) == 4


def test_a_mistake_of_ours_is_a_sentence_too(viewer, widget, finish, said, monkeypatch, caplog):
    from r2r_tf.napari_plugin import denoising

    monkeypatch.setattr(denoising, "_in_memory", lambda *args: 1 / 0)
    viewer.add_image(noisy(32, 32), name="cells")
    widget.denoise()
    assert "should not have happened (ZeroDivisionError" in finish(widget) and "Traceback" in caplog.text


def test_layers_come_and_go(viewer, widget, trainer):
    layer = viewer.add_image(noisy(8, 8), name="a")
    viewer.add_labels(np.zeros((8, 8), int))
    other = viewer.add_image(noisy(8, 8), name="b")
    widget.layer.choose(other)
    trainer.layers.choose([other])
    layer.name = "c"
    assert [widget.layer.itemText(row) for row in range(widget.layer.count())] == ["c", "b"] and widget.layer.layer is other
    viewer.layers.remove(layer)
    assert widget.layer.layer is other and trainer.layers.layers == [other]


def test_a_panel_that_is_gone_is_not_told(qt, viewer):
    from qtpy import QtCore

    from r2r_tf.napari_plugin.denoise_widget import DenoiseWidget

    gone = DenoiseWidget(viewer)
    gone.deleteLater()
    qt.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
    viewer.add_image(noisy(8, 8))


@pytest.mark.slow
def test_training_on_layers(viewer, trainer, widget, finish, wait, tmp_path):
    chosen = [viewer.add_image(noisy(64, 64), name=name) for name in ("a", "b")]
    trainer.train()
    assert finish(trainer) == "Choose at least one image layer to train on."
    trainer.layers.choose(chosen)
    trainer.train()
    assert finish(trainer) == "Choose a folder for the run."
    trainer.folder.setText(str(tmp_path / "mine"))
    trainer.epochs.setValue(2)
    trainer.train()
    wait(lambda: trainer.work.bar.value() > 0)
    trainer.work.cancel.click()
    assert finish(trainer).startswith("Stopped. Train") and not (tmp_path / "mine" / "model.keras").exists()
    trainer.train()
    assert finish(trainer).startswith("Finished: ") and trainer.work.bar.value() == trainer.work.bar.maximum()
    widget.weights.choose(str(tmp_path / "mine"))
    assert [widget.weights.itemText(row) for row in range(widget.weights.count())].count("mine") == 1
    widget.denoise()
    assert finish(widget).startswith("Noise")
    trainer.train()
    assert "is finished already" in finish(trainer)
