"""Many files on local workers: as in one process, whoever is killed, and a million fit into the client."""

import csv
import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from conftest import ROOT, mean_denoiser, run_command, run_python

from r2r_tf.models import denoisers

pytestmark = pytest.mark.slow

COUNT = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pictures in two folders, a bad one among them, and a tiny model."""
    folder, rng = tmp_path_factory.mktemp("many"), np.random.default_rng(0)
    denoiser = mean_denoiser(0.1)
    denoisers.save(folder / "tiny", denoiser.network, {"alpha": 0.5, "noise": denoiser.noise.to_json(), "channels": 1})
    for number in range(COUNT):
        path = folder / "in" / ("a" if number % 2 else "b") / f"{number // 2:03d}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, rng.random((160, 160), np.float32))
    (folder / "in" / "a" / "bad.npy").write_text("no array")
    return folder


def command(folder, output, *flags):
    inputs, model = folder / "in" / "**" / "*.npy", f"--model={folder / 'tiny'}"
    return ["tools.denoise", str(inputs), f"--output_dir={folder / output}", model, "--num_recorruptions=2", *flags]


def results(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*_denoised.npy")}


def workers_of(process):
    """The processes that compute for a command, by /proc."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            line = path.with_name("cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == process.pid and "spawn_main" in line:
            found.append(int(path.parent.name))
    return found


@pytest.fixture(scope="module")
def expected(folder):
    """The results of one process, by their places."""
    plain = run_command(*command(folder, "plain"), check=False)
    assert plain.returncode == 1 and "1 of 61 files could not be denoised" in plain.stderr
    found = results(folder / "plain")
    assert len(found) == COUNT
    return found


@pytest.mark.release
@pytest.mark.skipif(not pathlib.Path("/proc/self/stat").is_file(), reason="finds the workers in /proc")
def test_killed_workers_lose_nothing_and_double_nothing(folder, expected):
    process = subprocess.Popen(
        [sys.executable, "-m", *command(folder, "dask", "--dask=local")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not results(folder / "dask"):
        time.sleep(0.02)
    assert len(results(folder / "dask")) < COUNT
    os.kill(workers_of(process)[0], signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=240)
    assert process.returncode == 1 and "1 of 61 files could not be denoised" in stderr and "Traceback" not in stderr
    assert "bad.npy is not an image" in stdout
    assert results(folder / "dask") == expected
    visible = {path.name for path in (folder / "dask").rglob("*") if path.name[0] != "." and path.suffix != ".npy"}
    assert visible == {"a", "b", "denoise.csv"}
    rows = list(csv.DictReader((folder / "dask" / "denoise.csv").open()))
    logged = {row["path"]: row for row in rows}
    # what was done by the worker that died and is there is not done again, so it has no line
    assert len(rows) == len(logged) >= COUNT + 1 - 8 and {row["status"] for row in rows} == {"done", "failed"}
    assert [path for path, row in logged.items() if row["status"] == "failed"] == [str(folder / "in" / "a" / "bad.npy")]

    again = run_command(*command(folder, "dask", "--dask=local"), check=False)
    assert "60 of 61 files are done already; --overwrite does them again" in again.stdout


def test_shards_without_any_engine(folder, expected):
    for number in (1, 2, 3):
        run_command(*command(folder, "shards", f"--shard={number}/3"), check=False)
    assert results(folder / "shards") == expected
    logs = sorted((folder / "shards").glob("denoise_*.csv"))
    assert [log.name for log in logs] == ["denoise_1of3.csv", "denoise_2of3.csv", "denoise_3of3.csv"]
    assert sum(len(list(csv.DictReader(log.open()))) for log in logs) == COUNT + 1


@pytest.mark.parametrize(
    "flags, message",
    [
        (("--dask=local", "--sigma=loud"), "--sigma is a number of counts"),
        (("--dask=local", "--model=nothing_like_it"), "nothing_like_it"),
        (("--shard=4/3",), "--shard is which part of how many"),
    ],
)
def test_bad_input_is_said_once(folder, flags, message):
    process = run_command(*command(folder, "refused", *flags), check=False)
    assert process.returncode == 1 and message in process.stderr and "Traceback" not in process.stderr
    assert process.stderr.count("error:") == 1 and not results(folder / "refused")


@pytest.mark.skipif(not pathlib.Path("/proc/self/status").is_file(), reason="reads the process's memory from /proc")
@pytest.mark.slow
def test_names_of_files_are_all_that_the_client_holds(tmp_path):
    """Less than 200 bytes a file: names, and the groups that are sent, here to nobody."""
    code = """
import re, sys
from r2r_tf.cluster import engine, files
from r2r_tf.image_files import placing
engine.load()
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
before = peak()
names = sorted(f"/instrument/2026-11/run-{number // 5000:04d}/position-03/frame-{number:07d}.tif" for number in range(200_000))
places = placing.Places(names, "out", (".tif",), "/instrument")
sent = 0
def results(client, function, groups, asked, split):
    global sent
    for group in groups:
        sent += len(group[0])
        yield group, [files.outcomes.Outcome("done", "")] * len(group[0])
engine.results = results
for number, (place, outcome) in enumerate(files.denoised(None, (), places)):
    if number == 1000:
        assert str(place.result).endswith("out/2026-11/run-0000/position-03/frame-0001000_denoised.tif")
assert number + 1 == sent == 200_000
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
print(1000 * (peak() - before) / sent)
"""
    assert 50 < float(run_python("-c", code).stdout) < 200
