"""Patches per second that the pipeline delivers by itself, recorruption included, and whether its memory grows."""

import resource
import time

from tools.benchmark_suites import timing, train


def run(repeats, batches_per_round=200):
    """Times the pipeline alone.

    Args:
      repeats: rounds.
      batches_per_round: batches of 128 in a round.
    Returns:
      Dict: unit, results, memory growth in MB between the first and the last round.
    """
    memory = []

    def measure(batch):
        iterator = iter(train.batches(batch, 10**9))
        next(iterator)
        count = batches_per_round * 128 // batch
        start = time.perf_counter()
        for _ in range(count):
            next(iterator)
        rate = count * batch / (time.perf_counter() - start)
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return rate

    cases = {f"batch {batch}": lambda batch=batch: measure(batch) for batch in (8, 32, 128)}
    results = timing.interleave(cases, repeats)
    return {"unit": "pipeline patches/s", "results": results, "peak_memory_growth_mb": memory[-1] - memory[len(cases) - 1]}
