"""Files and folders that appear whole or not at all: written under a temporary name beside the target, then renamed.

A temporary's name holds host, process and a random part, so that processes and machines can write to one folder. What a killed
process left is removed by the next one on that host.
"""

import contextlib
import csv
import errno
import functools
import io
import json
import os
import pathlib
import re
import secrets
import shutil
import socket
import tempfile
import time

_PARTIAL, _OLD = ".partial", ".old"
_NAME = re.compile(rf"(?:{re.escape(_PARTIAL)}|{re.escape(_OLD)})-(?P<host>.+)-(?P<process>\d+)-[0-9a-f]+(?:\..*)?")
_LONG = 20  # characters that are no ending
_FULL = 1 << 16  # bytes that are free
_QUIET_SECONDS = 600  # a temporary that was written to since may be in use, whatever its process's number says


@contextlib.contextmanager
def replacing(path, size=0):
    """Yields a temporary path to write a file or a folder to; afterwards it takes the place of `path`.

    If the body raises, `path` stays as it was and the temporary is removed.

    Args:
      path: target; its folder is made if need be. The temporary keeps its suffix, since writers look at it.
      size: bytes that will be written, about, if the writer cannot stand a disk without room for them, as that of HDF5 files.
    Raises:
      OSError: also where the disk is full and the writer says so in its own way.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if size:
        with naming(path), tempfile.TemporaryFile(dir=path.parent) as file:
            reserve(file, size)
    _sweep(path.parent.resolve())
    temporary = path.with_name(_temporary_name(_PARTIAL, path))
    try:
        yield temporary
        rename(temporary, path)
    except Exception as error:
        # writers of pictures and weights say in their own ways, without a number, that they could not write all
        unnumbered = getattr(error, "errno", None) is None
        if unnumbered and (isinstance(error, OSError) or shutil.disk_usage(path.parent).free < _FULL):
            raise _no_room(path) from None
        raise
    finally:
        _remove(temporary)


def rename(source, path):
    """Lets a file or a folder take the place of another, if there is one, and its name."""
    if not source.is_dir():
        os.replace(source, path)
        return
    # a folder cannot replace a full one in a single rename
    old = path.with_name(_temporary_name(_OLD, path))
    if path.exists():
        path.rename(old)
    source.rename(path)
    _remove(old)


def reserve(file, size):
    """Makes an open file so large, so that a map into it finds room.

    Raises:
      OSError: the disk, a quota or a limit on files leaves no room.
    """
    if size and hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
        return
    block = bytes(1 << 22)
    for start in range(0, size, len(block)):
        file.write(block[: size - start])
    file.flush()


def writable_folder(path):
    """The path of a folder, which is made if need be, in which files can be written.

    Raises:
      OSError: they cannot. Said before long work, not after it.
    """
    path = pathlib.Path(path)
    path.mkdir(parents=True, exist_ok=True)
    with naming(path):
        tempfile.TemporaryFile(dir=path).close()
    return path


def is_leftover(path):
    """Whether this is a temporary, of a process that writes or of one that was killed while it wrote."""
    return _NAME.fullmatch(path.name) is not None


def write_text(path, text):
    """Writes a text file, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path, value):
    """Writes a JSON file, indented, whole or not at all."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def write_csv(path, rows):
    """Writes a CSV file, whole or not at all: a header, then a line per dict; nothing for no rows."""
    write_text(path, csv_lines(rows))


def csv_lines(rows, header=True):
    """Dicts of the same keys as lines of CSV, with a header line or without."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, rows[0], lineterminator="\n")
        if header:
            writer.writeheader()
        writer.writerows(rows)
    return text.getvalue()


@contextlib.contextmanager
def naming(path):
    """Lets an `OSError` of the block speak of this path."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def _no_room(path):
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def _temporary_name(kind, path):
    endings = "".join(path.suffixes)  # such as .weights.h5
    suffix = endings if len(endings) <= _LONG else path.suffix
    return f"{kind}-{_host()}-{os.getpid()}-{secrets.token_hex(4)}{suffix}"


@functools.cache
def _host():
    return re.sub(r"[^\w.]", "_", socket.gethostname())[:64] or "host"


@functools.cache
def _sweep(folder):
    """Removes, once in the life of a process, what killed processes of this host have left in a folder."""
    for path in folder.iterdir():
        name = _NAME.fullmatch(path.name)
        if name and name["host"] == _host() and not _is_alive(int(name["process"])):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _QUIET_SECONDS:
                    _remove(path)


def _is_alive(process):
    if os.name != "posix":
        return True  # asking Windows in this way would end the process
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
