"""The first import of TensorFlow beside a viewer that draws already."""

import os
import sys


def tensorflow():
    """Imports it, on first use, so that widgets open at once.

    TensorFlow and Mesa's drivers each bring an LLVM. Where Mesa has made its own visible to all (22.3 does, Debian 12),
    TensorFlow would call that, and the process would end with a segmentation fault. So it looks among its own functions first.
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
