"""What a job that shares a folder leaves there: a lock while it runs, and a log of what became of each file."""

import contextlib
import pathlib

from r2r_tf import atomic, locks

_BUSY = (
    "Another job writes to {folder} ({holder}): wait for it, or give each job a folder of its own, or a `shard` of "
    "the same number of parts"
)


def only_one(path):
    """The `locks.held` of a job, whose file is `path`."""
    return locks.held(path, _BUSY)


def check_free(path):
    """Raises InputError where another job holds a lock."""
    locks.check_free(path, _BUSY)


@contextlib.contextmanager
def log(path):
    """Yields a function that adds a line to a CSV file, of a dict; each line is there when the function returns."""
    path = pathlib.Path(path)
    with path.open("a", encoding="utf-8", errors="surrogateescape") as file:

        def add(row):
            file.write(atomic.csv_lines([row], header=not file.tell()))
            file.flush()

        yield add
