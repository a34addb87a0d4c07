"""What became of files, told as it comes: a line for each, what was left out in one, a page to look at."""

import collections
import sys
from typing import NamedTuple

from tqdm import tqdm

from r2r_tf import atomic
from r2r_tf.reports import html_page

# images on the page: more make one that no browser likes
MOST_SHOWN = 50
DONE, SKIPPED, FAILED = "done", "skipped", "failed"


class Outcome(NamedTuple):
    """What became of a file.

    Attributes:
      status: `DONE`, `SKIPPED` if its result was there, or `FAILED`.
      message: what was done and found, or what went wrong.
      seconds: that it took.
      middle: the middle of it before and after, [0, 1] scale, if asked for.
    """

    status: str
    message: str
    seconds: float = 0.0
    middle: list | None = None


def tell(outcomes, count, *, report=None, command="", print_line=print, each=None):
    """Says what became of files, as they come.

    Args:
      outcomes: iterable of (`placing.Place`, `Outcome`).
      count: how many there will be.
      report: where an HTML page goes that shows the files denoised now, `MOST_SHOWN` at most; None for no page.
      command: what the page says it was made by.
      print_line: function that shows a line of text.
      each: function that is given each place and outcome, before anything is said; None for none.
    Returns:
      How many files came to what, a `collections.Counter` of statuses.
    """
    came, shown = collections.Counter(), []
    bar = tqdm(outcomes, total=count, unit=" files", mininterval=1 if sys.stderr.isatty() else 30, disable=count < 2)
    for place, outcome in bar:
        if each:
            each(place, outcome)
        came[outcome.status] += 1
        if outcome.status == FAILED:
            print_line(f"error: {outcome.message}")
        elif outcome.status == DONE:
            line = f"{outcome.message}, {outcome.seconds:.1f} s"
            print_line(f"{place.path.name}: {line}")
            if outcome.middle and len(shown) < MOST_SHOWN:
                shown.append(html_page.pair(place.path.name, line, *outcome.middle))
    if skipped := came[SKIPPED]:
        print_line(f"{skipped} of {count} files are done already; `overwrite` does them again")
    if shown:
        some = f" The first {len(shown)} of {came[DONE]} images." if came[DONE] > len(shown) else ""
        notes = [f"The middle of each image, of the first page in stacks: before and after.{some}", command]
        atomic.write_text(report, html_page.page("Denoised images", notes, shown))
    return came
