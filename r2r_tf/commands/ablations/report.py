"""Runs the cases of an ablation, one image at a time, resumes where it was interrupted, and writes table, figure and logs."""

import json
import math
import pathlib
import statistics
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from matplotlib.figure import Figure
from tqdm import tqdm

from r2r_tf import atomic
from r2r_tf.errors import InputError
from r2r_tf.evaluation import baselines, metrics, scores
from r2r_tf.reports import figures, tensorboard

FIGURES = ("psnr", "ssim", "seconds")


class Case(NamedTuple):
    """What is measured on one noisy image.

    Attributes:
      key: tells it from the others of the table: a tuple of strings and numbers, the image's seed and number among them.
      seed: of the image's noise.
      measure: function without arguments that returns rows, dicts with 'series', 'x' and the keys of `FIGURES`.
    """

    key: tuple
    seed: int
    measure: Callable


def score(x, x_hat, seconds, clip=True):
    """The figures of one estimate as a dict."""
    return {"psnr": metrics.psnr(x, x_hat, clip), "ssim": metrics.ssim(x, x_hat, clip), "seconds": seconds}


def baseline_rows(test, index, x, with_bm3d, stopwatch):
    """Rows of the noisy input and the classical denoisers, which are told the level, for one image."""
    y, sigma = test.images[index].noisy, test.level(index)
    rows = []
    for name, method in {scores.NOISY: baselines.identity, **baselines.chosen(with_bm3d)}.items():
        x_hat, seconds = stopwatch(name, lambda method=method: method(y, sigma))
        clip = method is not baselines.identity
        rows.append({"series": name, "x": x, **score(test.images[index].clean, x_hat, seconds, clip)})
    return rows


def rows_of_ways(test, index, place, ways, stopwatch, label=str):
    """Rows of the noisy input and of each way to denoise it, for one image.

    Args:
      test: `test_sets.TestSet`.
      index: number of the image there.
      place: x of the rows.
      ways: dict from name to function from y to an estimate.
      stopwatch: `Stopwatch`.
      label: function from a name to the series of its row.
    """
    x, y = test.images[index].clean, test.images[index].noisy
    rows = [{"series": label(scores.NOISY), "x": place, **score(x, y, 0.0, clip=False)}]
    for name, way in ways.items():
        x_hat, seconds = stopwatch((name, y.shape), lambda way=way: way(y))
        rows.append({"series": label(name), "x": place, **score(x, x_hat, seconds)})
    return rows


def cases_of_images(tests, rows, label=""):
    """A `Case` for each image of each test set; `rows` is a function of the test set and the image's number."""
    return [
        Case((label, test.noise_seed, index), test.noise_seed, lambda test=test, index=index: rows(test, index))
        for test in tests
        for index in range(len(test.names))
    ]


class Stopwatch:
    """Times calls; the first of its kind is done once before, since it also compiles."""

    def __init__(self):
        self._known = set()

    def __call__(self, kind, function):
        """What the function returns, and how many seconds it took."""
        self.warm_up(kind, function)
        start = time.perf_counter()
        result = function()
        return result, time.perf_counter() - start

    def warm_up(self, kind, function):
        """Calls the function if it is the first of its kind."""
        if kind not in self._known:
            function()
            self._known.add(kind)


def collect(cases, path, settings):
    """Measures all cases that a file does not hold yet, and keeps it up to date: a line of JSON per case.

    Args:
      cases: list of `Case`.
      path: the file.
      settings: dict of what the figures depend on besides the key; kept in the first line.
    Returns:
      All rows, each with the entry 'seed'.
    Raises:
      InputError: the file is of other settings.
    """
    path = pathlib.Path(path)
    first = json.dumps({"settings": settings})
    done = {}
    if path.is_file():
        # a line that a killed process has not ended does not count
        lines = [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]
        if lines and lines[0].rstrip() != first:
            raise InputError(f"{path} holds figures of other settings. Give another --output_dir, or remove the file.")
        done = {tuple(entry["key"]): entry["rows"] for entry in map(json.loads, lines[1:])}
        atomic.write_text(path, "".join(lines) or first + "\n")
    else:
        atomic.write_text(path, first + "\n")
    bar = tqdm(cases, unit=" cases", mininterval=1 if sys.stderr.isatty() else 30)
    with path.open("a", encoding="utf-8") as file:
        for case in bar:
            if case.key not in done:
                done[case.key] = case.measure()
                file.write(json.dumps({"key": case.key, "rows": done[case.key]}) + "\n")
                file.flush()
    return [{**row, "seed": case.seed} for case in cases for row in done[case.key]]


