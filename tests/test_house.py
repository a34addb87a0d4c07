"""The house rules: imports point down only, flags stay at the top, imports are light, help is quick and exits with 0."""

import ast
import pathlib
import re
import subprocess
import sys
import time

import pytest
from conftest import ROOT, run_python

# floor of each module; a module may import from its own floor or below
FLOORS = {
    "errors": 0,
    "cards": 6,
    "orientations": 0,
    "fields": 0,
    "backend": 0,
    "atomic": 0,
    "pretrained": 1,
    "command": 0,
    "camera_noise": 0,
    "image_files": 1,
    "noise": 1,
    "binning": 1,
    "recorruption": 1,
    "estimation": 1,
    "patches": 1,
    "metrics": 1,
    "models": 1,
    "averaging": 1,
    "checkpoints": 1,
    "early_stopping": 1,
    "run_directory": 1,
    "baselines": 1,
    "losses": 2,
    "optimizers": 2,
    "placement": 2,
    "settings": 2,
    "sampling": 2,
    "patch_noise": 2,
    "datasets": 2,
    "model_files": 2,
    "frozen": 3,
    "pipeline": 3,
    "passes": 3,
    "inference": 5,
    "tiles": 4,
    "adaptive": 4,
    "value_range": 0,
    "own_images": 3,
    "picture_denoising": 4,
    "denoise_files": 5,
    "plans": 4,
    "array_forms": 0,
    "summaries": 4,
    "callbacks": 4,
    "figures": 4,
    "export": 5,
    "calibration": 5,
    "evaluation": 6,
    "evaluation_files": 5,
    "report_page": 0,
    "testing_data": 4,
    "training_data": 6,
    "run_results": 6,
    "training": 7,
    "ablations": 8,
    "train": 8,
}
LIBRARY = sorted((ROOT / "r2r_tf").rglob("*.py"))
USES_TENSORFLOW = {
    "backend",
    "datasets",
    "sampling",
    "patch_noise",
    "frozen",
    "pipeline",
    "summaries",
    "export",
    "placement",
    "training",
    "training_data",
    "models",
}


def module(path):
    parts = path.relative_to(ROOT / "r2r_tf").with_suffix("").parts
    return parts[0] if parts[0] != "__init__" else None


