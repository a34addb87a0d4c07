"""Flag files: --flagfile=FILE, or the name of one that comes with the package, such as --flagfile=quickstart."""

import pathlib
import re

from r2r_tf.errors import InputError

_HERE = pathlib.Path(__file__).parent.parent
# in a checkout the second is the first, but for systems without symbolic links
_FOLDERS = (_HERE / "configs", _HERE.parent / "configs")
_FLAG = re.compile(r"--?flagfile(?:=(.*))?")


def names():
    """Those of the package, for which --flagfile needs no path."""
    return sorted(path.stem for path in _folder().glob("*.flags"))


def expanded(arguments, inside=()):
    """A command line with what its flag files say in their place.

    Args:
      arguments: list of strings.
      inside: the files that are being read, each named by the one before.
    Raises:
      InputError: a flag file that is neither a file nor the package's, cannot be read, or names itself.
    """
    result, left = [], iter(arguments)
    for argument in left:
        if argument == "--":
            return [*result, argument, *left]
        match = _FLAG.fullmatch(argument)
        if not match:
            result.append(argument)
            continue
        path = find(next(left, "") if match[1] is None else match[1])
        if path in inside:
            raise InputError(f"--flagfile: {path} names itself.")
        result += expanded(_lines(path), (*inside, path))
    return result


def find(name):
    """The file that --flagfile=NAME stands for: a path, or a name of the package's with or without configs/ and .flags.

    Raises:
      InputError: there is none.
    """
    path = pathlib.Path(name).expanduser()
    if name and path.is_file():
        return path.resolve()
    own = _folder() / f"{path.stem}.flags"
    if name and path.parent.name in ("", "configs") and len(path.parts) <= 2 and path.suffix in ("", ".flags") and own.is_file():
        return own.resolve()
    raise InputError(f"--flagfile must be a file, or one of {', '.join(names())}. Received: {name!r}")


def _folder():
    return next((folder for folder in _FOLDERS if folder.is_dir()), _FOLDERS[0])


def _lines(path):
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--flagfile: {path} cannot be read ({error}).") from None
    return [line for line in lines if line and not line.startswith(("#", "//"))]
