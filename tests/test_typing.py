"""Type hints of the public face: right calls pass strict mypy, wrong ones are found."""

import ast
import re
import subprocess
import sys

import pytest
from conftest import ROOT

pytest.importorskip("mypy")

FACE = (
    "r2r_tf/__init__.pyi",
    "r2r_tf/errors.py",
    "r2r_tf/inference/arrays.py",
    "r2r_tf/inference/whole_images.py",
    "r2r_tf/inference/noise_estimates.py",
    "r2r_tf/evaluation/metrics.py",
    "r2r_tf/cluster/arrays.py",
)
RIGHT = """
import numpy as np
import r2r_tf

y = np.zeros((64, 64))
found = r2r_tf.estimate_noise(y, channel_axis=None)
level: float = found.sigma
sentence: str = str(found)
r2r_tf.denoise(y, "camera", sigma=level, seed=(0, 1), progress=True)
x_hat, errors, draws = r2r_tf.denoise_to_precision(y, 1 / 255)
psnr: float = r2r_tf.psnr(y, x_hat) + r2r_tf.ssim(y, x_hat)
alpha: float | None = r2r_tf.load_pretrained("camera").alpha
"""
WRONG = {
    "r2r_tf.denoise(y, sgma=0.1)": 'Unexpected keyword argument "sgma"',
    "r2r_tf.estimate_noise(y, -1)": "Too many positional arguments",
    "found.level = 1.0": "read-only",
    "r2r_tf.nothing.at_all: int = psnr + 's'": "Unsupported operand",
}


def mypy(*arguments):
    config = ["--config-file=", "--follow-imports=silent", "--ignore-missing-imports", "--cache-dir=/dev/null"]
    return subprocess.run(
        [sys.executable, "-m", "mypy", *config, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.release
def test_the_public_face_is_clean():
    process = mypy("--disallow-incomplete-defs", *FACE)
    assert process.returncode == 0, process.stdout


@pytest.mark.release
def test_calls(tmp_path):
    """Right ones pass, and each of the wrong ones is found, in a file of its own."""
    files = []
    for number, wrong in enumerate(("", *WRONG)):
        files.append(tmp_path / f"user{number}.py")
        files[-1].write_text(f"{RIGHT}{wrong}\n")
    said = mypy("--strict", *map(str, files)).stdout
    lines = [[line for line in said.splitlines() if line.startswith(str(file))] for file in files]
    assert not lines[0], said
    for own, sentence in zip(lines[1:], WRONG.values(), strict=True):
        assert any(sentence in line for line in own), said


def test_every_public_name_has_hints():
    """All parameters and what is returned."""
    import r2r_tf

    functions = {}
    for file in FACE:
        for node in ast.parse((ROOT / file).read_text()).body:
            if isinstance(node, ast.FunctionDef):
                functions[node.name] = node
    for name in set(r2r_tf.__all__) - {"InputError"}:
        arguments = functions[name].args
        everything = [*arguments.args, *arguments.kwonlyargs, *filter(None, (arguments.kwarg,))]
        assert functions[name].returns is not None and all(own.annotation is not None for own in everything), name
    named = re.findall(r"^from r2r_tf\.(\S+) import (\w+) as \2$", (ROOT / FACE[0]).read_text(), re.MULTILINE)
    assert {name: home for home, name in named} == r2r_tf._HOME
