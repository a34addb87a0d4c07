"""Training patches per second of DnCNN-17 on 40x40 patches, through `fit` and the real pipeline, beside a PyTorch peer."""

import itertools
import json
import pathlib
import subprocess
import sys
import time

from r2r_tf.backend import tf
from r2r_tf.errors import InputError
from r2r_tf.training.precision import DTYPES
from tools.benchmark_suites import timing

PATCH, PATCHES = 40, 480
# multiply-adds of a pixel are the weights of the convolutions; a training step costs three forward passes
GFLOP_PER_PATCH = 3 * 2 * 554_112 * PATCH**2 / 1e9
PEER = pathlib.Path(__file__).parent.parent / "benchmark_peers" / "torch_train.py"


def run(repeats, peer_python=None):
    """Times our configurations and, in the same rounds, the peer's, each timing in a process of its own.

    Args:
      repeats: rounds.
      peer_python: python that has PyTorch; None for no peer.
    Returns:
      Dict: unit, results, peaks (GFLOP/s of plain matrix multiplications), gflops of our best, ratio where a peer ran.
    """
    versions = {}
    cases = {name: lambda options=options: _rate("r2r_tf", _ours(*options), versions) for name, options in _our_cases().items()}
    if peer_python:
        for name, options in _peer_cases().items():
            cases[name] = lambda options=options: _rate("torch", [peer_python, PEER, "time", PATCH, PATCHES, *options], versions)
    results = timing.interleave(cases, repeats)
    rate, best = _fastest(results, "r2r_tf")
    report = {
        "unit": "training patches/s",
        "results": results,
        "matmul_gflops": {dtype: _matmul_gflops(dtype) for dtype in DTYPES},
        "best": best,
        "best_gflops": rate * GFLOP_PER_PATCH,
    }
    if peer_python:
        for dtype in DTYPES:
            report[f"ratio_{dtype}"] = _fastest(results, f"r2r_tf {dtype}")[0] / _fastest(results, f"torch {dtype}")[0]
        peer_rate, peer_best = _fastest(results, "torch")
        report |= {"peer_version": versions["torch"], "peer_best": peer_best, "ratio": rate / peer_rate}
    return report


def _our_cases():
    cases = {}
    for dtype in DTYPES:
        for batch, parts in ((8, 1), (32, 1), (128, 1), (48, 2), (128, 2)):
            in_parts = f" in {parts} parts" if parts > 1 else ""
            cases[f"r2r_tf {dtype} batch {batch}{in_parts}"] = (dtype, batch, parts, "fused")
        cases[f"r2r_tf {dtype} batch 32, Keras's normalisation"] = (dtype, 32, 1, "plain")
    return cases


def _peer_cases():
    cases = {}
    for dtype, batch in itertools.product(DTYPES, (8, 32, 48, 128)):
        cases[f"torch {dtype} channels_last batch {batch}"] = (dtype, batch, "eager")
    for dtype in DTYPES:
        cases[f"torch {dtype} channels_last compiled batch 48"] = (dtype, 48, "compiled")
    return cases


def _ours(*options):
    return [sys.executable, "-m", "tools.benchmark_suites.train_worker", PATCH, PATCHES, *options]


def _rate(side, command, versions):
    answer = run_json([str(part) for part in command], "--peer_python" if side == "torch" else "the worker")
    versions[side] = answer["version"]
    return answer["patches_per_s"]


def run_json(command, flag):
    """What a process prints as JSON.

    Raises:
      InputError: it fails; `flag` says what named its python.
    """
    try:
        process = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        return json.loads(process.stdout)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        reason = (getattr(error, "stderr", None) or str(error)).strip()[-200:]
        raise InputError(f"{flag} must name a python that runs {command[1]} ({reason}). Received: {command[0]}") from None


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
