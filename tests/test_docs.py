"""Every command in README, docs and configurations can be given: its flags exist and take these values, its flag files exist."""

import re
import shlex

import pytest
from conftest import ROOT, run_python

FILES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "configs").glob("*.flags"))]
COMMAND = re.compile(r"(?:python -m ((?:r2r_tf|tools)\.\w+)|(?<![\w/.-])(r2r-[a-z-]+))((?:\\\n|'[^'\n]*'|[^\n'`&|])*)")
PARSE = (
    "import importlib, sys; from absl import flags; from r2r_tf.commands import flag_files; "
    "importlib.import_module(sys.argv[1]); flags.FLAGS([sys.argv[1], *flag_files.expanded(sys.argv[2:])])"
)
SCRIPTS = {
    script: place.removesuffix(":run")
    for script, place in re.findall(r"^ +(r2r-[a-z-]+) = (\S+)$", (ROOT / "setup.cfg").read_text(), re.MULTILINE)
}


def commands(text):
    """(module, arguments) of each command; shell variables are left out, and --help."""
    for module, name, rest in COMMAND.findall(text):
        rest = rest.replace("\\\n", " ").removesuffix(".")
        arguments = tuple(word for word in shlex.split(rest, comments=True) if not word.startswith("$") and word != "--help")
        # in sentences `r2r-denoise --preview` speaks of a flag
        if module or len(arguments) > 1 or (arguments and arguments[0].startswith(("--flagfile", "--dataset"))):
            yield module or SCRIPTS[name], arguments


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_commands_can_be_given(path):
    found = set(commands(path.read_text(encoding="utf-8")))
    # pages about the code have none
    assert found or path.name in ("awgn_common.flags", "architecture.md", "contributing.md", "denoising.md")
    for module, arguments in sorted(found):
        process = run_python("-c", PARSE, module, *arguments, check=False)
        assert process.returncode == 0, f"{module} {' '.join(arguments)}: {process.stderr.splitlines()[-1]}"


def test_a_flag_that_is_gone_is_found():
    (command,) = commands("x `r2r-evaluate --gone=1 \\\n  --sigma=25  # and 50` x")
    assert command == ("r2r_tf.commands.evaluate", ("--gone=1", "--sigma=25"))
    process = run_python("-c", PARSE, command[0], *command[1], check=False)
    assert process.returncode != 0 and "Unknown command line flag 'gone'" in process.stderr
