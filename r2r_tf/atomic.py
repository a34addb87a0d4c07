"""Files and folders that appear whole or not at all: written under a temporary name beside the target, then renamed."""

import contextlib
import csv
import io
import json
import os
import pathlib
import shutil


@contextlib.contextmanager
def replacing(path):
    """Yields a temporary path to write a file or a folder to; afterwards it takes the place of `path`.

    If the body raises, `path` stays as it was and the temporary is removed.

    Args:
      path: target; its folder is made if need be. The temporary keeps its suffix, since writers look at it.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary, old = path.with_name(f".partial-{path.name}"), path.with_name(f".old-{path.name}")
    _remove(temporary)
    try:
        yield temporary
        if temporary.is_dir():
            # a folder cannot replace a full one in a single rename
            _remove(old)
            if path.exists():
                path.rename(old)
            temporary.rename(path)
            _remove(old)
        else:
            os.replace(temporary, path)
    finally:
        _remove(temporary)


def is_leftover(path):
    """Whether a process that was killed while it wrote has left this temporary."""
    return path.name.startswith((".partial-", ".old-"))


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


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
