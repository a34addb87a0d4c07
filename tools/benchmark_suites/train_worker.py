"""Our side of `tools.benchmark --suite=train`: builds one case, times it once and prints the patches per second as JSON.

A process a timing: thread settings hold for a process, and a case is not slowed by what others left in the allocator.

Usage: python -m tools.benchmark_suites.train_worker PATCH_SIZE PATCHES DTYPE BATCH PARTS NORMALIZATION
"""

import json
import sys
import time

import keras
import numpy as np

from r2r_tf import noise
from r2r_tf.data import datasets, frozen_images, pipeline
from r2r_tf.models import microbatches, networks
from r2r_tf.training import losses, placement, precision

SIGMA, ALPHA = 50 / 255, 0.5


def main():
    patch, patches, dtype, batch, parts, normalization = sys.argv[1:]
    placement.share_cores(int(parts))
    rate = patches_per_second(int(patch), int(patches), dtype, int(batch), int(parts), normalization)
    print(json.dumps({"patches_per_s": rate, "version": keras.__version__}))


def patches_per_second(patch, patches, dtype, batch, parts, normalization="fused"):
    """Trains on about `patches` patches through `fit`, after some steps to warm up."""
    network = make_network(dtype, parts, normalization=normalization)
    dataset = r2r_batches(generated_images(), batch, patch, 10**6)
    steps = max(1, round(patches / batch))
    network.fit(dataset, steps_per_epoch=max(1, steps // 4), verbose=0, shuffle=False)
    start = time.perf_counter()
    network.fit(dataset, steps_per_epoch=steps, verbose=0, shuffle=False)
    return steps * batch / (time.perf_counter() - start)


def make_network(dtype, parts=1, seed=0, normalization="fused"):
    """DnCNN-17 as `training` builds it, compiled with the loss and the monitored error."""
    network = networks.build("dncnn", dtype=precision.DTYPES[dtype], seed=seed, normalization=normalization)
    network = microbatches.in_parts(network, parts)
    monitor = keras.metrics.MeanMetricWrapper(losses.clean_error, name="clean_mse")
    network.compile(optimizer=keras.optimizers.Adam(1e-3), loss=losses.pair_loss, metrics=[monitor])
    return network


def generated_images():
    """40 noisy images of uniform noise, for timings."""
    rng = np.random.default_rng(0)
    pictures = [datasets.Picture(str(i), rng.random((180, 180, 1), np.float32), None, "benchmark", i) for i in range(40)]
    return frozen_images.noisy_images(pictures, noise.Gaussian(SIGMA), 0)


def r2r_batches(images, batch, patch, steps, seed=0, with_clean=False):
    """The real pipeline: antithetic R2R batches of noisy images."""
    return pipeline.batches(
        images,
        alpha=ALPHA,
        objective="r2r",
        antithetic=True,
        batch_size=batch,
        patch_size=patch,
        seed=seed,
        role="train",
        first_step=0,
        num_steps=steps,
        with_clean=with_clean,
    )


if __name__ == "__main__":
    main()
