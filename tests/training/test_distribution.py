"""Two logical CPUs under MirroredStrategy train like one device; each case of two in a process of its own."""

import numpy as np
import pytest
from conftest import run_here, run_python, weights

pytestmark = pytest.mark.slow

CHANGES = {"epochs": 2, "steps_per_epoch": 5, "learning_rate": 1e-3, "ema": 0.9}
_RUN = """
import sys
import tensorflow as tf
data_dir, workdir, shared = sys.argv[1], sys.argv[2], sys.argv[3] == "shared"
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
sys.path.insert(0, "tests")
from conftest import small_settings
from r2r_tf.training import network_forms, run
if not shared:
    build = network_forms.networks.build
    network_forms.networks.build = lambda name, normalization="plain", **options: build(name, **options)
run.train(small_settings(data_dir=data_dir, **CHANGES), workdir, devices=["CPU:0", "CPU:1"])
"""


def two_replicas(data_dir, workdir, shared="shared"):
    run_python("-c", f"CHANGES = {CHANGES}\n{_RUN}", data_dir, workdir, shared)
    return weights(workdir)


def largest_difference(left, right):
    return max(np.abs(a - b).max() / np.abs(a).max() for a, b in zip(left, right, strict=True))


def test_two_replicas_train_like_one(data_dir, tmp_path):
    run_here(data_dir, tmp_path / "one", **CHANGES)
    one = weights(tmp_path / "one")
    assert largest_difference(one, two_replicas(data_dir, tmp_path / "two")) < 1e-4
    # control: without shared batch statistics the two replicas drift away
    assert largest_difference(one, two_replicas(data_dir, tmp_path / "apart", "apart")) > 1e-3
