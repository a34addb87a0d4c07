"""Training patches per second of DnCNN-17 on 40x40 patches, through `fit` and the real pipeline, beside a PyTorch peer."""

import json
import pathlib
import subprocess
import sys
import time

from r2r_tf.backend import tf
from r2r_tf.errors import InputError
from tools.benchmark_suites import timing

PATCH, PATCHES = 40, 256
# multiply-adds of a pixel are the weights of the convolutions; a training step costs three forward passes
GFLOP_PER_PATCH = 3 * 2 * 554_112 * PATCH**2 / 1e9
PEER = pathlib.Path(__file__).parent.parent / "benchmark_peers" / "torch_train.py"


def run(repeats, peer_python=None):
    """Times our configurations and, in the same rounds, the peer's. Thread settings hold for a process, so each has its own.

    Args:
      repeats: rounds.
      peer_python: python that has PyTorch; None for no peer.
    Returns:
      Dict: unit, results, peaks (GFLOP/s of plain matrix multiplications), gflops of our best, ratio where a peer ran.
    """
    ours = [sys.executable, "-m", "tools.benchmark_suites.train_worker", str(PATCH), str(PATCHES)]
    workers = {"r2r_tf": [Worker([*ours, parts]) for parts in ("1", "2")]}
    if peer_python:
        workers["torch"] = [Worker([peer_python, PEER, "time", str(PATCH), str(PATCHES)], "--peer_python")]
    cases = {
        f"{side} {name}": lambda worker=worker, name=name: worker.rate(name)
        for side, group in workers.items()
        for worker in group
        for name in worker.names
    }
    results = timing.interleave(cases, repeats)
    rate, best = _fastest(results, "r2r_tf")
    report = {
        "unit": "training patches/s",
        "results": results,
        "matmul_gflops": {dtype: _matmul_gflops(dtype) for dtype in ("float32", "bfloat16")},
        "best": best,
        "best_gflops": rate * GFLOP_PER_PATCH,
    }
    if peer_python:
        for dtype in ("float32", "bfloat16"):
            report[f"ratio_{dtype}"] = _fastest(results, f"r2r_tf {dtype}")[0] / _fastest(results, f"torch {dtype}")[0]
        peer_rate, peer_best = _fastest(results, "torch")
        report |= {"peer_version": workers["torch"][0].version, "peer_best": peer_best, "ratio": rate / peer_rate}
    for worker in sum(workers.values(), []):
        worker.close()
    return report


class Worker:
    """A process that builds its cases once, then times one whenever it is asked to."""

    def __init__(self, command, flag="the worker"):
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            hello = json.loads(self._process.stdout.readline())
        except (OSError, ValueError) as error:
            raise InputError(f"{flag} must name a python with what it is to time ({error}). Received: {command[0]}") from None
        self.names, self.version = hello["cases"], hello["version"]

    def rate(self, name):
        """Patches per second of one case, once."""
        self._process.stdin.write(name + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())["patches_per_s"]

    def close(self):
        """Ends the process."""
        self._process.stdin.close()
        self._process.wait()


def _fastest(results, side):
    return max((row["median"], name) for name, row in results.items() if name.startswith(side))


def _matmul_gflops(dtype, size=2048, repeats=5):
    left, right = (tf.cast(tf.random.stateless_uniform([size, size], [0, seed]), dtype) for seed in (0, 1))
    tf.matmul(left, right)
    rates = []
    for _ in range(repeats):
        start = time.perf_counter()
        tf.matmul(left, right).numpy()
        rates.append(2 * size**3 / 1e9 / (time.perf_counter() - start))
    return max(rates)
