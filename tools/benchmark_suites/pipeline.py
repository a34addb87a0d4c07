"""Patches per second that the pipeline delivers by itself, recorruption included, and whether its memory grows."""

import resource
import sys
import time

from r2r_tf.image_files import scratch
from tools.benchmark_suites import timing, train, train_worker

_BATCHES = 200  # of 128 patches, in a round


def run(repeats):
    """Times the pipeline alone, one iterator a batch size, as a training has one over all its epochs.

    Args:
      repeats: rounds.
    Returns:
      Dict: unit, results, peak memory in MB after each round as text.
    """
    images, shelf, peaks = train_worker.generated_images(), scratch.Shelf(0), []
    on_disk = [image._replace(noisy=shelf.keep(image.noisy)) for image in images]

    def make_case(batch, images=images):
        iterator = iter(train_worker.r2r_batches(images, batch, train.PATCH, 10**9))
        next(iterator)

        def measure():
            count = _BATCHES * 128 // batch
            start = time.perf_counter()
            for _ in range(count):
                next(iterator)
            rate = count * batch / (time.perf_counter() - start)
            peaks.append(_peak_mb())
            return rate

        return measure

    cases = {f"batch {batch}": make_case(batch) for batch in (8, 32, 128)}
    cases["batch 8, images on disk"] = make_case(8, on_disk)
    results = timing.interleave(cases, repeats)
    by_round = peaks[len(cases) - 1 :: len(cases)]
    patches = _BATCHES * 128 * len(cases)
    return {
        "unit": "pipeline patches/s",
        "results": results,
        "peak_memory": f"{', '.join(f'{mb:.0f}' for mb in by_round)} MB after each round of {patches:,} patches",
    }


def _peak_mb():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kilobytes on Linux, bytes on macOS
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
