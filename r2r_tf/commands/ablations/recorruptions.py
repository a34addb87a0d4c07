"""How many draws does the averaged estimate need? Plain and antithetic, all from the prefixes of one set of draws."""

import functools
import time

import numpy as np

from r2r_tf.commands.ablations.report import Stopwatch, baseline_rows, cases_of_images, score
from r2r_tf.evaluation import scores
from r2r_tf.inference import defaults, orientations, passes
from r2r_tf.reports import figures

X_TITLE, LOG_X = "draws T", True
FLAGS = frozenset({"model", "sigma", "alpha", "precision", "bm3d"})
COUNTS = (1, 2, 4, 8, 10, 20, 50)


def cases(denoiser, tests, alpha, seed, counts=COUNTS, with_bm3d=False):
    """Cases: per image noisy input, classical denoisers, f(y), and the mean over T draws for each T (antithetic: even T).

    'turned' are the antithetic draws, in an orientation of the image each, at most eight.

    Args:
      denoiser: `model_files.Denoiser`.
      tests: list of `testing_data.TestSet`, one per noise seed.
      alpha: None for the denoiser's own.
      seed: of the draws, which are those of `r2r-evaluate` with that seed.
      counts: the T.
      with_bm3d: BM3D, too.
    """
    stopwatch = Stopwatch()
    return cases_of_images(tests, lambda test, index: _rows(denoiser, test, index, alpha, seed, counts, with_bm3d, stopwatch))


def histograms(rows, path):
    """Histograms over the images for the noisy input, one draw, and the most.

    Args:
      rows: as from `report.collect`.
      path: PNG file.
    """
    most = max(row["x"] for row in rows)
    chosen = {
        "noisy": (scores.NOISY, 0),
        "T = 1": ("plain", 1),
        f"T = {most}": ("antithetic" if most % 2 == 0 else "plain", most),
    }
    by_label = {label: [row for row in rows if (row["series"], row["x"]) == place] for label, place in chosen.items()}
    figures.histograms(by_label, path)


def _rows(denoiser, test, index, alpha, seed, counts, with_bm3d, stopwatch):
    x, y, sigma = test.images[index].clean, test.images[index].noisy, test.level(index)
    rows = baseline_rows(test, index, 0, with_bm3d, stopwatch)
    most = max(counts)
    averages = {
        "f(y)": passes.Average(0.0, 0),
        "f(y), turned": passes.Average(0.0, 0, orientations=orientations.COUNT),
        "plain": defaults.plan(denoiser, alpha=alpha, num_recorruptions=most, antithetic=False, orientations=1),
        "antithetic": defaults.plan(denoiser, alpha=alpha, num_recorruptions=most, orientations=1),
        "turned": defaults.plan(denoiser, alpha=alpha, num_recorruptions=min(most, orientations.COUNT)),
    }
    alpha = averages["plain"].alpha
    noises = [defaults.image_noise(denoiser, y, averages["plain"], sigma=sigma).at(y)]
    order = list(dict.fromkeys(one for average in averages.values() for one in passes.passes_of(average)))
    run = functools.partial(passes.outputs, denoiser, y[None], noises, alpha=alpha, seed=(seed, index))
    # the whole would be a long warm-up: a pass in each shape compiles, too, if not for every size of a batch
    stopwatch.warm_up(("pass", y.shape), lambda: list(run(jobs=[(0, passes.Pass(0, 0, turn)) for turn in (0, 7)])))
    start = time.perf_counter()
    results = list(run(jobs=[(0, one) for one in order]))
    seconds = (time.perf_counter() - start) / len(order)
    by_pass = dict(zip(order, results, strict=True))
    for series, average in averages.items():
        own, draws = passes.passes_of(average), average.num_recorruptions
        sums = np.cumsum([by_pass[one] for one in own], axis=0, dtype=np.float64)
        for count in [count for count in counts if count <= draws] or [len(own)]:
            if series == "plain" or count % 2 == 0 or not draws:
                rows.append({"series": series, "x": count if draws else 0, **score(x, sums[count - 1] / count, count * seconds)})
    return rows


def trains(model):
    """Whether the table trains what it tests."""
    del model
    return False


def of_request(request):
    """`cases` of a `request.Request`."""
    return cases(request.denoiser, request.tests, request.alpha, request.seed, with_bm3d=request.bm3d)
