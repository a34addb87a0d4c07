"""The widget "Denoise (R2R)": a layer, weights, what is known of the noise; the result is a new layer."""

from napari.utils import resize_dask_cache
from qtpy import QtWidgets

from r2r_tf.errors import InputError
from r2r_tf.napari_plugin import denoising, layers
from r2r_tf.napari_plugin.choices import LayerBox, WeightsBox
from r2r_tf.napari_plugin.work import Work

_NOISE = {"found in the image": None, "white": "white", "counting (poisson)": "poisson", "speckle (gamma)": "gamma"}


class DenoiseWidget(QtWidgets.QWidget):
    """Controls, and the work that they start."""

    def __init__(self, napari_viewer):
        super().__init__()
        self._viewer = napari_viewer
        self.layer, self.weights = LayerBox(napari_viewer), WeightsBox()
        self.noise, self.sigma = QtWidgets.QComboBox(), QtWidgets.QLineEdit()
        for label, kind in _NOISE.items():
            self.noise.addItem(label, kind)
        self.sigma.setPlaceholderText("found in the image")
        self.sigma.setToolTip("Standard deviation of white noise, in the values of the image: 20; or of 255ths: 25/255")
        self.work = Work("Denoise", self.denoise, "Stopped. Nothing was added.")
        form = QtWidgets.QFormLayout()
        for label, control in (("Layer", self.layer), ("Weights", self.weights), ("Noise", self.noise), ("Sigma", self.sigma)):
            form.addRow(label, control)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.work)
        layout.addStretch()

    def denoise(self):
        """Begins, with what is chosen now."""
        layer = self.layer.layer
        if layer is None:
            return self.work.fail(InputError("Open an image first: there is no image layer."))
        asked = denoising.Asked(self.weights.model, self.noise.currentData(), self.sigma.text().strip() or None)
        shown = tuple(self._viewer.dims.current_step)

        def work(on_progress):
            data = layers.data_of(layer)
            result, words = denoising.denoise(layer.name, data, layer.rgb, asked, on_progress)
            if layers.is_lazy(data):
                on_progress(0, 0, "Denoising the page in view")
                _look_at(result, shown, 3 if layer.rgb else 2)
            return result, words

        self.work.begin(work, lambda done: self._add(layer, *done))

    def _add(self, layer, result, words):
        self._viewer.add_image(result, **layers.attributes_of(layer, words))
        self.work.say(words)


def _look_at(result, shown, inner):
    """Computes what the viewer shows at once into its cache: else it would compute that itself, and stand still meanwhile.

    Args:
      result: Dask array.
      shown: step of each axis of the viewer.
      inner: how many axes a page has.
    """
    import dask

    sides = result.shape[: result.ndim - inner]
    place = tuple(min(step, side - 1) for step, side in zip(shown[: len(shown) - 2][-len(sides) :], sides)) if sides else ()
    # as napari reads it; a new layer shows its first page before that in view
    with dask.config.set({"optimization.fuse.active": False}), resize_dask_cache():
        for index in {(0,) * len(place), place}:
            result[index].compute()
