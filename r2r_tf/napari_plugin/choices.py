"""What there is to choose from: image layers of the viewer, and weights."""

import pathlib

from napari.layers import Image
from qtpy import QtCore, QtWidgets

from r2r_tf import pretrained

_OTHER = "Run directory ..."


class _Runs(QtCore.QObject):
    """Run directories that were chosen or trained since the start, which all weights boxes show."""

    added = QtCore.Signal(str)

    def __init__(self):
        super().__init__()
        self.paths = []

    def add(self, path):
        if path not in self.paths:
            self.paths.append(path)
        self.added.emit(path)


RUNS = _Runs()


def image_layers(viewer):
    """Those of a viewer, in its order."""
    return [layer for layer in viewer.layers if isinstance(layer, Image)]


def follow(viewer, widget):
    """Calls `widget.refresh` whenever layers come, go or are named anew, as long as the widget is there."""
    emitters = [getattr(viewer.layers.events, name) for name in ("inserted", "removed", "reordered", "renamed")]

    def refresh(event=None):
        widget.refresh()

    def leave():
        for emitter in emitters:
            emitter.disconnect(refresh)

    for emitter in emitters:
        emitter.connect(refresh)
    widget.destroyed.connect(leave)
    widget.refresh()


class LayerBox(QtWidgets.QComboBox):
    """One of the image layers."""

    def __init__(self, viewer):
        super().__init__()
        self._viewer, self._layers = viewer, []
        self.setSizeAdjustPolicy(QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        follow(viewer, self)

    def refresh(self):
        """Shows the layers that there are; the choice stays, as long as it is there."""
        before, self._layers = self.layer, image_layers(self._viewer)
        self.clear()
        self.addItems([layer.name for layer in self._layers])
        if before in self._layers:
            self.setCurrentIndex(self._layers.index(before))

    @property
    def layer(self):
        """The one that is chosen, or None."""
        return self._layers[self.currentIndex()] if 0 <= self.currentIndex() < len(self._layers) else None

    def choose(self, layer):
        """Chooses a layer."""
        self.setCurrentIndex(self._layers.index(layer))


class LayerList(QtWidgets.QListWidget):
    """Some of the image layers, by check marks."""

    def __init__(self, viewer):
        super().__init__()
        self._viewer, self._layers = viewer, []
        follow(viewer, self)

    def refresh(self):
        """Shows the layers that there are; check marks stay."""
        before, self._layers = self.layers, image_layers(self._viewer)
        self.clear()
        for layer in self._layers:
            item = QtWidgets.QListWidgetItem(layer.name, self)
            item.setCheckState(QtCore.Qt.CheckState.Checked if layer in before else QtCore.Qt.CheckState.Unchecked)

    @property
    def layers(self):
        """Those that are checked."""
        checked = QtCore.Qt.CheckState.Checked
        return [layer for row, layer in enumerate(self._layers) if self.item(row).checkState() == checked]

    def choose(self, layers):
        """Checks these."""
        for row, layer in enumerate(self._layers):
            self.item(row).setCheckState(QtCore.Qt.CheckState.Checked if layer in layers else QtCore.Qt.CheckState.Unchecked)


class WeightsBox(QtWidgets.QComboBox):
    """Default weights, shipped ones by name, run directories; the last entry asks for one."""

    def __init__(self):
        super().__init__()
        self.setSizeAdjustPolicy(QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.addItem("default", None)
        self.setToolTip("By default shipped weights that fit the image and its noise")
        for name in pretrained.names():
            self.addItem(name, name)
        for path in RUNS.paths:
            self._add(path)
        self.addItem(_OTHER)
        self.activated.connect(self._activated)
        RUNS.added.connect(self._add)

    @property
    def model(self):
        """What is chosen: None, a name, or a path."""
        return self.currentData()

    def choose(self, model):
        """Chooses weights; a run directory is added if need be."""
        if self.findData(model) < 0:
            RUNS.add(str(model))
        self.setCurrentIndex(self.findData(model))

    def _add(self, path):
        if self.findData(path) < 0:
            self.insertItem(max(0, self.findText(_OTHER)) or self.count(), pathlib.Path(path).name, path)
            self.setItemData(self.findData(path), path, QtCore.Qt.ItemDataRole.ToolTipRole)

    def _activated(self, index):
        if self.itemText(index) == _OTHER:
            self.setCurrentIndex(0)
            path = QtWidgets.QFileDialog.getExistingDirectory(self, "Run directory with model.keras")
            if path:
                self.choose(path)
