"""Training patches per second of DnCNN-17 on 40x40 patches, through `fit` and the real pipeline, beside a PyTorch peer."""

import json
import pathlib
import subprocess
import time

import keras
import numpy as np

from r2r_tf import datasets, losses, models, noise, pipeline
from r2r_tf.backend import tf
from r2r_tf.errors import InputError
from tools.benchmark_suites import timing

PATCH, PATCHES = 40, 128
# multiply-adds of a pixel are the weights of the convolutions; a training step costs three forward passes
GFLOP_PER_PATCH = 3 * 2 * 554_112 * PATCH**2 / 1e9
_PEER = pathlib.Path(__file__).parent.parent / "benchmark_peers" / "torch_train.py"


def run(repeats, peer_python=None):
    """Times our configurations and, in the same rounds, the peer's.

    Args:
      repeats: rounds.
      peer_python: python that has PyTorch; None for no peer.
    Returns:
      Dict: unit, results, peaks (GFLOP/s of plain matrix multiplications), gflops of our best, ratio where a peer ran.
    """
    cases = {f"r2r_tf {dtype} batch {batch}": _case(dtype, batch) for dtype in ("float32", "bfloat16") for batch in (8, 32, 128)}
    # the same with Keras's own batch normalisation
    cases |= {f"plain keras {dtype} batch 32": _case(dtype, 32, "plain") for dtype in ("float32", "bfloat16")}
    peer = Peer(peer_python) if peer_python else None
    if peer:
        cases.update({f"torch {name}": lambda name=name: peer.rate(name) for name in peer.names})
    results = timing.interleave(cases, repeats)
    rate, best = _fastest(results, "r2r_tf")
    report = {
        "unit": "training patches/s",
        "results": results,
        "matmul_gflops": {dtype: _matmul_gflops(dtype) for dtype in ("float32", "bfloat16")},
        "best": best,
        "best_gflops": rate * GFLOP_PER_PATCH,
    }
    if peer:
        peer_rate, peer_best = _fastest(results, "torch")
        report |= {"peer_version": peer.version, "peer_best": peer_best, "ratio": rate / peer_rate}
        peer.close()
    return report


class Peer:
    """The PyTorch process: it builds its cases once, then times one whenever it is asked to."""

    def __init__(self, python):
        try:
            self._process = subprocess.Popen(
                [python, _PEER, str(PATCH), str(PATCHES)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            hello = json.loads(self._process.stdout.readline())
        except (OSError, ValueError) as error:
            raise InputError(f"--peer_python must name a python with PyTorch ({error}). Received: {python}") from None
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


def _case(dtype, batch, normalization="fused"):
    policy = {"float32": "float32", "bfloat16": "mixed_bfloat16"}[dtype]
    network = models.build("dncnn", dtype=policy, normalization=normalization)
    network.compile(optimizer=keras.optimizers.Adam(1e-3), loss=losses.pair_loss)
    steps = PATCHES // batch
    dataset = batches(batch, 10**6)
    network.fit(dataset, steps_per_epoch=2, verbose=0, shuffle=False)

    def measure():
        start = time.perf_counter()
        network.fit(dataset, steps_per_epoch=steps, verbose=0, shuffle=False)
        return steps * batch / (time.perf_counter() - start)

    return measure


def batches(batch, steps):
    """The real pipeline on generated pictures: antithetic R2R batches of 40x40 patches."""
    rng = np.random.default_rng(0)
    pictures = [datasets.Picture(str(i), rng.random((180, 180, 1), np.float32), None, "benchmark", i) for i in range(40)]
    model = noise.Gaussian(50 / 255)
    images = pipeline.noisy_images(pictures, model, 0)
    return pipeline.batches(
        images,
        noise=model,
        alpha=0.5,
        objective="r2r",
        antithetic=True,
        batch_size=batch,
        patch_size=PATCH,
        seed=0,
        role="train",
        first_step=0,
        num_steps=steps,
    )


def _matmul_gflops(dtype, size=2048, repeats=5):
    left, right = (tf.cast(tf.random.stateless_uniform([size, size], [0, seed]), dtype) for seed in (0, 1))
    tf.matmul(left, right)
    rates = []
    for _ in range(repeats):
        start = time.perf_counter()
        tf.matmul(left, right).numpy()
        rates.append(2 * size**3 / 1e9 / (time.perf_counter() - start))
    return max(rates)
