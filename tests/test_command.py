"""Commands end with a sentence: interrupted, terminated, without room on the disk."""

import resource
import signal
import subprocess
import sys

import numpy as np
import pytest
import tifffile
from conftest import ROOT

LOOP = (
    "import time; from r2r_tf import command\n"
    "def main(argv):\n    print('ready', flush=True)\n    time.sleep(60)\n"
    "command.run(main, 'Go on so.')"
)


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM))
def test_interruption(number):
    process = subprocess.Popen([sys.executable, "-c", LOOP], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 128 + number and said == "\nInterrupted. Go on so.\n"


def test_tensorflow_starts_without_a_word():
    script = (
        "from r2r_tf import command\n"
        "def main(argv):\n    import tensorflow as tf\n    tf.get_logger().warning('retracing')\n    print(tf.zeros(2).shape)\n"
        "command.run(main)"
    )
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert (process.stdout, process.stderr) == ("(2,)\n", "")


def test_no_room_on_the_disk_is_a_sentence_for_each_file(tmp_path):
    """With a limit on the size of files, which fails as a full disk does, wherever it is met."""
    picture = np.random.default_rng(0).random((64, 64)).astype(np.float32)
    tifffile.imwrite(tmp_path / "a.tif", picture)
    np.save(tmp_path / "b.npy", picture)
    tifffile.imwrite(tmp_path / "c.tif", picture[:16, :16])
    process = subprocess.run(
        [
            sys.executable,
            "-m",
            "tools.denoise",
            tmp_path,
            f"--output_dir={tmp_path / 'out'}",
            "--sigma=20/255",
            "--orientations=1",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert process.returncode == 1 and "Traceback" not in process.stderr
    assert process.stdout.count("make room and run the command again") == 2 and "2 of 3 files" in process.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["c_denoised.tif"]
