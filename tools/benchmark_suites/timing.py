"""Interleaved timing: every case once per round, so that a slow minute of the machine hits all of them."""

import platform
import re
import statistics

from tqdm import tqdm

from r2r_tf.errors import InputError


def select(cases, pattern):
    """The cases, a dict by name, whose names match a regular expression somewhere; all for None.

    Raises:
      InputError: none does, or it is no regular expression.
    """
    try:
        chosen = {name: measure for name, measure in cases.items() if re.search(pattern or "", name)}
    except re.error as error:
        raise InputError(f"--cases must be a regular expression ({error}). Received: {pattern}") from None
    if not chosen:
        raise InputError(f"--cases must match at least one of: {'; '.join(cases)}. Received: {pattern}")
    return chosen


def interleave(cases, repeats):
    """Measures every case once per round.

    Args:
      cases: dict from name to a function that measures once and returns a number.
      repeats: rounds.
    Returns:
      Dict from name to {'median', 'min', 'max', 'values'}.
    """
    values = {name: [] for name in cases}
    for _ in tqdm(range(repeats), desc="rounds", mininterval=1):
        for name, measure in cases.items():
            values[name].append(measure())
    return {name: summary(of) for name, of in values.items()}


def summary(values):
    """Median, lowest and highest of a list of numbers, and the list."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "values": values}


def machine():
    """One line on the machine: processor, cores, the vector extensions that matter."""
    model, flags, cores = platform.processor() or platform.machine(), "", 0
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                name, _, value = line.partition(":")
                cores += name.strip() == "processor"
                model = value.strip() if name.strip() == "model name" else model
                flags = value if name.strip() == "flags" else flags
    except OSError:
        pass
    extensions = [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if name in flags.split()]
    return f"{model}, {cores or '?'} cores, {' '.join(extensions) or 'extensions unknown'}, {platform.system()}"


def table(results, unit):
    """The results as text, a line per case, best median first."""
    lines = [f"{unit:44s}{'median':>10s}{'min':>10s}{'max':>10s}"]
    for name, row in sorted(results.items(), key=lambda item: -item[1]["median"]):
        lines.append(f"{name:44s}{row['median']:10.2f}{row['min']:10.2f}{row['max']:10.2f}")
    return "\n".join(lines)
