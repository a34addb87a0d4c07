"""Commands end with a sentence: interrupted, terminated, without room on the disk."""

import functools
import resource
import signal
import subprocess
import sys

import numpy as np
import pytest
import tifffile
from conftest import ROOT, run_command

LOOP = (
    "import sys, time; from absl import flags; from r2r_tf.commands import command\n"
    "def run(typed):\n    print('ready', flush=True)\n    time.sleep(60)\n"
    "sys.exit(command.run(run, None, flag_values=flags.FlagValues(), groups={}, after_interruption='Go on so.'))"
)


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM))
def test_interruption(number):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # what a shell starts in the background ignores SIGINT, and so would this
    obeys = functools.partial(signal.signal, number, signal.SIG_DFL)
    process = subprocess.Popen([sys.executable, "-c", LOOP], **pipes, text=True, cwd=ROOT, preexec_fn=obeys)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 128 + number and said == "\nInterrupted. Go on so.\n"


@pytest.mark.slow
def test_tensorflow_starts_without_a_word():
    script = (
        "from absl import flags; from r2r_tf.commands import command\n"
        "def run(typed):\n    import tensorflow as tf\n    tf.get_logger().warning('retracing')\n    print(tf.zeros(2).shape)\n"
        "command.run(run, None, flag_values=flags.FlagValues(), groups={})"
    )
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert (process.stdout, process.stderr) == ("(2,)\n", "")


@pytest.mark.slow
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


@pytest.mark.slow
def test_training_on_a_full_disk_is_a_sentence(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 255, (3, 64, 64), np.uint8)
    np.save(tmp_path / "pictures.npy", pictures)
    flags = ["--sigma=25", "--model=cnn5", "--epochs=1", "--steps_per_epoch=2", "--batch_size=2", "--patch_size=32"]
    process = subprocess.run(
        [sys.executable, "-m", "r2r_tf.train", f"--images={tmp_path}", f"--workdir={tmp_path / 'run'}", *flags],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    assert process.returncode == 1 and "make room and run the command again" in process.stderr
    assert "Traceback" not in process.stderr and not list((tmp_path / "run" / "checkpoints").iterdir())


@pytest.mark.slow
def test_two_processes_in_one_folder_do_not_disturb_each_other(tmp_path):
    for number in range(12):
        np.save(tmp_path / f"{number}.npy", np.random.default_rng(number).random((96, 96)).astype(np.float32))
    command = [sys.executable, "-m", "tools.denoise", tmp_path, f"--output_dir={tmp_path / 'out'}", "--overwrite", "--report"]
    processes = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[1].count("Traceback") for process in processes] == [0, 0]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        [*(f"{number}_denoised.npy" for number in range(12)), "report.html"]
    )
    assert all(np.load(path).shape == (96, 96) for path in (tmp_path / "out").glob("*.npy"))


def test_an_output_folder_that_cannot_be_is_found_before_the_work(tmp_path):
    np.save(tmp_path / "a\x1b[31mred.npy", np.zeros((16, 16), np.float32))
    (tmp_path / "file").write_text("")
    process = run_command("tools.denoise", tmp_path, f"--output_dir={tmp_path / 'file' / 'out'}", check=False)
    assert process.returncode == 1 and "Not a directory" in process.stderr and not process.stdout
    process = run_command("tools.denoise", tmp_path, f"--output_dir={tmp_path / 'out'}")
    assert "a\\x1b[31mred.npy" in process.stdout and "\x1b" not in process.stdout + process.stderr
