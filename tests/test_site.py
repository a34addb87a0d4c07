"""The docs as a web site, built with --strict: a dead link, a dead anchor, a page that is not in the navigation are errors."""

import html
import os
import re
import shutil

import pytest
from conftest import ROOT, run_python

for package in ("latex2mathml", "mkdocs", "material", "mkdocstrings", "mkdocstrings_handlers.python"):
    pytest.importorskip(package, reason=f"the site needs {package}: pip install -e '.[docs]'")

pytestmark = pytest.mark.release


def build(folder, to):
    """The finished process that builds the site of a checkout."""
    # or the theme speaks of its future
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return run_python("-m", "mkdocs", "build", "--strict", "-f", folder / "mkdocs.yml", "-d", to, check=False, env=quiet)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Folder of the built site."""
    to = tmp_path_factory.mktemp("site")
    process = build(ROOT, to)
    assert process.returncode == 0 and "WARNING" not in process.stderr, process.stderr
    return to


def text(page):
    """What HTML says, without its tags."""
    return html.unescape(re.sub(r"<[^>]*>", "", page))


def test_every_page_is_there(site):
    pages = {path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")}
    assert {path.parent.relative_to(site) for path in site.rglob("index.html")} - {site.relative_to(site)} == pages
    assert not list(site.rglob("*.py"))


def test_front_page_is_readme(site):
    page = (site / "index.html").read_text(encoding="utf-8")
    assert "denoise images when all you have is noisy images" in page
    assert 'src="quickstart.png"' in page and 'href="results/#counting-noise"' in page and 'href="docs/' not in page


def test_equations_are_there(site):
    """As MathML, which needs neither a script nor another server."""
    page = (site / "theory" / "index.html").read_text(encoding="utf-8")
    assert page.count('<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">') == 8
    assert page.count('<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline">') > 50
    assert "arithmatex" not in page and "$" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    shown = text(page)
    assert not re.search(r"\\[a-zA-Z(\[]", shown), re.findall(r"\\[a-zA-Z(\[]+", shown)


def test_reference_has_signatures_and_sections(site):
    page = (site / "reference" / "index.html").read_text(encoding="utf-8")
    assert re.search(r"denoise\(\s*array,\s*model=None,\s*\*,\s*sigma=None,[^)]*progress=False,?\s*\)", text(page))
    assert page.count("Parameters:") > 8 and page.count("Raises:") > 5
    # sections and examples that were not understood would be paragraphs
    assert not re.search(r"<p>\s*(Args|Attributes|Raises|Returns|&gt;)", page)


def test_files_outside_docs_are_named(site):
    page = text((site / "results" / "index.html").read_text(encoding="utf-8"))
    assert "network (r2r_tf/models/networks/opponents.py)" in page and "](" not in page


def test_a_dead_anchor_and_a_lost_page_are_found(tmp_path):
    for name in ("docs", "r2r_tf"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.keras", "__pycache__"))
    for name in ("mkdocs.yml", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "docs" / "lost.md").write_text("# Lost\n\n[there](results.md#nowhere) and [there](gone.md)\n")
    process = build(tmp_path, tmp_path / "site")
    assert process.returncode != 0
    assert all(part in process.stderr for part in ("#nowhere", "gone.md", 'not included in the "nav"')), process.stderr
