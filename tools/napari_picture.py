"""Draws the picture of docs/napari.md: the viewer with a noisy photograph, the result beside it, and the widget that made it.

Needs no screen: Qt draws offscreen, OpenGL in software (Mesa). Usage: python -m tools.napari_picture --output=docs/napari.png
"""

import sys
import time

from absl import flags

from r2r_tf.commands import command

FLAGS = flags.FlagValues()
_OUTPUT = flags.DEFINE_string("output", None, "Where the picture goes, PNG.", flag_values=FLAGS)
_PART = flags.DEFINE_integer(
    "part", 256, "Side of the part of the photograph.", lower_bound=64, upper_bound=256, flag_values=FLAGS
)
_MODEL = flags.DEFINE_string("model", None, "Weights; the default if not given.", flag_values=FLAGS)
flags.mark_flag_as_required("output", flag_values=FLAGS)
_GROUPS = {"Flags": ("output", "part", "model")}
_TOP, _LEFT = 30, 130
_SIGMA = 25
_CLOSER = 1.36
_MOST = 300  # seconds


def _run(typed):
    from r2r_tf.errors import InputError
    from tools import software_gl

    problem = software_gl.make_current()
    if problem:
        raise InputError(f"The picture needs OpenGL: {problem}.")
    import napari
    import numpy as np
    from qtpy import QtWidgets
    from skimage import data

    viewer = napari.Viewer(show=False)
    clean = data.camera()[_TOP:, _LEFT:][: _PART.value, : _PART.value]
    noisy = clean + np.random.default_rng(0).normal(0, _SIGMA, clean.shape)
    viewer.add_image(np.round(np.clip(noisy, 0, 255)).astype(np.uint8), name="camera")
    _, widget = viewer.window.add_plugin_dock_widget("r2r_tf", "Denoise (R2R)")
    if _MODEL.value:
        widget.weights.choose(_MODEL.value)
    widget.denoise()
    end = time.monotonic() + _MOST
    while not widget.work.run.isEnabled() and time.monotonic() < end:
        QtWidgets.QApplication.processEvents()
        time.sleep(0.01)
    if len(viewer.layers) < 2:
        raise InputError(f"There is no result: {widget.work.said.text()}")
    viewer.layers[1].translate = (0, 1.03 * clean.shape[1])
    _window(viewer).save(_OUTPUT.value)
    print(f"{widget.work.said.text()} File: {_OUTPUT.value}")
    viewer.close()


def _window(viewer):
    """A `QPixmap` of the window, with its canvas drawn in software: offscreen, Qt leaves that empty."""
    from qtpy import QtCore, QtGui, QtWidgets

    window, canvas = viewer.window._qt_window, viewer.window._qt_viewer.canvas
    # the canvas as large as it was made: it hears of another size through an OpenGL of Qt's, which there is not
    width, height = map(int, canvas._scene_canvas.physical_size)
    for _ in range(3):
        now = canvas.native.size()
        window.resize(window.width() + width - now.width(), window.height() + height - now.height())
        window.grab()  # lays it out
        QtWidgets.QApplication.processEvents()
    canvas._scene_canvas.central_widget.size = (width, height)
    viewer.reset_view()
    # napari 0.9 moved its camera into a scene
    getattr(viewer, "scene", viewer).camera.zoom *= _CLOSER
    place = QtCore.QRect(canvas.native.mapTo(window, QtCore.QPoint(0, 0)), canvas.native.size())
    drawn = canvas._scene_canvas.render(size=(width, height), alpha=False).copy()
    picture = window.grab()
    painter = QtGui.QPainter(picture)
    kind = QtGui.QImage.Format.Format_RGB888
    painter.drawImage(place, QtGui.QImage(drawn.data, drawn.shape[1], drawn.shape[0], drawn.strides[0], kind))
    painter.end()
    return picture


def main(argv=None):
    """The command; its words are those of this process by default. Returns the exit code."""
    return command.run(_run, argv, flag_values=FLAGS, groups=_GROUPS)


if __name__ == "__main__":
    sys.exit(main())
