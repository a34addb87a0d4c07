"""Arrays that may be larger than memory: those stay in a temporary file, whose room on the disk is reserved first."""

import dataclasses
import mmap
import tempfile

import numpy as np

from r2r_tf import atomic

# bytes; larger arrays are made in a temporary file
LARGE = 1 << 28
# bytes of many arrays that stay in memory
MOST = 1 << 30
_ALIGNED = 64


def zeros(shape, dtype):
    """Zeros of a shape and a dtype.

    Raises:
      OSError: there is no room for them in the folder for temporary files. A map into a file without room would end the process
        when it is written to.
    """
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if size <= LARGE:
        return np.zeros(shape, dtype)
    return np.memmap(_reserved(size), dtype, "r+", shape=tuple(shape))


def _reserved(size):
    """A temporary file of so many bytes, which are there."""
    with atomic.naming(tempfile.gettempdir()):
        file = tempfile.TemporaryFile()
        atomic.reserve(file, size)
    return file


def on_disk(array):
    """Whether a `Shelf` keeps an array, or what it is a window of, in a file."""
    return _map_of(array) is not None


def fetch(windows):
    """Asks the system to read windows of arrays on disk: all at once, where they would be read row after row."""
    for window in windows:
        file = _map_of(window)
        if file is None or not hasattr(file, "madvise"):
            continue
        first = window.ctypes.data - window.base.ctypes.data
        length = window.shape[1] * window.strides[1]
        for start in range(first, first + len(window) * window.strides[0], window.strides[0]):
            before = start % mmap.PAGESIZE
            file.madvise(mmap.MADV_WILLNEED, start - before, length + before)


def _map_of(array):
    # an array over a map has a view of its memory as its base
    file = getattr(array.base.base, "obj", None) if isinstance(array.base, np.ndarray) else None
    return file if isinstance(file, mmap.mmap) else None


class Shelf:
    """Keeps arrays of which all together may be larger than memory: from so many bytes on, in temporary files."""

    def __init__(self, most=MOST):
        self._left, self._file, self._taken, self._maps = most, np.empty(0, np.uint8), 0, []

    def keep(self, array):
        """The array, or the same values in a file.

        Raises:
          OSError: as `zeros`.
        """
        if array.nbytes <= self._left:
            self._left -= array.nbytes
            return array
        self._left = 0  # so that later ones stay together
        if array.nbytes > len(self._file) - self._taken:
            size = max(array.nbytes, 4 * LARGE)
            with _reserved(size) as file:
                self._maps.append(mmap.mmap(file.fileno(), size))
            self._file, self._taken = np.frombuffer(self._maps[-1], np.uint8), 0
        place = self._file[self._taken : self._taken + array.nbytes]
        self._taken += -(-array.nbytes // _ALIGNED) * _ALIGNED
        kept = place.view(array.dtype).reshape(array.shape)
        kept[...] = array
        return kept

    def scatter(self):
        """Tells the system that reads will be of small parts from now on: it then reads no more than is asked for."""
        for own in self._maps:
            if hasattr(mmap, "MADV_RANDOM"):
                own.madvise(mmap.MADV_RANDOM)

    def keep_parts(self, parts):
        """A dataclass with its arrays kept, or None."""
        arrays = {name: own for name, own in vars(parts).items() if isinstance(own, np.ndarray)} if parts else {}
        return dataclasses.replace(parts, **{name: self.keep(own) for name, own in arrays.items()}) if arrays else parts
