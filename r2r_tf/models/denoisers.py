"""A trained denoiser on disk: model.keras (a plain network of built-in layers) and model.json (what it was trained for)."""

import dataclasses
import functools
import hashlib
import json
import math
import pathlib

import keras
import numpy as np

from r2r_tf import atomic, noise, pretrained
from r2r_tf.errors import InputError
from r2r_tf.image_files.value_range import ValueRange
from r2r_tf.models import compression, folding, structure
from r2r_tf.noise import NoiseModel

NETWORK_FILE, CARD_FILE = "model.keras", "model.json"
# a denoiser that was loaded stays loaded, as long as its files stay as they are
_MOST_LOADED = 4
_LARGEST = 1e30  # of the numbers in model.json


@dataclasses.dataclass(frozen=True, eq=False)
class Denoiser:
    """A network and what is known of it.

    Attributes:
      network: `keras.Model`, [B, H, W, C] float32 to the same shape, or from [B, H, W, C + 1] where it is told the noise level.
      alpha: of its training pairs; 0 for a network trained on unrecorrupted inputs (n2c, n2n), None if unknown.
      noise: the noise model that it was trained for, None if unknown.
      sha256: of the network's file, None for one that is in memory only.
      values: `ValueRange` of the image files that it was trained on, None for images on the scale of their dtype.
      dtype: of those files.
      orientations: how many its estimate goes through unless told otherwise; None for all. One for students, who have learnt the
        mean over them.
    """

    network: keras.Model
    alpha: float | None = None
    noise: NoiseModel | None = None
    sha256: str | None = None
    values: ValueRange | None = None
    dtype: str | None = None
    orientations: int | None = None

    @functools.cached_property
    def form(self):
        """`structure.Form` of the network."""
        return structure.form(self.network)

    def scale_of(self, dtype):
        """`ValueRange` for images of this dtype; None if the network has not been trained on such files."""
        return self.values if self.dtype == np.dtype(dtype).name else None


def size_of(variables):
    """Bytes of a file of these variables, generously."""
    return sum(math.prod(own.shape) * 4 for own in variables) * 5 // 4 + (1 << 20)


def save(directory, network, card, half=False):
    """Writes model.keras and model.json.

    Args:
      directory: where.
      network: `keras.Model` of built-in layers, float32.
      card: dict for model.json, with at least the keys alpha, noise, channels, value_range.
      half: whether its weights are rounded to what half precision holds and the file is compressed, to half its size. It still is
        a float32 network, which any Keras opens.
    """
    directory = pathlib.Path(directory)
    if half:
        weights = [weight.astype(np.float16).astype(weight.dtype) for weight in network.get_weights()]
        network = keras.models.clone_model(network)
        network.set_weights(weights)
    with atomic.replacing(directory / NETWORK_FILE, size_of(network.weights)) as temporary:
        network.save(temporary)
        if half:
            compression.compress(temporary)
    atomic.write_json(directory / CARD_FILE, {**card, "sha256": _sha256(directory / NETWORK_FILE)})


def load(source, precision="float32"):
    """The denoiser of a pretrained name, a run directory or a .keras file (opened in Keras's safe mode).

    Args:
      source: where.
      precision: 'float32', or 'bfloat16' for all layers before the last convolution: about twice as fast on processors that
        multiply in it; see docs/performance.md for what it costs.
    Returns:
      `Denoiser`, its network in the form of `folding.folded`; the same one as before while the files are unchanged.
    Raises:
      InputError: nothing there, or not a denoising network.
    """
    file = _file(source)
    stamps = [(path.stat().st_mtime_ns, path.stat().st_size) for path in (file, file.with_name(CARD_FILE)) if path.is_file()]
    return _load(file.resolve(), precision, tuple(stamps))


@functools.cache
def noise_of(name):
    """The noise model of shipped weights, for which their network is not needed."""
    return _known(pretrained.directory(name) / CARD_FILE)["noise"]


def read(source):
    """(network as it was trained, its file); arguments and errors as in `load`."""
    file = _file(source)
    try:
        network = keras.models.load_model(file, compile=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{file} is not a Keras model that safe mode opens ({' '.join(str(error).split())[:200]})") from None
    if structure.form(network) is None:
        raise InputError(
            f"{file} must map one [B, H, W, C] array (with the noise level as one more channel or not) to the same shape. "
            f"Received: {network.input_shape} to {network.output_shape}"
        )
    return network, file


@functools.lru_cache(maxsize=_MOST_LOADED)
def _load(file, precision, stamps):
    del stamps
    network, _ = read(file)
    return Denoiser(folding.folded(network, precision), sha256=_sha256(file), **_known(file.with_name(CARD_FILE)))


def _file(source):
    path = pathlib.Path(source)
    if not path.exists() and str(source) in pretrained.names():
        path = pretrained.directory(source)
    file = path / NETWORK_FILE if path.is_dir() else path
    if not file.is_file():
        raise InputError(
            f"`model` must be a run directory with {NETWORK_FILE}, a .keras file or a pretrained name "
            f"({', '.join(pretrained.names()) or 'none is shipped yet'}). Received: {str(source)!r}"
        )
    return file


def _known(path):
    """What model.json says, as arguments of `Denoiser`.

    Raises:
      InputError: it is damaged, or says what cannot be.
    """
    if not path.is_file():
        return {}
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        known = {
            "alpha": card.get("alpha"),
            "noise": noise.from_json(card["noise"]) if card.get("noise") else None,
            "values": ValueRange(*map(float, card["value_range"])) if "dtype" in card else None,
            "dtype": card.get("dtype"),
            "orientations": card.get("orientations"),
        }
        np.dtype(known["dtype"])
        numbers = [known["alpha"] or 0.0, *(known["values"] or ()), *_numbers(card.get("noise"))]
        sane = all(math.isfinite(own) and abs(own) <= _LARGEST for own in numbers)
        levels = [(card.get("noise") or {}).get(name, 0.0) for name in ("sigma", "low", "high")]
        sane &= min([numbers[0], *(own for own in levels if isinstance(own, int | float))]) >= 0
        sane &= known["values"] is None or known["values"].low < known["values"].high
        sane &= known["orientations"] in (None, *range(1, 9))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        if isinstance(error, InputError):
            raise InputError(f"{path}: {error}") from None
        raise InputError(
            f"{path} is damaged ({type(error).__name__}: {error}). Restore it, or move the .keras file elsewhere."
        ) from None
    if not sane:
        raise InputError(f"{path} holds values that cannot be. Restore it, or move the .keras file elsewhere.")
    return known


def _numbers(value):
    """All numbers in a value of JSON."""
    if isinstance(value, dict | list):
        return [number for part in (value.values() if isinstance(value, dict) else value) for number in _numbers(part)]
    return [float(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
