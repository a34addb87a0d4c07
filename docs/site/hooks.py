"""What the site shows of the repository: README.md as its front page, files outside docs/ as what they are called; equations.

Pages link as on the repository's page. Links that leave docs/ lead there if `repo_url` in mkdocs.yml says where it is; else their
path is shown.
"""

import html
import pathlib
import posixpath
import re

from latex2mathml import converter
from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parents[2]
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!\w+:|#)([^)\s#]+)(#[^)\s]*)?\)")
# what pymdownx.arithmatex leaves of an equation, in a line or by itself
_EQUATION = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)
_PICTURE = re.compile(r"(!\[[^\]]*\]\()docs/")


def on_files(files, config):
    """Adds the front page."""
    readme = _PICTURE.sub(r"\1", (ROOT / "README.md").read_text(encoding="utf-8"))
    files.append(File.generated(config, "index.md", content=_on_the_site(readme, ".", "index.md", config.repo_url)))
    return files


def on_page_markdown(markdown, page, config, **_):
    """Links of a page in docs/."""
    uri = page.file.src_uri
    return markdown if uri == "index.md" else _on_the_site(markdown, posixpath.join("docs", uri), uri, config.repo_url)


def on_page_content(content, **_):
    """Equations as MathML, which browsers draw by themselves."""

    def drawn(found):
        return converter.convert(html.unescape(found[2]), display="inline" if found[1] == "span" else "block")

    return _EQUATION.sub(drawn, content)


def _on_the_site(markdown, path, uri, repo_url):
    """Markdown whose links are those of the site.

    Args:
      markdown: of a page.
      path: of the page, or of a folder that its links start from, in the repository.
      uri: of the page, below docs/.
      repo_url: where the repository is; None if that is not said.
    """
    folder = path if path == "." else posixpath.dirname(path)

    def link(found):
        text, target, anchor = found[1], posixpath.normpath(posixpath.join(folder, found[2])), found[3] or ""
        inside = "index.md" if target == "README.md" else target.removeprefix("docs/")
        if inside != target:
            return f"[{text}]({posixpath.relpath(inside, posixpath.dirname(uri) or '.')}{anchor})"
        return f"[{text}]({repo_url.rstrip('/')}/blob/main/{target}{anchor})" if repo_url else f"{text} (`{target}`)"

    # what stands between fences is code
    parts = re.split(r"(^```.*?^```)", markdown, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if part.startswith("```") else _LINK.sub(link, part) for part in parts)