def imports(path):
    """Every module that a file imports, also inside functions, as dotted names."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_imports_point_down():
    for path in LIBRARY:
        if module(path) is None:
            continue
        for name in imports(path):
            parts = name.split(".")
            if parts[0] == "r2r_tf" and len(parts) > 1 and parts[1] in FLOORS:
                assert FLOORS[parts[1]] <= FLOORS[module(path)], f"{path} imports {name}"


def test_builders_stand_alone():
    for path in (ROOT / "tfds_builders").rglob("*.py"):
        assert not [name for name in imports(path) if name.split(".")[0] in ("r2r_tf", "tools")], path


def test_only_commands_touch_flags():
    users = {path for path in LIBRARY if any(name.startswith("absl.flags") for name in imports(path))}
    assert users == {ROOT / "r2r_tf" / "train.py"}


def test_tensorflow_stays_in_its_rooms():
    users = {
        module(path)
        for path in LIBRARY
        for name in imports(path)
        if name.split(".")[0] == "tensorflow" or name.endswith("backend.tf")
    }
    assert users == USES_TENSORFLOW


def test_import_is_light():
    code = "import sys, r2r_tf; print(sorted({'tensorflow', 'keras', 'numpy', 'skimage', 'absl'} & set(sys.modules)))"
    assert run_python("-c", code).stdout.strip() == "[]"


def test_names_are_there():
    code = "import r2r_tf; print(all(callable(getattr(r2r_tf, name)) for name in r2r_tf.__all__), hasattr(r2r_tf, 'nothing'))"
    assert run_python("-c", code).stdout.split() == ["True", "False"]


@pytest.mark.parametrize("name", ("denoise", "load_pretrained"))
def test_missing_tensorflow_is_said_by_the_library(name):
    code = f"import sys; sys.modules['tensorflow'] = None; import r2r_tf; r2r_tf.{name}"
    process = run_python("-c", code, check=False)
    assert process.stderr.strip().splitlines()[-1].startswith("ModuleNotFoundError: TensorFlow is missing. In the checkout")


def test_missing_tensorflow_is_said_in_one_line():
    code = (
        "import sys; sys.modules['tensorflow'] = None; sys.argv = ['train']; "
        "from r2r_tf import command, train; command.run(train.main)"
    )
    process = run_python("-c", code, check=False)
    assert process.returncode == 1 and "Traceback" not in process.stderr
    assert (
        process.stderr.strip()
        .splitlines()[-1]
        .startswith("error: TensorFlow is missing. In the checkout of r2r_tf, run: pip install -e '.[cpu]'")
    )


@pytest.mark.parametrize(
    "command",
    (
        "r2r_tf.train",
        "tools.evaluate",
        "tools.ablation",
        "tools.denoise",
        "tools.export",
        "tools.ship",
        "tools.estimate_noise",
        "tools.prepare_data",
        "tools.benchmark",
    ),
)
def test_help_is_quick_and_succeeds(command):
    start = time.perf_counter()
    process = run_python("-m", command, "--help")
    assert re.search(r"^  --\w+: ", process.stdout, re.MULTILINE) and "Usage" in process.stdout
    # one second on an idle machine; the tests may share theirs
    assert time.perf_counter() - start < 3


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("r2r_tf.train", "--sigma=loud"), "Received: sigma='loud'"),
        (("r2r_tf.train", "--precision=float8"), "precision"),
        (("r2r_tf.train", "stray"), "'stray'"),
        (("tools.evaluate", "--model=no/such/run"), "no/such/run"),
        (("tools.evaluate",), "--model"),
        (("tools.prepare_data", "--dataset=nothing_like_it"), "nothing_like_it"),
    ],
)
def test_bad_input_exits_with_one_and_a_sentence(arguments, message, tmp_path):
    process = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 1 and message in process.stderr and "Traceback" not in process.stderr, process.stderr
    assert not list(pathlib.Path(tmp_path).glob("runs*")) and not list(pathlib.Path(tmp_path).glob("evaluation*"))


def test_configurations_hold_the_published_settings():
    """What each flag file sets, nested ones included; each names its own command."""
    names = ("model", "sigma", "dataset", "test_dataset", "epochs", "batch_size", "milestones", "decay", "learning_rate")
    code = (
        "import sys; from absl import flags; from r2r_tf import train\n"
        "for path in sys.argv[1:]:\n"
        "    flags.FLAGS.unparse_flags(); flags.FLAGS(['train', '--flagfile=' + path])\n"
        f"    print(*[flags.FLAGS[name].value for name in {names}], sep=';')"
    )
    configs = ("awgn15", "awgn25", "awgn50", "cnn5")
    lines = run_python("-c", code, *(f"configs/{name}.flags" for name in configs)).stdout.split()
    recipe = "bsd400;bsd68;50;128;['30'];0.2;0.001"
    assert lines == [f"{'cnn5' if name == 'cnn5' else 'dncnn'};{name[4:] if name != 'cnn5' else 25};{recipe}" for name in configs]
    for path in (ROOT / "configs").glob("*.flags"):
        assert path.stem.endswith("_common") or f"--flagfile=configs/{path.name}" in path.read_text()


@pytest.mark.parametrize("command, prefix", [("r2r_tf.train", ""), ("tools.ablation", "ablation_")])
def test_every_configuration_is_one_of_its_command(command, prefix):
    """Flags that do not exist, or values out of range, would end the parsing."""
    paths = [path for path in (ROOT / "configs").glob("*.flags") if path.name.startswith("ablation_") == bool(prefix)]
    code = (
        f"import sys; from absl import flags; import {command} as command\n"
        "for path in sys.argv[1:]:\n"
        "    flags.FLAGS.unparse_flags(); flags.FLAGS(['command', '--flagfile=' + path]); print(path)"
    )
    printed = run_python("-c", code, *paths).stdout.split()
    assert len(paths) >= 5 and printed == [str(path) for path in paths]
    assert all(f"python -m {command} --flagfile" in path.read_text() or path.stem.endswith("_common") for path in paths)
