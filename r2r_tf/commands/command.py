"""How every command runs: help exits 0, bad input gives one sentence and exit code 1, an interruption says how to go on."""

import os
import pathlib
import re
import shlex
import signal
import sys

from absl import app, logging

from r2r_tf import quiet_start
from r2r_tf.commands import flag_files, help_page
from r2r_tf.errors import TENSORFLOW_MISSING, InputError, os_sentence, printable

_HELP = {"--help", "-help", "-h", "--helpshort", "--helpfull", "-helpfull"}


class Terminated(KeyboardInterrupt):
    """The process was asked to end (SIGTERM), as schedulers do: it ends as after Ctrl-C."""


def run(main, after_interruption="The same command again starts over.", *, groups, takes_arguments=False):
    """Parses the command line and runs `main`.

    Args:
      main: function of the arguments that are no flags.
      after_interruption: what to tell somebody who pressed Ctrl-C.
      groups: its flags, as for `help_page.page`.
      takes_arguments: whether the command has arguments that are no flags, such as files.
    """
    quiet_start.install()
    for asked in _HELP & set(sys.argv[1:]):
        # absl's own help goes by the module that was started, exits with 1, and fills several screens
        print(help_page.page(sys.modules[main.__module__].__doc__, groups, full=asked.endswith("helpfull")), end="")
        sys.exit(0)
    try:
        argv = [sys.argv[0], *flag_files.expanded(sys.argv[1:])]
    except InputError as error:
        _fail(error)
    app.run(lambda argv: _guarded(main, argv, after_interruption, takes_arguments), argv)


def command_line():
    """The running command as a user would type it, for the records of its results."""
    spec, name = getattr(sys.modules["__main__"], "__spec__", None), pathlib.PurePath(sys.argv[0]).name
    program = [name] if name.startswith("r2r-") else ["python", "-m", spec.name] if spec else ["python", sys.argv[0]]
    return shlex.join([*program, *sys.argv[1:]])


def with_flags(text):
    """What the library says of its parameters, as flags: `sigma` becomes --sigma, `antithetic=False` --noantithetic."""
    text = re.sub(r"`(\w+)=False`", r"--no\1", text)
    return re.sub(r"`(\w+(?:=[^`]*)?)`", r"--\1", re.sub(r"`(\w+)=True`", r"--\1", text))


def print_line(text):
    """Prints what the library says, its parameters as flags."""
    print(printable(with_flags(text)))


def _guarded(main, argv, after_interruption, takes_arguments):
    if len(argv) > 1 and not takes_arguments:
        _fail(f"Unknown argument {argv[1]!r}; every option is a flag, see --help.")
    logging.set_verbosity(logging.ERROR)
    signal.signal(signal.SIGTERM, _terminate)
    try:
        main(argv)
    except InputError as error:
        _fail(error)
    except BrokenPipeError:
        # the reader of the output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if error.errno is None:
            raise
        _fail(os_sentence(error))
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "tensorflow":
            raise
        _fail(TENSORFLOW_MISSING)
    except KeyboardInterrupt as interruption:
        print(f"\nInterrupted. {after_interruption}", file=sys.stderr)
        sys.exit(128 + (signal.SIGTERM if isinstance(interruption, Terminated) else signal.SIGINT))


def _terminate(number, frame):
    del number, frame
    raise Terminated


def _fail(message):
    print(printable(f"error: {with_flags(str(message))}"), file=sys.stderr)
    sys.exit(1)
