"""Zarr volumes [..., Y, X]: arrays by themselves, and OME-Zarr images with their coarser levels."""

import contextlib
import itertools
import pathlib
import shutil
from typing import NamedTuple

import numpy as np

from r2r_tf.errors import InputError, in_short, package

STATE = ".r2r_tf"  # folder in a store that is being written
_ROWS_AND_COLUMNS = (["y", "x"], ["Y", "X"])


class Volume(NamedTuple):
    """A volume in a store.

    Attributes:
      path: of the store.
      levels: names of its arrays, the finest first; [''] for an array by itself.
      axes: names of the axes, '' where they have none.
      channels: which axis is that of channels, or None.
    """

    path: pathlib.Path
    levels: list
    axes: list
    channels: int | None

    def array(self, level=0, path=None):
        """The array of a level, to read; of the store elsewhere, to write, if a path is given."""
        store = load().open(str(path or self.path), mode="r+" if path else "r")
        return store[self.levels[level]] if self.levels[level] else store


def load():
    """The module zarr.

    Raises:
      InputError: it is not installed.
    """
    return package("zarr", "dask", "A Zarr volume")


def open_volume(path):
    """The `Volume` at a path.

    Raises:
      InputError: none that can be read, several, or one whose last axes are not rows and columns of numbers.
    """
    path, zarr = pathlib.Path(path), load()
    if not path.is_dir():
        raise InputError(f"There is no Zarr store at {path}.")
    if (path / STATE).exists():
        raise InputError(f"{path} is half-written: run the command that it comes from again.")
    with readable(path):
        store = zarr.open(str(path), mode="r")
    if isinstance(store, zarr.Array):
        names = getattr(store.metadata, "dimension_names", None) or [""] * store.ndim
        levels, axes = [""], ["" if name is None else name for name in names]
    else:
        with readable(path):
            levels, axes = _levels_of(path, store)
            shapes = [store[level].shape for level in levels]
        for fine, coarse in itertools.pairwise(shapes):
            if not _is_coarser(fine, coarse):
                raise InputError(f"{path} must have levels of which each is a whole number of times coarser. Received: {shapes}")
    array = store[levels[0]] if levels[0] else store
    if array.ndim < 2 or 0 in array.shape or array.dtype.kind not in "uif" or array.dtype.itemsize > 8:
        raise InputError(f"{path} must hold numbers in rows and columns. Received: shape {array.shape}, dtype {array.dtype}")
    axes = axes or [""] * array.ndim
    if any(axes) and axes[-2:] not in _ROWS_AND_COLUMNS:
        raise InputError(f"{path} must have rows and columns (y, x) as its last axes. Received: {', '.join(axes)}")
    channels = [number for number, name in enumerate(axes) if name.lower() in ("c", "channel", "channels")]
    return Volume(path, levels, axes, channels[0] if channels else None)


@contextlib.contextmanager
def readable(path):
    """Lets whatever goes wrong with a store's metadata or chunks, in its many ways, be one sentence."""
    try:
        yield
    except (InputError, MemoryError):
        raise
    except Exception as error:
        raise InputError(f"{path} is not a Zarr array or group that can be read ({in_short(error)}).") from None


def factors_of(fine, coarse):
    """How many times coarser a level is than another, along each axis."""
    return [max(1, round(own / other)) for own, other in zip(fine, coarse, strict=True)]


def _is_coarser(fine, coarse):
    factors = zip(fine, coarse, factors_of(fine, coarse), strict=True) if len(fine) == len(coarse) else [(1, 0, 1)]
    return all(other in (own // factor, -(-own // factor)) for own, other, factor in factors)


def copy_like(volume, path):
    """Makes a store at a path that is like a volume's, metadata and all, without its pixels."""
    zarr = load()
    source = zarr.open(str(volume.path), mode="r")
    shutil.rmtree(path, ignore_errors=True)
    if isinstance(source, zarr.Array):
        zarr.from_array(str(path), data=source, write_data=False, **_kept(source))
        return
    target = zarr.create_group(str(path), zarr_format=source.metadata.zarr_format, attributes=dict(source.attrs))
    for name in volume.levels:
        zarr.from_array(target.store, data=source[name], write_data=False, name=name, **_kept(source[name]))


def _kept(array):
    return {"attributes": dict(array.attrs), "fill_value": array.fill_value}


def unit_of(array):
    """The shape of what is written at once: a shard, or a chunk where there are none."""
    return tuple(min(own, side) for own, side in zip(array.shards or array.chunks, array.shape, strict=True))


def coarser(block, factors):
    """A block whose every axis is that many times shorter, by means over what is left of its cells at the rim."""
    for axis, factor in enumerate(factors):
        if factor > 1:
            starts = np.arange(0, block.shape[axis], factor)
            counts = np.diff([*starts, block.shape[axis]])
            sums = np.add.reduceat(block.astype(np.float64), starts, axis=axis)
            block = sums / np.expand_dims(counts, tuple(other for other in range(block.ndim) if other != axis))
    return block


def _levels_of(path, group):
    """(names of an image's arrays, names of its axes)."""
    known = dict(group.attrs)
    images = known.get("ome", known).get("multiscales")
    if images:
        axes = [own["name"] if isinstance(own, dict) else own for own in images[0].get("axes", [])]
        return [own["path"] for own in images[0]["datasets"]], axes
    names = sorted(name for name, _ in group.arrays())
    if len(names) == 1:
        return names, []
    inner = names or sorted(name for name, _ in group.groups())
    raise InputError(f"{path} is a group of {len(inner)} things: name one of them ({', '.join(inner[:5]) or 'there is none'}).")
