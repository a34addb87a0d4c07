"""How every command runs: help exits 0, bad input gives one sentence and exit code 1, an interruption says how to go on."""

import os
import pathlib
import re
import shlex
import signal
import sys
from typing import NamedTuple

from absl import flags, logging

from r2r_tf import quiet_start
from r2r_tf.commands import flag_files, help_page
from r2r_tf.errors import TENSORFLOW_MISSING, InputError, os_sentence, printable

_HELP = {"--help", "-help", "-h", "--helpshort", "--helpfull", "-helpfull"}
_REQUIRED = re.compile(r"flag --\w+=None: Flag (--\w+) must have a value other than None\.?")


class Terminated(KeyboardInterrupt):
    """The process was asked to end (SIGTERM), as schedulers do: it ends as after Ctrl-C."""


class Typed(NamedTuple):
    """A command line whose flags were parsed."""

    line: str  # as a user would type it, for the records of results
    arguments: list  # its words, without the program
    files: list  # those that are no flags


def run(function, argv, *, flag_values, groups, after_interruption="The same command again starts over.", takes_files=False):
    """Parses a command line and runs `function`, which takes it as `Typed`; may be called many times in a process.

    Args:
      function: what the command does; the docstring of its module is its help.
      argv: the words after the program's name; None for those of this process, which then ends well when it is asked to.
      flag_values: `absl.flags.FlagValues` of this command alone.
      groups: its flags, as for `help_page.page`.
      after_interruption: what to tell somebody who pressed Ctrl-C.
      takes_files: whether the command has arguments that are no flags, such as files.
    Returns:
      The exit code.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    quiet_start.install()
    logging.set_verbosity(logging.ERROR)
    if argv is None:
        signal.signal(signal.SIGTERM, _terminate)
    module = sys.modules[function.__module__]
    try:
        for asked in _HELP & set(arguments):
            print(help_page.page(module.__doc__, flag_values, groups, full=asked.endswith("helpfull")), end="")
            return 0
        program = _program() if argv is None else ["python", "-m", module.__name__]
        function(Typed(shlex.join([*program, *arguments]), arguments, _files(flag_values, arguments, takes_files)))
        return 0
    except InputError as error:
        return _fail(error)
    except BrokenPipeError:
        # the reader of the output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        if error.errno is None:
            raise
        return _fail(os_sentence(error))
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "tensorflow":
            raise
        return _fail(TENSORFLOW_MISSING)
    except KeyboardInterrupt as interruption:
        print(f"\nInterrupted. {after_interruption}", file=sys.stderr)
        return 128 + (signal.SIGTERM if isinstance(interruption, Terminated) else signal.SIGINT)


def parse(flag_values, arguments):
    """Gives the flags the values of a command line and of the flag files that it names; others have their defaults again.

    Args:
      flag_values: `absl.flags.FlagValues`.
      arguments: list of words.
    Returns:
      The words that are no flags.
    Raises:
      InputError: a flag that is not known, lacks or has a value that it cannot have.
    """
    flag_values.unparse_flags()
    try:
        return flag_values(["", *flag_files.expanded(arguments)])[1:]
    except flags.Error as error:
        said = _REQUIRED.sub(r"\1 is needed", " ".join(str(error).split())).removesuffix(".")
        raise InputError(f"{said}. --help shows the flags.") from None


def with_flags(text):
    """What the library says of its parameters, as flags: `sigma` becomes --sigma, `antithetic=False` --noantithetic."""
    text = re.sub(r"`(\w+)=False`", r"--no\1", text)
    return re.sub(r"`(\w+(?:=[^`]*)?)`", r"--\1", re.sub(r"`(\w+)=True`", r"--\1", text))


def print_line(text):
    """Prints what the library says, its parameters as flags."""
    print(printable(with_flags(text)))


def _files(flag_values, arguments, takes_files):
    files = parse(flag_values, arguments)
    if files and not takes_files:
        raise InputError(f"Unknown argument {files[0]!r}; every option is a flag, see --help.")
    return files


def _program():
    """This process's program as a user would type it."""
    spec, name = getattr(sys.modules["__main__"], "__spec__", None), pathlib.PurePath(sys.argv[0]).name
    return [name] if name.startswith("r2r-") else ["python", "-m", spec.name] if spec else ["python", sys.argv[0]]


def _terminate(number, frame):
    del number, frame
    raise Terminated


def _fail(message):
    print(printable(f"error: {with_flags(str(message))}"), file=sys.stderr)
    return 1
