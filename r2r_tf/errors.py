"""The error that a user can mend, told apart from the errors that only a developer can."""


class InputError(ValueError):
    """Bad input from outside: one sentence that says what, which file or flag, what was received, what to do."""