def aggregate(rows):
    """Means over the images, then mean and standard error over the seeds of the noise; None for the error of one seed.

    Returns:
      List of dicts: series, x, psnr, psnr_error, ssim, ssim_error, seconds, images, seeds; in the order of first appearance.
    """
    groups = {}
    for row in rows:
        groups.setdefault((row["series"], row["x"]), {}).setdefault(row["seed"], []).append(row)
    table = []
    for (series, x), by_seed in groups.items():
        means = {key: [statistics.mean(row[key] for row in group) for group in by_seed.values()] for key in FIGURES}
        line = {"series": series, "x": x}
        for key in ("psnr", "ssim"):
            error = statistics.stdev(means[key]) / math.sqrt(len(by_seed)) if len(by_seed) > 1 else None
            line |= {key: statistics.mean(means[key]), f"{key}_error": error}
        images = {len(group) for group in by_seed.values()}
        table.append({**line, "seconds": statistics.mean(means["seconds"]), "images": max(images), "seeds": len(by_seed)})
    return table


def text(table, x_title):
    """The table as text, a line per row."""
    width = max(len(str(row["series"])) for row in table) + 2
    lines = [f"{'':{width}s}{x_title:>18s}{'PSNR (dB)':>20s}{'SSIM':>20s}{'s/image':>10s}"]
    for row in table:
        psnr, ssim = (
            f"{row[key]:.{digits}f}" + (f" +- {row[f'{key}_error']:.{digits}f}" if row[f"{key}_error"] is not None else "")
            for key, digits in (("psnr", 3), ("ssim", 4))
        )
        lines.append(f"{row['series']:{width}s}{row['x']:>18g}{psnr:>20s}{ssim:>20s}{row['seconds']:10.2f}")
    return "\n".join(lines)


def write(table, name, x_title, output_dir, about, log_x=False):
    """Writes NAME.csv, NAME.json (the table with `about`), NAME.png and TensorBoard logs.

    Args:
      table: as from `aggregate`.
      name: of the table.
      x_title: what x is.
      output_dir: folder.
      about: dict: what made the table, its command among it.
      log_x: draw x on a logarithmic axis.
    """
    output_dir = pathlib.Path(output_dir)
    atomic.write_csv(output_dir / f"{name}.csv", table)
    if len({row["series"] for row in table}) == len(table):
        _draw_bars(table, output_dir / f"{name}.png")
    else:
        _draw(table, x_title, output_dir / f"{name}.png", log_x)
    scalars = {
        f"{name}_{key}/{row['series']} {row['x']}".replace(" ", "_"): row[key] for row in table for key in ("psnr", "ssim")
    }
    tensorboard.log_evaluation(output_dir / "tensorboard", scalars, {name: figures.read_png(output_dir / f"{name}.png")})
    record = {**about, "protocol": scores.PROTOCOL, "table": table}
    atomic.write_json(output_dir / f"{name}.json", record)


def _draw(table, x_title, path, log_x):
    figure = Figure(figsize=(9, 4), layout="constrained")
    for axes, key, title in zip(figure.subplots(1, 2), ("psnr", "ssim"), ("PSNR (dB)", "SSIM"), strict=True):
        for number, series in enumerate(dict.fromkeys(row["series"] for row in table)):
            rows = [row for row in table if row["series"] == series]
            if log_x and rows[0]["x"] == 0:
                axes.axhline(rows[0][key], color=f"C{number}", linestyle="--", label=f"{series}: {rows[0][key]:.4g}")
                continue
            errors = [row[f"{key}_error"] or 0.0 for row in rows]
            places, means = ([row[name] for row in rows] for name in ("x", key))
            axes.errorbar(places, means, errors, marker="o", capsize=3, color=f"C{number}", label=series)
        axes.set(xlabel=x_title, title=title)
        if log_x:
            axes.set_xscale("log")
            _look_at_curves(axes, [row[key] for row in table if row["x"]], [row[key] for row in table])
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    figures.save(figure, path)


def _draw_bars(table, path):
    """A bar for each row, best first; the axis begins just below the worst, so a noisy input far below is left out."""
    rows = sorted((row for row in table if row["series"] != scores.NOISY), key=lambda row: row["psnr"])
    figure = Figure(figsize=(9, 1.2 + 0.25 * len(rows)), layout="constrained")
    for axes, key, title in zip(figure.subplots(1, 2, sharey=True), ("psnr", "ssim"), ("PSNR (dB)", "SSIM"), strict=True):
        values, errors = ([row[name] for row in rows] for name in (key, f"{key}_error"))
        bars = axes.barh([row["series"] for row in rows], values, xerr=None if None in errors else errors, capsize=3)
        axes.bar_label(bars, fmt="%.2f" if key == "psnr" else "%.3f", padding=3, fontsize="small")
        low, high = min(values), max(values)
        margin = 0.2 * (high - low) or 0.01
        axes.set(title=title, xlim=(low - margin, high + 2 * margin))
        axes.grid(alpha=0.3, axis="x")
    figures.save(figure, path)


def _look_at_curves(axes, curve, everything):
    """Limits that show how a curve bends; what lies far below, such as the noisy input, is a figure in the legend alone."""
    low, high = min(curve), max(everything)
    axes.set_ylim(low - 0.3 * (high - low), high + 0.1 * (high - low))
