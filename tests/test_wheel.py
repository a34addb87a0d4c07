"""What strangers install: a wheel, in a fresh environment, used outside the checkout."""

import os
import re
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import skimage.data
import skimage.io
from conftest import ROOT

pytestmark = pytest.mark.release
_MOST_BYTES = 40_000_000


def run(*command, **options):
    """Runs a command that must succeed; returns what it printed."""
    process = subprocess.run(
        [str(own) for own in command], capture_output=True, text=True, check=False, timeout=900, **{"cwd": ROOT, **options}
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout + process.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of the checkout's files, built without a trace in it."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    answers = subprocess.run([*pip, "download", "--no-deps", "-d", folder / "six", "six"], capture_output=True, check=False)
    if answers.returncode:
        pytest.skip("no package index answers, and a fresh environment needs one")
    source = folder / "source"
    for name in ("r2r_tf", "tfds_builders", "configs"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", ".partial-*"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    run(*pip, "wheel", "-q", "--no-deps", "-w", folder, source)
    (result,) = folder.glob("*.whl")
    return result


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """(folder of the commands of a fresh environment that has the wheel, a folder elsewhere with noisy pictures)."""
    environment, elsewhere = tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("elsewhere")
    run(sys.executable, "-m", "venv", environment)
    run(environment / "bin" / "python", "-m", "pip", "install", "-q", f"{wheel}[cpu]", cwd=elsewhere)
    x = skimage.data.camera()[100:260, 100:260]
    for number in range(3):
        y = x + 20 * np.random.default_rng(number).standard_normal(x.shape)
        (elsewhere / "noisy").mkdir(exist_ok=True)
        skimage.io.imsave(elsewhere / "noisy" / f"{number}.png", np.clip(y, 0, 255).astype(np.uint8))
    return environment / "bin", elsewhere


def test_what_the_wheel_holds(wheel):
    assert wheel.stat().st_size < _MOST_BYTES
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if "dist-info" not in name} == {"r2r_tf", "tfds_builders"}
    for needed in ("r2r_tf/py.typed", "r2r_tf/configs/quickstart.flags", "r2r_tf/pretrained/camera/model.keras"):
        assert needed in names
    shipped = {path.name for path in (ROOT / "r2r_tf" / "pretrained").iterdir() if (path / "model.keras").is_file()}
    assert {name.split("/")[2] for name in names if name.endswith("model.keras")} == shipped


def test_every_command_is_there(installed):
    commands, elsewhere = installed
    names = re.findall(r"^ +(r2r-[a-z-]+) = ", (ROOT / "setup.cfg").read_text(), re.MULTILINE)
    assert len(names) >= 7
    for name in names:
        assert f"Usage: {name}" in run(commands / name, "--help", cwd=elsewhere)


def test_a_stranger_cleans_trains_and_ships(installed):
    commands, elsewhere = installed
    environment = {**os.environ, "HOME": str(elsewhere), "PYTHONPATH": ""}
    environment.pop("R2R_TF_MANUAL_DIR", None)

    def command(name, *flags):
        return run(commands / name, *flags, cwd=elsewhere, env=environment)

    assert "Files: clean" in command("r2r-denoise", "noisy", "--output_dir=clean")
    clean = skimage.io.imread(elsewhere / "clean" / "0_denoised.png").astype(float)
    truth, noisy = skimage.data.camera()[100:260, 100:260], skimage.io.imread(elsewhere / "noisy" / "0.png").astype(float)
    assert np.mean((clean - truth) ** 2) < 0.3 * np.mean((noisy - truth) ** 2)
    assert "white" in command("r2r-estimate-noise", "noisy")
    short = ("--epochs=1", "--steps_per_epoch=2", "--batch_size=2")
    assert "model" in command("r2r-train", "--flagfile=quickstart", *short)
    own = ("--images=noisy", "--workdir=runs/mine", *short)
    assert "r2r-denoise noisy --model=runs/mine" in command("r2r-train", "--flagfile=own_images", *own)
    command("r2r-denoise", "noisy", "--model=runs/mine", "--output_dir=mine")
    assert "Largest difference" in command("r2r-export", "--model=runs/mine", "--format=saved_model", "--output=saved")
    assert "non-local means" in command("r2r-evaluate", "--model=runs/mine", "--sigma=25", "--max_images=1")
    # the checkout is not what answered
    where = run(commands / "python", "-c", "import r2r_tf; print(r2r_tf.__file__)", cwd=elsewhere, env=environment)
    assert str(commands.parent) in where
