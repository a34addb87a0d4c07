"""Settings as the lines of flag files say them, without the command's flags: the way back from `settings.flag_lines`."""

import functools
import types
import typing

from r2r_tf.errors import InputError
from r2r_tf.training.settings import FIELDS, Settings


@functools.cache
def kind_of(name):
    """(type, type of its parts or None) of a setting: (tuple, int) for `tuple[int, ...] | None`."""
    hint = typing.get_type_hints(Settings)[name]
    if isinstance(hint, types.UnionType):
        (hint,) = (own for own in typing.get_args(hint) if own is not types.NoneType)
    return typing.get_origin(hint) or hint, next(iter(typing.get_args(hint)), None)


def tuple_of(name, texts):
    """A setting that is a tuple, from the texts of its parts; without any, None where it may be that.

    Raises:
      InputError: a part is no such number.
    """
    part = kind_of(name)[1]
    try:
        values = tuple(map(part, texts))
    except ValueError:
        raise InputError(f"`{name}` must be numbers separated by commas. Received: {','.join(texts)}") from None
    return values or (None if FIELDS[name].default is None else ())


def settings_of(lines, **changes):
    """`Settings` of some lines, the last of which counts.

    Args:
      lines: list of texts such as '--sigma=25', '--single_image' or '--noantithetic'.
      **changes: settings that are given instead.
    Raises:
      InputError: a line that names no setting, or a value that its setting cannot have.

    >>> settings_of(["--sigma=5-55", "--binning=2,3", "--noantithetic", "--epochs=2"], epochs=3).binning
    (2, 3)
    """
    return Settings(**{**dict(map(_read, lines)), **changes})


def _read(line):
    """(name, value) of a line."""
    name, given, text = line.removeprefix("--").partition("=")
    if name.startswith("no") and name[2:] in FIELDS and not given:
        return name[2:], False
    if name not in FIELDS:
        raise InputError(f"There is no setting `{name}`. Received: {line}")
    kind, _ = kind_of(name)
    if kind is bool:
        return name, not given or text == "true"
    if not text and FIELDS[name].default is None:
        return name, None
    if kind is tuple:
        return name, tuple_of(name, [own for own in text.split(",") if own])
    try:
        return name, kind(text)
    except ValueError:
        raise InputError(f"`{name}` must be a number. Received: {text}") from None
