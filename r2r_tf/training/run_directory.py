"""The run directory: flags.txt that a run is replayed with, run.json that says what made it, and when to resume or refuse."""

import datetime
import importlib.metadata
import json
import pathlib
import platform
import subprocess

from r2r_tf import atomic, locks
from r2r_tf.errors import InputError

FLAGS_FILE, RUN_FILE, HISTORY_FILE, CHECKPOINTS, LOCK = "flags.txt", "run.json", "history.csv", "checkpoints", ".lock"
MAY_CHANGE = ("epochs", "saved_model", "nosaved_model")
_PACKAGES = ("r2r_tf", "keras", "tensorflow", "tensorflow-cpu", "tensorflow-datasets", "numpy", "scikit-image")
_HEADER = "# The flags of this run, without --workdir. Replay: python -m r2r_tf.train --flagfile=THIS_FILE --workdir=NEW_FOLDER\n"


def only_one(workdir):
    """The `locks.held` of a training, which other processes cannot have in this run directory."""
    busy = "Another process trains in {folder} ({holder}): wait for it, or give another `workdir`."
    return locks.held(pathlib.Path(workdir) / LOCK, busy)


def check(workdir, flag_lines):
    """Whether a run with these flags may live in this folder: a new or empty one, or that of the same run.

    Args:
      workdir: folder.
      flag_lines: dict from flag name to its line, such as {'sigma': '--sigma=25'}.
    Raises:
      InputError: the folder holds something else, or a run with other flags.
    """
    workdir = pathlib.Path(workdir)
    file = workdir / FLAGS_FILE
    if file.exists():
        text = file.read_text(encoding="utf-8", errors="replace")
        before = [line for line in text.splitlines() if line and not line.startswith("#")]
        refused = [line for line in sorted(set(flag_lines.values()) ^ set(before)) if _name(line) not in MAY_CHANGE]
        if refused:
            was = [line for line in refused if line in before]
            now = [line for line in refused if line not in before]
            raise InputError(
                f"{workdir} holds a run with other flags: {' '.join(was) or '(nothing)'} there, {' '.join(now) or '(nothing)'} "
                "now. Only `epochs` may change; give another `workdir` for a new run."
            )
    elif workdir.is_file() or (
        workdir.is_dir() and any(not (atomic.is_leftover(path) or path.name == LOCK) for path in workdir.iterdir())
    ):
        raise InputError(f"`workdir` must be a new folder or that of a run. Received: {workdir}, which holds other files")


def check_counts(run, counts):
    """Whether a run that is resumed has the images that it began with.

    Args:
      run: contents of run.json, {} for a new run.
      counts: dict of some of its entries, numbers of images.
    Raises:
      InputError: one differs.
    """
    was = {name: run[name] for name in counts if name in run}
    if any(counts[name] != number for name, number in was.items()):
        raise InputError(
            f"The run began with {sum(was.values())} images, and there are {sum(counts.values())} now: restore them, or give "
            "another `workdir`; `init` starts from the weights that are there."
        )


def claim(workdir, flag_lines):
    """Writes flags.txt: from here on the folder is this run's. Later than `check`, so that a failed start leaves nothing."""
    atomic.write_text(pathlib.Path(workdir) / FLAGS_FILE, _HEADER + "".join(f"{line}\n" for line in flag_lines.values()))


def read_run(workdir):
    """The contents of run.json, {} before it is there."""
    path = pathlib.Path(workdir) / RUN_FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise InputError(
            f"{path} is damaged ({error}). Restore it, or remove it: training goes on from the checkpoints."
        ) from None
    if not isinstance(found, dict):
        raise InputError(f"{path} is damaged (no record). Restore it, or remove it: training goes on from the checkpoints.")
    return found


def write_run(workdir, **entries):
    """Adds entries to run.json."""
    atomic.write_json(pathlib.Path(workdir) / RUN_FILE, {**read_run(workdir), **entries})


def add_session(workdir, **entries):
    """Appends to run.json which versions, machine and git commit train from here on."""
    sessions = read_run(workdir).get("sessions", [])
    write_run(workdir, sessions=[*sessions, {**_provenance(), **entries}])


def _provenance():
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "started": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "versions": versions,
        "platform": platform.platform(),
        "git_commit": _git_commit(),
    }


def _name(line):
    """'antithetic' of '--noantithetic', 'sigma' of '--sigma=25'."""
    return line.removeprefix("--").split("=")[0]


def _git_commit():
    """The commit of the checkout that this package lies in, None outside one; '+' marks uncommitted changes."""
    here = pathlib.Path(__file__).parent.parent.parent
    if not (here / ".git").exists():
        return None
    try:
        commit, changes = (
            subprocess.run(
                ["git", "--no-optional-locks", "-C", here, *command], capture_output=True, text=True, check=True
            ).stdout.strip()
            for command in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit + ("+" if changes else "")
