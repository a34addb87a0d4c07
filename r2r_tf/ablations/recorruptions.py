"""How many draws does the averaged estimate need? Plain and antithetic, all from the prefixes of one set of draws."""

import functools
import time

import numpy as np

from r2r_tf import evaluation, figures, inference, passes
from r2r_tf.ablations.report import Stopwatch, baseline_rows, cases_of_images, score

X_TITLE, LOG_X = "draws T", True
COUNTS = (1, 2, 4, 8, 10, 20, 50)


def cases(denoiser, tests, alpha, seed, counts=COUNTS, with_bm3d=False):
    """Cases: per image noisy input, f(y), classical denoisers, and the mean over T draws for each T (antithetic: even T).

    Args:
      denoiser: `model_files.Denoiser`.
      tests: list of `testing_data.TestSet`, one per noise seed.
      alpha: None for the denoiser's own.
      seed: of the draws, which are those of `tools.evaluate` with that seed.
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
        "noisy": (evaluation.NOISY, 0),
        "T = 1": ("plain", 1),
        f"T = {most}": ("antithetic" if most % 2 == 0 else "plain", most),
    }
    scores = {label: [row for row in rows if (row["series"], row["x"]) == place] for label, place in chosen.items()}
    figures.histograms(scores, path)


def _rows(denoiser, test, index, alpha, seed, counts, with_bm3d, stopwatch):
    x, y, sigma = test.images.clean[index], test.images.noisy[index], test.noise.sigma
    noises, alpha, _, _ = inference.draws(denoiser, y[None], sigma, alpha)
    rows = baseline_rows(test, index, 0, with_bm3d, stopwatch)
    plain, mirrored = ([draw for draw in passes.draw_numbers(max(counts), pairs)] for pairs in (False, True))
    order = [(0, 0), *dict.fromkeys(plain + mirrored)]
    passes_of = functools.partial(passes.outputs, denoiser.network, y[None], noises, alpha, seed=(seed, index))
    # the whole would be a long warm-up: one pass compiles, too, if not for every size of a batch
    stopwatch.warm_up(("pass", y.shape), lambda: list(passes_of(jobs=[(0, 0, 0)])))
    start = time.perf_counter()
    results = list(passes_of(jobs=[(0, *draw) for draw in order]))
    seconds = time.perf_counter() - start
    by_draw, seconds = dict(zip(order, results, strict=True)), seconds / len(order)
    rows.append({"series": "f(y)", "x": 0, **score(x, by_draw[0, 0], seconds)})
    for series, draws in (("plain", plain), ("antithetic", mirrored)):
        sums = np.cumsum([by_draw[draw] for draw in draws], axis=0, dtype=np.float64)
        for count in counts:
            if series == "plain" or count % 2 == 0:
                rows.append({"series": series, "x": count, **score(x, sums[count - 1] / count, count * seconds)})
    return rows
