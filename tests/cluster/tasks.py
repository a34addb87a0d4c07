"""Tasks that are sent to workers in tests; some end their process as a lack of memory does."""

import os
import pathlib
import signal
import time

SECONDS = 0.05


def died_once(task, folder):
    """Ends its worker the first time that it is called with a task below 3; says that it was done."""
    mark = pathlib.Path(folder, f"tried-{task}")
    if task < 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    with pathlib.Path(folder, "done").open("a") as file:
        file.write(f"{task}\n")
    return task * task


def deadly(tasks):
    """Ends its worker whenever 13 is among the tasks."""
    if 13 in tasks:
        os.kill(os.getpid(), signal.SIGKILL)
    return sum(tasks)


def slow(task):
    """Takes a while."""
    time.sleep(SECONDS)
    return task
