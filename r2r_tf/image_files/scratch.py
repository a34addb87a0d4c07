"""Arrays that may be larger than memory: those stay in a temporary file, whose room on the disk is reserved first."""

import tempfile

import numpy as np

from r2r_tf import atomic

# bytes; larger arrays are made in a temporary file
LARGE = 1 << 28


def zeros(shape, dtype):
    """Zeros of a shape and a dtype.

    Raises:
      OSError: there is no room for them in the folder for temporary files. A map into a file without room would end the process
        when it is written to.
    """
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if size <= LARGE:
        return np.zeros(shape, dtype)
    with atomic.naming(tempfile.gettempdir()):
        file = tempfile.TemporaryFile()
        atomic.reserve(file, size)
    return np.memmap(file, dtype, "r+", shape=tuple(shape))
