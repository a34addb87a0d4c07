"""Seconds until a command has printed its help, and until a training has made its first step."""

import pathlib
import subprocess
import sys
import tempfile
import time

from tools.benchmark_suites import timing

_ROOT = pathlib.Path(__file__).parent.parent.parent
_COMMANDS = (
    "r2r_tf.train",
    "r2r_tf.commands.evaluate",
    "r2r_tf.commands.ablation",
    "r2r_tf.commands.prepare_data",
    "tools.benchmark",
)
_FIRST_STEP = """
import os
from r2r_tf.training import callbacks
from r2r_tf import train
callbacks.StopOnNaN.on_train_batch_end = lambda *args, **options: os._exit(0)
train.main()
"""


def run(repeats, data_dir=None):
    """Times whole processes.

    Args:
      repeats: rounds.
      data_dir: where TFDS keeps prepared data.
    Returns:
      Dict: unit, results.
    """
    cases = {f"{command} --help": lambda command=command: _seconds("-m", command, "--help") for command in _COMMANDS}
    cases["first step of the quick start"] = lambda: _first_step(data_dir)
    return {"unit": "seconds", "results": timing.interleave(cases, repeats)}


def _first_step(data_dir):
    with tempfile.TemporaryDirectory() as folder:
        options = [f"--data_dir={data_dir}"] if data_dir else []
        return _seconds("-c", _FIRST_STEP, "--flagfile=configs/quickstart.flags", f"--workdir={folder}/run", *options)


def _seconds(*arguments):
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=_ROOT, check=True, capture_output=True)
    return time.perf_counter() - start
