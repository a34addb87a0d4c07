"""The widget "Train (R2R)": some layers, a folder for the run; its weights can then be chosen for denoising."""

import pathlib

from qtpy import QtWidgets

from r2r_tf.napari_plugin import layers, training
from r2r_tf.napari_plugin.choices import RUNS, LayerList
from r2r_tf.napari_plugin.work import Work

_EPOCHS = 16  # as in configs/own_images.flags
_AFTER_STOP = "Stopped. Train, with the same layers and folder, goes on after the last finished epoch."


class TrainWidget(QtWidgets.QWidget):
    """Controls, and the work that they start."""

    def __init__(self, napari_viewer, **changes):
        """A widget for a viewer; `changes` are settings besides those that it shows, for tests."""
        super().__init__()
        self._changes = changes
        self.layers, self.folder, browse = LayerList(napari_viewer), QtWidgets.QLineEdit(), QtWidgets.QPushButton("...")
        self.folder.setPlaceholderText("a new folder, or that of a run to resume")
        browse.setMaximumWidth(40)
        browse.clicked.connect(self._browse)
        self.epochs = QtWidgets.QSpinBox()
        self.epochs.setRange(1, 10000)
        self.epochs.setValue(_EPOCHS)
        self.epochs.setToolTip("More of them continue a finished run")
        self.work = Work("Train", self.train, _AFTER_STOP)
        place = QtWidgets.QHBoxLayout()
        place.addWidget(self.folder)
        place.addWidget(browse)
        form = QtWidgets.QFormLayout()
        for label, control in (("Layers", self.layers), ("Run", place), ("Epochs", self.epochs)):
            form.addRow(label, control)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.work)
        layout.addStretch()

    def train(self):
        """Begins or resumes, with what is chosen now."""
        chosen, folder = self.layers.layers, self.folder.text().strip()
        folder = folder and str(pathlib.Path(folder).expanduser().absolute())
        changes = {**self._changes, "epochs": self.epochs.value()}

        def work(on_progress):
            images = [(layer.name, layers.data_of(layer), layer.rgb) for layer in chosen]
            return folder, training.train(images, folder, on_progress, **changes)

        self.work.begin(work, lambda done: self._finish(*done))

    def _finish(self, folder, words):
        RUNS.add(folder)
        self.work.say(words)

    def _browse(self):
        path = QtWidgets.QFileDialog.getExistingDirectory(self, "Folder of the run")
        if path:
            self.folder.setText(path)
