"""What a job that shares a folder leaves there: a lock while it runs, and a log of what became of each file."""

import contextlib
import os
import pathlib
import socket

from r2r_tf import atomic
from r2r_tf.errors import InputError

try:
    import fcntl
except ModuleNotFoundError:  # not on Windows
    fcntl = None


@contextlib.contextmanager
def only_one(path):
    """Holds a lock while the block runs; it ends with the process, however that ends.

    Args:
      path: of the lock's file, which is made if need be and says who holds it.
    Raises:
      InputError: another job holds it. On a file system without locks nobody does.
    """
    path = pathlib.Path(path)
    with _locked(path) as file:
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # Windows keeps files that are open
                path.unlink(missing_ok=True)


def check_free(path):
    """Raises InputError where another job holds a lock."""
    with contextlib.suppress(FileNotFoundError), path.open(encoding="utf-8") as file, contextlib.suppress(OSError):
        _hold(file, path, fcntl and fcntl.LOCK_SH)


def _hold(file, path, kind):
    try:
        if fcntl:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "somebody"
        raise InputError(
            f"Another job writes to {path.parent} ({holder}): wait for it, or give each job a folder of its own, or a `shard` of "
            "the same number of parts"
        ) from None


def _locked(path):
    """The lock's file, open and held."""
    while True:
        file = path.open("a+", encoding="utf-8")
        try:
            _hold(file, path, fcntl and fcntl.LOCK_EX)
        except InputError:
            file.close()
            raise
        except OSError:
            return file
        # who held it before may have removed it in between
        if path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno())):
            return file
        file.close()


@contextlib.contextmanager
def log(path):
    """Yields a function that adds a line to a CSV file, of a dict; each line is there when the function returns."""
    path = pathlib.Path(path)
    with path.open("a", encoding="utf-8", errors="surrogateescape") as file:

        def add(row):
            file.write(atomic.csv_lines([row], header=not file.tell()))
            file.flush()

        yield add
