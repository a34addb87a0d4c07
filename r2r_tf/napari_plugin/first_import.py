"""The first import of TensorFlow beside a viewer that draws already."""

import os
import sys


def tensorflow():
    """Imports it, on first use, so that widgets open at once.

    Beside OpenGL of Mesa 22.3 (Debian 12) a plain import ends the process with a segmentation fault, one by which TensorFlow
    looks among its own functions first does not. (Both bring an LLVM, which is the likely reason.)
    """
    deep = getattr(os, "RTLD_DEEPBIND", None)
    if "tensorflow" in sys.modules or deep is None:
        return _load()
    before = sys.getdlopenflags()
    sys.setdlopenflags(os.RTLD_NOW | deep)
    try:
        return _load()
    finally:
        sys.setdlopenflags(before)


def _load():
    from r2r_tf import backend

    return backend
