"""The commands' own face: --help fits a screen and knows every flag, flag files are found by name, names are those installed."""

import re

import pytest
from conftest import ROOT, run_python

from r2r_tf.commands import flag_files
from r2r_tf.errors import InputError

COMMANDS = dict(re.findall(r"^ +(r2r-[a-z-]+) = (\S+):run$", (ROOT / "setup.cfg").read_text(), re.MULTILINE))
# the flags that a module defines, and those that its help names
DEFINED = (
    "import sys, importlib; from absl import flags; module = importlib.import_module(sys.argv[1]); "
    "print(*(flag.name for flag in flags.FLAGS.flags_by_module_dict()[sys.argv[1]])); "
    "print(*(name for names in module._GROUPS.values() for name in names))"
)
TOOLS = sorted(path.stem for path in (ROOT / "tools").glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_screen_and_names_every_flag_once(command):
    shown = run_python("-m", COMMANDS[command], "--help").stdout
    lines = shown.splitlines()
    assert len(lines) <= 36 and max(map(len, lines)) <= 100 and f"Usage: {command} " in shown and "Used most:" in shown
    defined, named = (line.split() for line in run_python("-c", DEFINED, COMMANDS[command]).stdout.splitlines())
    assert sorted(named) == sorted(defined) and all(re.search(rf"--{name}\b", shown) for name in named)


def test_full_help_says_what_each_flag_does():
    shown = run_python("-m", "r2r_tf.train", "--helpfull").stdout
    assert "--milestones" in shown and "Epochs after which" in shown and "(default: 30)" in " ".join(shown.split())


def test_every_tool_of_a_checkout_is_a_command_or_for_development():
    development = {"benchmark", "camera_weights", "napari_picture", "ship", "software_gl"}
    assert {f"r2r-{name.replace('_', '-')}" for name in set(TOOLS) - development} == set(COMMANDS) - {"r2r-train"}
    for name in set(TOOLS) - development:
        assert f"from {COMMANDS['r2r-' + name.replace('_', '-')]} import run" in (ROOT / "tools" / f"{name}.py").read_text()


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
        process = run_python("-m", "r2r_tf.train", f"--flagfile={tmp_path / name}.flags", check=False)
        assert process.returncode == 1 and said in process.stderr and "Traceback" not in process.stderr


def test_records_name_the_command_that_was_typed(monkeypatch):
    from r2r_tf.commands import command

    monkeypatch.setattr("sys.argv", ["/somewhere/bin/r2r-evaluate", "--model=a b"])
    assert command.command_line() == "r2r-evaluate '--model=a b'"
