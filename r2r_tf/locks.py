"""Locks of one process: a file that the operating system frees when the process ends, however it ends."""

import contextlib
import os
import pathlib
import socket

from r2r_tf.errors import InputError

try:
    import fcntl
except ModuleNotFoundError:  # not on Windows
    fcntl = None


@contextlib.contextmanager
def held(path, busy):
    """Holds a lock while the block runs.

    Args:
      path: of the lock's file, which is made if need be, says who holds it, and is removed in the end.
      busy: what to say where another process holds it; '{folder}' is the file's folder and '{holder}' that process.
    Raises:
      InputError: another process holds it. On a file system without locks nobody does.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path, busy) as file:
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # Windows keeps files that are open
                path.unlink(missing_ok=True)


def check_free(path, busy):
    """Raises InputError where another process holds a lock; its arguments are those of `held`."""
    path = pathlib.Path(path)
    with contextlib.suppress(FileNotFoundError), path.open(encoding="utf-8") as file, contextlib.suppress(OSError):
        _hold(file, path, busy, fcntl and fcntl.LOCK_SH)


def _hold(file, path, busy, kind):
    try:
        if fcntl:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise InputError(busy.format(folder=path.parent, holder=file.read().strip() or "somebody")) from None


def _locked(path, busy):
    """The lock's file, open and held."""
    while True:
        file = path.open("a+", encoding="utf-8")
        try:
            _hold(file, path, busy, fcntl and fcntl.LOCK_EX)
        except InputError:
            file.close()
            raise
        except OSError:
            return file
        # who held it before may have removed it in between
        if path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno())):
            return file
        file.close()
