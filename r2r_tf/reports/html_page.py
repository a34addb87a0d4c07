"""One self-contained HTML page: a before/after slider for each picture, its figures, and a table; no network, no other files."""

import base64
import html

import numpy as np

from r2r_tf.image_files.formats import png

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1rem; margin: 2rem 0 .4rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid #8884; }
th:first-child, td:first-child { text-align: left; }
.pair { position: relative; width: fit-content; max-width: 100%; line-height: 0; }
.pair img { max-width: 100%; height: auto; image-rendering: pixelated; }
.pair .after { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--cut, 50%)); }
.pair .line { position: absolute; top: 0; bottom: 0; left: var(--cut, 50%); width: 2px; margin-left: -1px; background: #fff;
  box-shadow: 0 0 3px #000; pointer-events: none; }
.pair input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize; }
.pair input:focus-visible ~ .line { background: #06f; width: 4px; }
.note { color: #777; margin: .3rem 0; line-height: 1.4; }
"""
_SCRIPT = """
for (const pair of document.querySelectorAll(".pair")) {
  const slider = pair.querySelector("input");
  const move = () => pair.style.setProperty("--cut", slider.value + "%");
  slider.addEventListener("input", move);
  move();
}
"""


def page(title, notes, pictures, table=None):
    """The page as text.

    Args:
      title: heading.
      notes: list of sentences below it.
      pictures: list of texts, as from `pair`.
      table: list of dicts of the same keys, or None.
    """
    body = [f"<h1>{html.escape(title)}</h1>", *(f"<p>{html.escape(note)}</p>" for note in notes)]
    if table:
        body.append(_table(table))
    body += pictures
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{html.escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n" + "\n".join(body) + f"\n<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def pair(name, note, before, after):
    """The part of the page with a picture before and after, both [H, W, C] of one size on the [0, 1] scale."""
    label = html.escape(f"{name}: left of the line before, right of it after; arrow keys move it", quote=True)
    return (
        f'<h2>{html.escape(name)}</h2>\n<div class="pair"><img class="before" alt="before" src="{_source(before)}">'
        f'<img class="after" alt="after" src="{_source(after)}">'
        f'<input type="range" min="0" max="100" value="50" aria-label="{label}"><span class="line"></span></div>\n'
        f'<p class="note">{html.escape(note)}</p>'
    )


def _table(rows):
    head = "".join(f"<th>{html.escape(str(key))}</th>" for key in rows[0])
    lines = ["".join(f"<td>{html.escape(_cell(value))}</td>" for value in row.values()) for row in rows]
    return f"<table><tr>{head}</tr>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def _cell(value):
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _source(picture):
    pixels = np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    return f"data:image/png;base64,{base64.b64encode(png.encode(pixels)).decode()}"
