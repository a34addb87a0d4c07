"""The error that a user can mend, told apart from the errors that only a developer can."""

import errno

TENSORFLOW_MISSING = (
    "TensorFlow is missing. In the checkout of r2r_tf, run: pip install -e '.[cpu]' (or '.[gpu]' for NVIDIA GPUs)"
)


class InputError(ValueError):
    """Bad input from outside: one sentence that says what, which file or flag, what was received, what to do."""


# a disk, a quota, a limit on files
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def os_sentence(error):
    """What an `OSError` says, with the file it speaks of and, for a full disk, what to do."""
    advice = ": make room and run the command again" if error.errno in FULL else ""
    return f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}{advice}"
