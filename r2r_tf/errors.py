"""The error that a user can mend, told apart from the errors that only a developer can."""

TENSORFLOW_MISSING = (
    "TensorFlow is missing. In the checkout of r2r_tf, run: pip install -e '.[cpu]' (or '.[gpu]' for NVIDIA GPUs)"
)


class InputError(ValueError):
    """Bad input from outside: one sentence that says what, which file or flag, what was received, what to do."""
