"""The page: self-contained, escaped, and in a real browser its slider shows before on the left and after on the right."""

import html.parser
import re
import shutil
import subprocess

import numpy as np
import pytest
from skimage import data

from r2r_tf import image_files
from r2r_tf.reports import html_page

BEFORE, AFTER = np.full((120, 200, 3), [0.9, 0.1, 0.1]), np.full((120, 200, 3), [0.1, 0.1, 0.9])


def test_page_is_well_formed_and_needs_no_other_file():
    text = html_page.page(
        "a <title>", ["1 < 2"], [html_page.pair("<b>name", 'a "note"', BEFORE, AFTER)], [{"method": "<i>", "psnr": 1 / 3}]
    )
    found, open_tags = [], []

    class Parser(html.parser.HTMLParser):
        def handle_starttag(self, tag, attributes):
            found.append((tag, dict(attributes)))
            if tag not in ("meta", "img", "input"):
                open_tags.append(tag)

        def handle_endtag(self, tag):
            assert open_tags.pop() == tag

    Parser().feed(text)
    assert not open_tags and {"b", "i", "title"} & {tag for tag, _ in found} == {"title"}
    sources = [attributes["src"] for tag, attributes in found if "src" in attributes]
    assert len(sources) == 2 and all(source.startswith("data:image/png;base64,") for source in sources)
    assert not re.search(r"https?:|@import|url\(", text) and "0.333" in text and "&lt;b&gt;name" in text


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs the browser chromium")
def test_slider_in_a_browser(tmp_path):
    camera = data.camera()[:120, :200, None] / 255
    (tmp_path / "page.html").write_text(
        html_page.page("Page", [], [html_page.pair("colours", "", BEFORE, AFTER), html_page.pair("gray", "", camera, camera)])
    )
    for cut, name in ((50, "page"), (20, "moved")):
        text = (tmp_path / "page.html").read_text().replace('value="50"', f'value="{cut}"')
        (tmp_path / f"{name}.html").write_text(text)
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1000,700"]
        target = tmp_path / f"{name}.png"
        subprocess.run([*command, f"--screenshot={target}", f"file://{tmp_path / name}.html"], check=True, capture_output=True)
        picture = image_files.read(target)
        reddish, bluish = ((picture[..., colour] > 0.8) & (picture[..., other] < 0.2) for colour, other in ((0, 2), (2, 0)))
        assert abs(reddish.sum() / (120 * 200) - cut / 100) < 0.03 and abs(bluish.sum() / (120 * 200) - 1 + cut / 100) < 0.03
        # before lies left of after
        assert np.nonzero(reddish)[1].max() <= np.nonzero(bluish)[1].min() + 2
