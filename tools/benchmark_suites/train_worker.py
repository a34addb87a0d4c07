"""Our side of `tools.benchmark --suite=train`: a process that builds its cases once, then times one whenever it is asked to.

Reads names of cases from standard input, one a line, and answers each with a timing, as `benchmark_peers/torch_train.py` does.

Usage: python -m tools.benchmark_suites.train_worker PATCH_SIZE PATCHES_A_TIMING PARTS
"""

import itertools
import json
import sys
import time

import keras
import numpy as np

from r2r_tf import datasets, losses, models, noise, pipeline, training
from r2r_tf.models import microbatches

DTYPES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def main():
    patch, patches, parts = (int(argument) for argument in sys.argv[1:])
    training.share_cores(parts)
    if parts == 1:
        cases = {
            f"{dtype} batch {batch}": make_case(dtype, batch, patch, patches)
            for dtype, batch in itertools.product(DTYPES, (8, 32, 48, 128))
        }
        for dtype in DTYPES:
            cases[f"{dtype} batch 32, Keras's normalisation"] = make_case(dtype, 32, patch, patches, normalization="plain")
    else:
        cases = {
            f"{dtype} batch {batch} in {parts} parts": make_case(dtype, batch, patch, patches, parts=parts)
            for dtype, batch in itertools.product(DTYPES, (8 * parts, 16 * parts, 24 * parts, 64 * parts))
        }
    print(json.dumps({"cases": list(cases), "version": keras.__version__}), flush=True)
    for line in sys.stdin:
        print(json.dumps({"patches_per_s": cases[line.strip()]()}), flush=True)


def make_case(dtype, batch, patch, patches, **options):
    """A function that trains on `patches` patches and returns patches per second."""
    network = make_network(dtype, **options)
    dataset = batches(batch, patch, 10**6)
    network.fit(dataset, steps_per_epoch=2, verbose=0, shuffle=False)

    def measure():
        start = time.perf_counter()
        network.fit(dataset, steps_per_epoch=patches // batch, verbose=0, shuffle=False)
        return patches // batch * batch / (time.perf_counter() - start)

    return measure


def make_network(dtype, parts=1, seed=0, normalization="fused"):
    """DnCNN-17 as `training` builds it, compiled with the loss and the monitored error."""
    network = models.build("dncnn", dtype=DTYPES[dtype], seed=seed, normalization=normalization)
    network = microbatches.in_parts(network, parts)
    monitor = keras.metrics.MeanMetricWrapper(losses.clean_error, name="clean_mse")
    network.compile(optimizer=keras.optimizers.Adam(1e-3), loss=losses.pair_loss, metrics=[monitor])
    return network


def batches(batch, patch, steps):
    """The real pipeline on generated pictures: antithetic R2R batches."""
    rng = np.random.default_rng(0)
    pictures = [datasets.Picture(str(i), rng.random((180, 180, 1), np.float32), None, "benchmark", i) for i in range(40)]
    model = noise.Gaussian(50 / 255)
    return pipeline.batches(
        pipeline.noisy_images(pictures, model, 0),
        noise=model,
        alpha=0.5,
        objective="r2r",
        antithetic=True,
        batch_size=batch,
        patch_size=patch,
        seed=0,
        role="train",
        first_step=0,
        num_steps=steps,
    )


if __name__ == "__main__":
    main()
