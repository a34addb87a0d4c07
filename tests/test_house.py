"""The house rules: imports point down only, flags stay at the top, imports are light."""

import ast
import inspect
import pathlib
import re

import pytest
from conftest import ROOT, run_command, run_python

from r2r_tf.commands import command

# from the top down, as in docs/architecture.md: a room imports from itself and from rooms further down
ROOMS = (
    {"tools"},
    {"commands", "train", "napari_plugin"},
    {"training"},
    {"evaluation"},
    {"cluster"},
    {"inference"},
    {"reports"},
    {"data"},
    {"models", "pretrained"},
    {"estimation"},
    {"image_files"},
    {"noise"},
    {"recorruption", "objectives", "errors", "atomic", "locks", "backend", "quiet_start", "__init__"},
)
LIBRARY = sorted((ROOT / "r2r_tf").rglob("*.py"))
TOOLS = sorted((ROOT / "tools").rglob("*.py"))
USES_TENSORFLOW = {
    "backend",
    "data/datasets",
    "data/frozen_images",
    "data/patch_noise",
    "data/pipeline",
    "data/raised",
    "data/sampling",
    "data/shares",
    "data/stateless_draws",
    "inference/export",
    "models/fused_norm",
    "reports/tensorboard",
    "training/data",
    "training/fitting",
    "training/hosts",
    "training/placement",
    "training/run",
}


def floor(path):
    """How far from the top a file's room is."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    room = parts[1] if parts[0] == "r2r_tf" else "tools"
    return next(number for number, rooms in enumerate(ROOMS) if room in rooms)


def imports(path):
    """Every module that a file imports, also inside functions, as dotted names."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_files(path):
    """The files of this project that a file imports."""
    for name in imports(path):
        parts = name.split(".")
        if parts[0] in ("r2r_tf", "tools"):
            # the last part is a module, or a name in one
            for length in (len(parts), len(parts) - 1):
                place = ROOT.joinpath(*parts[:length])
                found = [file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()]
                if found:
                    yield found[0]
                    break


def test_imports_point_down():
    assert all(path.name == "__init__.py" or floor(path) >= 0 for path in LIBRARY)
    for path in LIBRARY + TOOLS:
        for other in imported_files(path):
            if path.parent != ROOT / "r2r_tf" or path.name != "__init__.py":
                assert floor(path) <= floor(other), f"{path.relative_to(ROOT)} imports {other.relative_to(ROOT)}"


def test_imports_go_in_no_circle():
    below = {path: set(imported_files(path)) - {path} for path in LIBRARY + TOOLS}
    while leaves := {path for path, others in below.items() if not others & set(below)}:
        below = {path: others for path, others in below.items() if path not in leaves}
    assert not below, sorted(str(path.relative_to(ROOT)) for path in below)


def test_rooms_hold_the_modules():
    assert len(list((ROOT / "r2r_tf").glob("*.py"))) <= 12
    assert {path.name for path in (ROOT / "r2r_tf").iterdir() if path.is_dir() and path.name[0] not in "_."} == {
        *(
            "commands",
            "napari_plugin",
            "configs",
            "training",
            "evaluation",
            "cluster",
            "inference",
            "reports",
            "data",
            "models",
            "pretrained",
            "estimation",
            "image_files",
            "noise",
        )
    }


def test_families_of_noise_are_not_told_apart_outside_their_room():
    from r2r_tf import noise

    families = {family.__name__ for family in noise.FAMILIES.values()} | {"Correlated"}
    for path in LIBRARY + TOOLS:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance" and path.parent.name != "noise":
                asked = {
                    part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "") for part in ast.walk(node.args[1])
                }
                assert not asked & families, f"{path.relative_to(ROOT)}, line {node.lineno}"


