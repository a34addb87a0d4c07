"""The error that a user can mend, told apart from the errors that only a developer can."""

import errno
import importlib
import math
import numbers
import os

TENSORFLOW_MISSING = (
    "TensorFlow is missing: pip install 'r2r_tf[cpu]' (or r2r_tf[gpu] for NVIDIA GPUs), or in a checkout pip install -e '.[cpu]'"
)


class InputError(ValueError):
    """Bad input from outside: one sentence that says what, which file or flag, what was received, what to do."""


def package(name, extra, what, note=""):
    """A package that is not always installed.

    Args:
      name: of its module.
      extra: of this package that installs it.
      what: needs it.
      note: more to say.
    Raises:
      InputError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise InputError(
            f"{what} needs the package {name}: pip install 'r2r_tf[{extra}]', or in a checkout pip install -e '.[{extra}]'{note}"
        ) from None


# a disk, a quota, a limit on files
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def os_sentence(error):
    """What an `OSError` says, with the file it speaks of and, for a full disk, what to do."""
    full = error.errno in FULL
    said = error.strerror or (os.strerror(error.errno) if full else " ".join(str(error).split()))
    return f"{said}{f': {error.filename}' if error.filename else ''}{': make room and run the command again' if full else ''}"


def in_short(error, most=150):
    """What an error says, on one line and not at length; its name if it says nothing."""
    return " ".join(str(error).split())[:most] or type(error).__name__


def printable(text):
    """A text without control characters, which names of files may hold and terminals obey."""
    return "".join(own if own.isprintable() or own in "\n\t" else f"\\x{ord(own):02x}" for own in text)


def check_number(name, value, least, most=math.inf, *, whole=False, advice=""):
    """Raises `InputError` unless a parameter is a finite number, `least <= value <= most`, and whole if so asked."""
    kind = numbers.Integral if whole else numbers.Real
    if not isinstance(value, kind) or not math.isfinite(value) or not least <= value <= most:
        bounds = f"at least {least}" if most == math.inf else f"from {least:g} to {most:g}"
        raise InputError(f"{name} must be a {'whole ' if whole else ''}number, {bounds}{advice}. Received: {name}={value!r}")
