"""One process trains in a run directory: a lock that the operating system takes back when its process ends, however it ends."""

import contextlib
import pathlib

from r2r_tf.errors import InputError

try:
    import fcntl
except ModuleNotFoundError:  # Windows: no lock
    fcntl = None

FILE = ".lock"


@contextlib.contextmanager
def held(workdir):
    """Holds the lock of a run directory inside the block.

    Raises:
      InputError: another process holds it.
    """
    if fcntl is None:
        yield
        return
    path = pathlib.Path(workdir) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"Another process trains in {workdir}: wait for it, or give another `workdir`.") from None
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