@pytest.mark.parametrize(
    "name",
    (
        "inference.arrays:denoise",
        "inference.whole_images:denoise_to_precision",
        "inference.whole_images:kernel_denoise",
        "inference.stacks:denoise",
        "inference.defaults:plan",
        "inference.passes:mean_and_deviation",
        "inference.files:run",
        "cluster.files:run",
        "evaluation.scores:evaluate",
        "evaluation.uncertainty:measure",
        "data.test_sets:load_test_set",
        "data.frozen_images:noisy_images",
        "data.pipeline:batches",
        "training.run:train",
        "training.results:write",
    ),
)
def test_options_are_given_by_name(name):
    import importlib

    module, function = name.split(":")
    parameters = inspect.signature(getattr(importlib.import_module(f"r2r_tf.{module}"), function)).parameters.values()
    positional = [parameter for parameter in parameters if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    assert len(positional) <= 4, [parameter.name for parameter in positional]


def test_builders_stand_alone():
    for path in (ROOT / "tfds_builders").rglob("*.py"):
        assert not [name for name in imports(path) if name.split(".")[0] in ("r2r_tf", "tools")], path


def test_only_commands_touch_flags():
    users = {path for path in LIBRARY if any(name.startswith("absl.flags") for name in imports(path))}
    assert {path.parent.name for path in users - {ROOT / "r2r_tf" / "train.py"}} == {"commands"}


def test_only_commands_read_the_command_line():
    readers = {path for path in LIBRARY if re.search(r"\bsys\.argv\b", path.read_text())}
    assert all(path == ROOT / "r2r_tf" / "train.py" or "commands" in path.parts for path in readers) and len(readers) < 3, readers


def test_the_library_speaks_of_parameters():
    """Its sentences name `sigma`; commands make a flag of it."""
    for path in LIBRARY:
        if path.name not in ("train.py", "settings.py") and "commands" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Raise) and getattr(getattr(node.exc, "func", None), "id", "") == "InputError":
                    assert not re.search(r"--[a-z]", ast.unparse(node)), f"{path.relative_to(ROOT)}, line {node.lineno}"
    said = command.with_flags("`sigma` must be, as `antithetic=False` or `objective=r2r`, `antithetic=True`: y")
    assert said == "--sigma must be, as --noantithetic or --objective=r2r, --antithetic: y"


def test_tensorflow_stays_in_its_rooms():
    users = {
        str(path.relative_to(ROOT / "r2r_tf").with_suffix(""))
        for path in LIBRARY
        for name in imports(path)
        if name.split(".")[0] == "tensorflow" or name.endswith("backend.tf")
    }
    assert users == USES_TENSORFLOW


def test_import_is_light():
    code = "import sys, r2r_tf; print(sorted({'tensorflow', 'keras', 'numpy', 'skimage', 'absl'} & set(sys.modules)))"
    assert run_python("-c", code).stdout.strip() == "[]"


@pytest.mark.slow
def test_names_are_there():
    code = "import r2r_tf; print(all(callable(getattr(r2r_tf, name)) for name in r2r_tf.__all__), hasattr(r2r_tf, 'nothing'))"
    assert run_python("-c", code).stdout.split() == ["True", "False"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ("denoise", "load_pretrained"))
def test_missing_tensorflow_is_said_by_the_library(name):
    code = f"import sys; sys.modules['tensorflow'] = None; import r2r_tf; r2r_tf.{name}"
    process = run_python("-c", code, check=False)
    assert process.stderr.strip().splitlines()[-1].startswith("ModuleNotFoundError: TensorFlow is missing: pip install")


@pytest.mark.slow
def test_missing_tensorflow_is_said_in_one_line():
    code = "import sys; sys.modules['tensorflow'] = None; from r2r_tf import train; sys.exit(train.main())"
    process = run_python("-c", code, check=False)
    assert process.returncode == 1 and "Traceback" not in process.stderr
    assert process.stderr.strip().splitlines()[-1].startswith("error: TensorFlow is missing: pip install 'r2r_tf[cpu]'")


@pytest.mark.slow
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
def test_bad_input_exits_with_one_and_a_sentence(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    process = run_command(*arguments, check=False)
    assert process.returncode == 1 and message in process.stderr and "Traceback" not in process.stderr, process.stderr
    assert not list(pathlib.Path(tmp_path).glob("runs*")) and not list(pathlib.Path(tmp_path).glob("evaluation*"))
