"""Two processes on loopback train one network like one process; the loss of one is a sentence, and the same command goes on."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from conftest import ROOT, run_python

from r2r_tf.errors import InputError
from r2r_tf.training import hosts

DNCNN = ("--depth=3", "--features=8", "--batch_norm", "--sigma=25")
UNET = ("--model=unet", "--depth=2", "--features=8", "--sigma=5-55", "--raise_to=80", "--microbatches=2", "--patience=3")
STEPS = ("--batch_size=8", "--epochs=2", "--steps_per_epoch=10", "--ema=0.9", "--antithetic", "--patch_size=24")
# Adam multiplies the rounding of gradients near its epsilon, such as those of new weights; of trained ones they are larger
GENTLY = "--learning_rate=3e-5"


def free_ports(count):
    """Ports that are free now: all are held before any is given back."""
    held = [socket.socket() for _ in range(count)]
    for own in held:
        own.bind(("127.0.0.1", 0))
    ports = [own.getsockname()[1] for own in held]
    for own in held:
        own.close()
    return ports


def started(data_dir, workdir, *flags, count=2, odd=()):
    """The processes of a training on `count` hosts; the last has the flags `odd` too."""
    workers = [f"127.0.0.1:{port}" for port in free_ports(count)]
    command = [sys.executable, "-m", "r2r_tf.train", f"--data_dir={data_dir}", f"--workdir={workdir}", *flags]

    def start(number):
        config = {"cluster": {"worker": workers}, "task": {"type": "worker", "index": number}}
        own = [*command, *(odd if number == count - 1 else ())]
        log = open(f"{workdir}-{number}.log", "w")  # noqa: SIM115  # a pipe that nobody reads would fill up
        return subprocess.Popen(own, cwd=ROOT, env={**os.environ, "TF_CONFIG": json.dumps(config)}, stdout=log, stderr=log)

    return [start(number) for number in range(count)]


def ended(processes, workdir, seconds=240):
    """[(exit code, what it said)]"""
    until = time.monotonic() + seconds
    try:
        codes = [process.wait(until - time.monotonic()) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(code, open(f"{workdir}-{number}.log").read()) for number, code in enumerate(codes)]


def trained(data_dir, workdir, *flags, **options):
    found = ended(started(data_dir, workdir, *flags, **options), workdir)
    assert [code for code, _ in found] == [0] * len(found), found
    return keras.models.load_model(workdir / "model.keras", compile=False).get_weights()


def difference(left, right):
    return max(np.abs(a - b).max() for a, b in zip(left, right, strict=True))


def rows(workdir):
    with (workdir / "history.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.release
@pytest.mark.parametrize("network", [DNCNN, UNET], ids=["dncnn", "unet"])
def test_two_hosts_train_like_one(data_dir, tmp_path, network):
    start = trained(
        data_dir, tmp_path / "start", *network, *STEPS, "--epochs=1", "--steps_per_epoch=40", "--learning_rate=3e-3", count=1
    )
    flags = (*network, *STEPS, GENTLY, f"--init={tmp_path / 'start'}")
    one = trained(data_dir, tmp_path / "one", *flags, count=1)
    two = trained(data_dir, tmp_path / "two", *flags)
    assert difference(one, two) < 1e-5 and difference(one, start) > 2e-4
    # losses too, and validation
    for own, other in zip(rows(tmp_path / "one"), rows(tmp_path / "two"), strict=True):
        for name in ("loss", "val_loss", "val_psnr"):
            assert float(own[name]) == pytest.approx(float(other[name]), rel=1e-5)
    assert json.loads((tmp_path / "two" / "run.json").read_text())["sessions"][0]["hosts"] == 2


@pytest.mark.release
@pytest.mark.parametrize("victim", [0, 1])
def test_a_lost_host_is_a_sentence_and_the_command_goes_on(data_dir, tmp_path, victim):
    """With one host in place of two the second time, or with two again."""
    flags = (*DNCNN, *STEPS, "--epochs=60")
    workdir = tmp_path / "run"
    processes = started(data_dir, workdir, *flags)
    until = time.monotonic() + 120
    while not (workdir / "checkpoints" / "epoch_00002").exists():
        assert time.monotonic() < until and all(process.poll() is None for process in processes)
        time.sleep(0.1)
    processes[victim].send_signal(signal.SIGKILL)
    code, said = ended(processes, workdir, 60)[1 - victim]
    last = [line for line in said.splitlines() if line.startswith("error:")]
    assert code == 1 and len(last) == 1 and "Another host was lost" in last[0] and "Traceback" not in said
    done = len(list(rows(workdir)))
    trained(data_dir, workdir, *flags, f"--epochs={done + 1}", count=1 + victim)
    assert [int(row["epoch"]) for row in rows(workdir)] == list(range(1, done + 2))


@pytest.mark.release
def test_hosts_that_differ_are_refused(data_dir, tmp_path):
    found = ended(started(data_dir, tmp_path / "run", *DNCNN, *STEPS, odd=["--seed=3"]), tmp_path / "run")
    assert all(code == 1 and "All hosts must have the same images, flags and --workdir" in said for code, said in found)
    assert not (tmp_path / "run").exists()


@pytest.mark.release
def test_an_address_that_is_taken_is_a_sentence(data_dir, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        config = {
            "cluster": {"worker": [f"127.0.0.1:{other.getsockname()[1]}", "127.0.0.1:1"]},
            "task": {"type": "worker", "index": 0},
        }
        flags = [f"--data_dir={data_dir}", f"--workdir={tmp_path / 'run'}"]
        process = run_python("-m", "r2r_tf.train", *flags, check=False, env={**os.environ, "TF_CONFIG": json.dumps(config)})
    last = [line for line in process.stderr.splitlines() if line.startswith("error:")]
    assert process.returncode == 1 and "cannot talk" in last[0] and "Traceback" not in process.stderr


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        "{}",
        '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 2}}',
        '{"cluster": {"worker": ["a:1"], "ps": ["b:1"]}, "task": {"type": "worker", "index": 0}}',
    ],
)
def test_what_is_no_cluster_is_refused(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(InputError, match="TF_CONFIG must name the workers"):
        hosts.join()


def test_one_host_needs_no_strategy(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert hosts.join() == hosts.Hosts()
    monkeypatch.setenv("TF_CONFIG", '{"cluster": {"chief": ["a:1"]}, "task": {"type": "chief", "index": 0}}')
    assert hosts.join() == hosts.Hosts() and hosts.join().chief
