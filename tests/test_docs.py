"""Every command in README, docs and configurations can be given: its flags exist and take these values, its flag files exist.

Every link leads to a file and a heading, every sentence of the questions is one that the code says, data of tutorials are made.
"""

import ast
import importlib
import re
import shlex

import pytest
from conftest import ROOT

from r2r_tf.commands import command
from r2r_tf.errors import InputError

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FILES = [*PAGES, *sorted((ROOT / "configs").glob("*.flags"))]
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
WITHOUT = "awgn_common.flags architecture.md contributing.md denoising.md theory.md which_method.md faq.md reference.md"
COMMAND = re.compile(r"(?:python -m ((?:r2r_tf|tools)\.\w+)|(?<![\w/.-])(r2r-[a-z-]+))((?:\\\n|'[^'\n]*'|[^\n'`&|])*)")
SCRIPTS = {
    script: place.removesuffix(":main")
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


def refused(module, arguments):
    """What is wrong with a command's flags, or nothing."""
    try:
        command.parse(importlib.import_module(module).FLAGS, arguments)
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_commands_can_be_given(path):
    found = set(commands(path.read_text(encoding="utf-8")))
    assert found or path.name in WITHOUT.split()
    assert not [said for module, arguments in found if (said := refused(module, arguments))]


def test_a_flag_that_is_gone_is_found():
    ((module, arguments),) = commands("x `r2r-evaluate --gone=1 \\\n  --sigma=25  # and 50` x")
    assert (module, arguments) == ("r2r_tf.commands.evaluate", ("--gone=1", "--sigma=25"))
    assert "Unknown command line flag 'gone'" in refused(module, arguments)
    assert "many" in refused(module, ("--model=a", "--max_images=many")) and not refused(module, ("--model=a", "--max_images=2"))


def without_code(text):
    """A page without what stands between fences."""
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(path):
    """Those that GitHub gives the headings of a page."""
    found = []
    for heading in re.findall(r"^#+ (.*)$", without_code(path.read_text(encoding="utf-8")), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.append(f"{slug}-{found.count(slug)}" if slug in found else slug)
    return found


def dead_links(path, text):
    """Targets on a page that are no file, or no heading of one; addresses in the network are left out."""
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(text)):
        name, _, anchor = target.partition("#")
        file = path.parent / name if name else path
        if not re.match(r"\w+:", target) and (not file.exists() or (anchor and anchor not in anchors(file))):
            yield target


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    assert not list(dead_links(path, path.read_text(encoding="utf-8")))


def test_a_dead_link_is_found():
    text = "[a](docs/results.md#counting-noise) [b](docs/results.md#none) [c](gone.md)\n```\n[d](e)\n```\n"
    assert list(dead_links(ROOT / "README.md", text)) == ["docs/results.md#none", "gone.md"]


def said_by_the_code():
    """Every text in the library, as a command prints it; ... stands for what is filled in."""
    for path in (ROOT / "r2r_tf").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr | ast.Constant):
                parts = node.values if isinstance(node, ast.JoinedStr) else [node]
                words = (getattr(part, "value", None) if isinstance(part, ast.Constant) else "..." for part in parts)
                yield command.with_flags("".join(word for word in words if isinstance(word, str)))


@pytest.mark.slow
def test_sentences_of_the_questions_are_those_of_the_code():
    page = (ROOT / "docs" / "faq.md").read_text(encoding="utf-8")
    sentences, said = re.findall(r"^\| `(.*?)` \|", page, re.MULTILINE), list(said_by_the_code())
    assert len(sentences) > 20
    for sentence in sentences:
        pattern = re.compile(re.escape(sentence).replace(re.escape("..."), ".*?"))
        assert any(pattern.search(text) for text in said), sentence


@pytest.mark.slow
@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.name)
def test_data_of_tutorials_are_made(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, *_ = re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    if path.name != "export.md":  # its first needs what its command writes
        exec(first, {})
        assert list(tmp_path.iterdir())
