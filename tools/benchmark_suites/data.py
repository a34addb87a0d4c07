"""Patches per second that the pipeline delivers by itself, recorruption included, and whether its memory grows."""

import time

from tools.benchmark_suites import timing, train, train_worker


def run(repeats, batches_per_round=200):
    """Times the pipeline alone.

    Args:
      repeats: rounds.
      batches_per_round: batches of 128 in a round.
    Returns:
      Dict: unit, results, resident memory in MB after each round as text.
    """
    memory = []

    def measure(batch):
        iterator = iter(train_worker.batches(batch, train.PATCH, 10**9))
        next(iterator)
        count = batches_per_round * 128 // batch
        start = time.perf_counter()
        for _ in range(count):
            next(iterator)
        rate = count * batch / (time.perf_counter() - start)
        memory.append(_resident_mb())
        return rate

    cases = {f"batch {batch}": lambda batch=batch: measure(batch) for batch in (8, 32, 128)}
    results = timing.interleave(cases, repeats)
    by_round = memory[len(cases) - 1 :: len(cases)]
    patches = batches_per_round * 128 * len(cases)
    return {
        "unit": "pipeline patches/s",
        "results": results,
        "memory": f"{', '.join(f'{mb:.0f}' for mb in by_round)} MB after each round of {patches:,} patches",
    }


def _resident_mb():
    with open("/proc/self/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024
