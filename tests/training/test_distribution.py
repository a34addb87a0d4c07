"""Two logical CPUs under MirroredStrategy train like one device; each case in a process of its own."""

import numpy as np
import pytest
from conftest import run_python

pytestmark = pytest.mark.slow

_RUN = """
import sys
import tensorflow as tf
replicas, data_dir, workdir, shared = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4] == "shared"
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
sys.path.insert(0, "tests")
import numpy as np
from conftest import small_settings
from r2r_tf.training import network_forms, run
if not shared:
    build = network_forms.networks.build
    network_forms.networks.build = lambda name, normalization="plain", **options: build(name, **options)
settings = small_settings(data_dir=data_dir, epochs=2, steps_per_epoch=5, learning_rate=1e-3, ema=0.9)
run.train(settings, workdir, devices=["CPU:0", "CPU:1"] if replicas == 2 else None)
import keras
np.savez(workdir + "/weights.npz", *keras.models.load_model(workdir + "/model.keras", compile=False).get_weights())
"""


def weights(replicas, data_dir, workdir, shared="shared"):
    run_python("-c", _RUN, replicas, data_dir, workdir, shared)
    return list(np.load(workdir / "weights.npz").values())


def largest_difference(left, right):
    return max(np.abs(a - b).max() / np.abs(a).max() for a, b in zip(left, right, strict=True))


def test_two_replicas_train_like_one(data_dir, tmp_path):
    one, two = (weights(n, data_dir, tmp_path / str(n)) for n in (1, 2))
    shared = largest_difference(one, two)
    assert shared < 1e-4
    # control: without shared batch statistics the two replicas drift away
    assert largest_difference(one, weights(2, data_dir, tmp_path / "apart", "apart")) > 1e-3
