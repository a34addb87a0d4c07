"""The commands' own face: --help fits a screen and knows every flag, flag files are found by name, names are those installed."""

import functools
import importlib
import os
import re
import signal

import pytest
from absl import flags
from conftest import ROOT, run_command, run_python

from r2r_tf.commands import command, flag_files
from r2r_tf.errors import InputError

COMMANDS = dict(re.findall(r"^ +(r2r-[a-z-]+) = (\S+):main$", (ROOT / "setup.cfg").read_text(), re.MULTILINE))
DEVELOPMENT = ("benchmark", "camera_weights", "napari_picture", "ship")
TOOLS = sorted(path.stem for path in (ROOT / "tools").glob("*.py") if path.stem != "__init__")


def flags_named(module):
    """Those that a command defines, and those that its help names."""
    return set(module.FLAGS), [name for names in module._GROUPS.values() for name in names]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_screen_and_names_every_flag_once(command, tmp_path):
    """In a process of its own, without Keras and TensorFlow, which take seconds to import."""
    for name in ("tensorflow", "keras"):
        (tmp_path / f"{name}.py").write_text("raise ImportError")
    shown = run_python("-m", COMMANDS[command], "--help", env={**os.environ, "PYTHONPATH": str(tmp_path)}).stdout
    lines = shown.splitlines()
    assert len(lines) <= 36 and max(map(len, lines)) <= 100 and f"Usage: {command} " in shown and "Used most:" in shown
    defined, named = flags_named(importlib.import_module(COMMANDS[command]))
    assert len(named) == len(defined) and set(named) == defined and all(re.search(rf"--{name}\b", shown) for name in named)


@pytest.mark.parametrize("name", DEVELOPMENT)
def test_tools_for_development_have_help(name):
    shown = run_command(f"tools.{name}", "--help").stdout
    defined, named = flags_named(importlib.import_module(f"tools.{name}"))
    assert "Usage" in shown and set(named) == defined and all(re.search(rf"--{name}\b", shown) for name in named)


def test_full_help_says_what_each_flag_does():
    shown = run_command("r2r_tf.train", "--helpfull").stdout
    assert "--milestones" in shown and "Epochs after which" in shown and "(default: 30)" in " ".join(shown.split())


def test_every_tool_of_a_checkout_is_a_command_or_for_development():
    development = {*DEVELOPMENT, "software_gl"}
    assert {f"r2r-{name.replace('_', '-')}" for name in set(TOOLS) - development} == set(COMMANDS) - {"r2r-train"}
    for name in set(TOOLS) - development:
        assert f"from {COMMANDS['r2r-' + name.replace('_', '-')]} import main" in (ROOT / "tools" / f"{name}.py").read_text()


def test_flag_files_are_found_by_name(tmp_path, monkeypatch):
    own = tmp_path / "own.flags"
    own.write_text("# a comment\n--flagfile=configs/quickstart.flags\n\n--epochs=2\n")
    nested = flag_files.expanded(["--flagfile", str(own), "--seed=3", "--", "--flagfile=left"])
    assert nested[-5:] == ["--ema=0.99", "--epochs=2", "--seed=3", "--", "--flagfile=left"] and "--sigma=25" in nested
    monkeypatch.chdir(tmp_path)  # where there is no folder configs
    for name in ("quickstart", "quickstart.flags", "configs/quickstart.flags"):
        assert flag_files.expanded([f"--flagfile={name}"]) == nested[:-4]
    (tmp_path / "quickstart").write_text("--epochs=1")
    assert flag_files.expanded(["-flagfile=quickstart"]) == ["--epochs=1"]
    assert set(flag_files.names()) == {path.stem for path in (ROOT / "configs").glob("*.flags")}


@pytest.mark.parametrize("name", ("", "nothing", "other/quickstart.flags", "../configs/quickstart"))
def test_flag_files_that_are_not_there(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="--flagfile must be a file, or one of .*quickstart"):
        flag_files.expanded([f"--flagfile={name}"])


def test_flag_files_that_cannot_be(tmp_path):
    circle = tmp_path / "circle.flags"
    circle.write_text(f"--flagfile={circle}")
    (tmp_path / "binary.flags").write_bytes(bytes(range(128, 256)))
    for name, said in (("circle", "names itself"), ("binary", "cannot be read")):
        process = run_command("r2r_tf.train", f"--flagfile={tmp_path / name}.flags", check=False)
        assert process.returncode == 1 and said in process.stderr and "Traceback" not in process.stderr


def test_records_name_the_command_that_was_typed(monkeypatch):
    values, lines = flags.FlagValues(), []
    flags.DEFINE_string("model", None, "", flag_values=values)
    run = functools.partial(command.run, lambda typed: lines.append(typed.line), flag_values=values, groups={})
    monkeypatch.setattr("sys.argv", ["/somewhere/bin/r2r-evaluate", "--model=a b"])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert run(None) == run(["--model=c"]) == 0
    assert lines == ["r2r-evaluate '--model=a b'", "python -m test_help --model=c"]


def test_flags_of_one_call_are_not_those_of_the_next():
    values, seen = flags.FlagValues(), []
    flags.DEFINE_integer("count", 1, "", flag_values=values)
    flags.DEFINE_list("names", [], "", flag_values=values)
    run = functools.partial(
        command.run, lambda typed: seen.append((values.count, values.names, typed.files)), flag_values=values, groups={}
    )
    for argv in (["--count=3", "a"], ["b", "--names=x,y"], [], ["--", "--count=4"]):
        assert run(argv, takes_files=True) == 0
    assert seen == [(3, [], ["a"]), (1, ["x", "y"], ["b"]), (1, [], []), (1, [], ["--count=4"])]
    assert run(["a"]) == run(["--gone"]) == 1 and len(seen) == 4
