"""Image layers of napari as arrays, and what a result takes over from its layer. Imports no napari: any object will do."""

import numpy as np

from r2r_tf.errors import InputError

# of the state of an image layer; with colours, the second part means nothing
_KEPT = ("affine", "axis_labels", "blending", "opacity", "rotate", "scale", "shear", "translate", "units")
_OF_GRAY = ("colormap", "contrast_limits", "gamma", "interpolation2d", "interpolation3d", "projection_mode")
_COLOURS = 3


def data_of(layer):
    """Its array, [..., Y, X] or, for colours, [..., Y, X, 3 or 4]; the finest of a multiscale layer.

    Raises:
      InputError: its values are no numbers, there are none, or they are all the same.
    """
    data = layer.data[0] if layer.multiscale else layer.data
    if np.dtype(data.dtype).kind not in "uif":
        raise InputError(f"The values of {layer.name} must be whole numbers or floats. Received: {data.dtype}")
    if 0 in data.shape:
        raise InputError(f"{layer.name} is empty. Received: shape {tuple(data.shape)}")
    if not is_lazy(data):
        check_varies(layer.name, data)
    return data


def check_varies(name, values):
    """Raises `InputError` for values that are all the same, or not finite."""
    known = values[np.isfinite(values)]
    if not known.size or known.min() == known.max():
        held = f"{known.flat[0]:g}" if known.size else "no number"
        raise InputError(f"{name} is constant: there is nothing to denoise, or to learn from. Received: {held} everywhere")


def is_lazy(data):
    """Whether it is read when it is asked for: Dask, Zarr, and what else is no array of NumPy."""
    return not isinstance(data, np.ndarray)


def as_dask(data):
    """A Dask array of it, in its own chunks if it has any."""
    import dask.array

    if isinstance(data, dask.array.Array):
        return data
    return dask.array.from_array(data, chunks=getattr(data, "chunks", None) or (*[1] * (data.ndim - 2), *data.shape[-2:]))


def pages_of(array, rgb):
    """([N, H, W, C], function from such an array to the form of `array`); transparency is kept aside.

    Args:
      array: as from `data_of`, in memory.
      rgb: whether its last axis is that of colours.
    """
    colours = array[..., :_COLOURS] if rgb else array[..., None]

    def restore(pages):
        result = pages.reshape(colours.shape)
        return np.concatenate([result, array[..., _COLOURS:]], axis=-1) if rgb else result[..., 0]

    return colours.reshape(-1, *colours.shape[-3:]), restore


def attributes_of(layer, words):
    """What the result is to be added with: the place, units and colours of its layer; `words` go into its metadata."""
    _, state, _ = layer.as_layer_data_tuple()
    kept = {name: state[name] for name in (*_KEPT, *(() if layer.rgb else _OF_GRAY)) if name in state}
    metadata = {**layer.metadata, "r2r_tf": words}
    return {**kept, "name": f"{layer.name} denoised", "rgb": layer.rgb, "multiscale": False, "metadata": metadata}
