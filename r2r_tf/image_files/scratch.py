"""Arrays that may be larger than memory: those stay in a temporary file, whose room on the disk is reserved first."""

import os
import tempfile

import numpy as np

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
    file = tempfile.TemporaryFile()
    try:
        _reserve(file, size)
    except OSError as error:
        raise OSError(error.errno, error.strerror, tempfile.gettempdir()) from None
    return np.memmap(file, dtype, "r+", shape=tuple(shape))


def _reserve(file, size):
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
        return
    block = bytes(1 << 22)
    for start in range(0, size, len(block)):
        file.write(block[: size - start])
    file.flush()
