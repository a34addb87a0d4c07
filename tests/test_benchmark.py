"""The benchmark's bookkeeping: cases take turns, medians, and bad combinations of flags. Speeds are not asserted."""

from conftest import run_python

from tools.benchmark_suites import timing


def test_cases_take_turns():
    order = []
    values = {"a": iter((3.0, 1.0, 2.0)), "b": iter((10.0, 30.0, 20.0))}
    cases = {name: lambda name=name: order.append(name) or next(values[name]) for name in values}
    results = timing.interleave(cases, 3)
    assert order == ["a", "b"] * 3
    assert results["a"] == {"median": 2.0, "min": 1.0, "max": 3.0, "values": [3.0, 1.0, 2.0]}
    lines = timing.table(results, "unit").splitlines()
    assert lines[0].startswith("unit") and lines[1].startswith("b") and lines[2].startswith("a")


def test_peer_needs_its_python():
    process = run_python("-m", "tools.benchmark", "--suite=train", "--peer=torch", check=False)
    assert process.returncode == 1 and "--peer_python" in process.stderr and "Traceback" not in process.stderr
