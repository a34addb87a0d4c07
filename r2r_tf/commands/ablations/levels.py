"""One denoiser over the levels of the noise, beside the classical ones."""

from r2r_tf.commands.ablations.report import Stopwatch, baseline_rows, cases_of_images, score
from r2r_tf.inference import arrays

X_TITLE, LOG_X = "sigma (grey levels)", False
FLAGS = frozenset({"model", "alpha", "precision", "bm3d"})
LEVELS = (10, 20, 30, 40, 50, 60)


def cases(denoiser, tests_of_levels, alpha, seed, num_recorruptions=8, with_bm3d=False):
    """Cases: per level and image noisy input, classical denoisers, f(y) and it in all orientations, and the mean over T draws.

    Args:
      denoiser: `model_files.Denoiser`.
      tests_of_levels: dict from a level in grey levels to the list of its `testing_data.TestSet`, one per noise seed.
      alpha, seed, with_bm3d: as in `recorruptions.cases`.
      num_recorruptions: T.
    """
    stopwatch, found = Stopwatch(), []

    def rows(level, test, index):
        x, y = test.images[index].clean, test.images[index].noisy
        rows = baseline_rows(test, index, level, with_bm3d, stopwatch)
        for series, draws, turns in (("f(y)", 0, 1), ("f(y), turned", 0, 8), (f"T = {num_recorruptions}", num_recorruptions, 1)):
            options = {
                "alpha": alpha,
                "num_recorruptions": draws,
                "orientations": turns,
                "channel_axis": -1,
                "seed": (seed, index),
            }
            x_hat, seconds = stopwatch(
                (series, y.shape), lambda options=options: arrays.denoise(y, denoiser, sigma=test.level(index), **options)
            )
            rows.append({"series": series, "x": level, **score(x, x_hat, seconds)})
        return rows

    for level, tests in tests_of_levels.items():
        found += cases_of_images(tests, lambda test, index, level=level: rows(level, test, index), f"sigma {level:g}")
    return found


def trains(model):
    """Whether the table trains what it tests."""
    del model
    return False


def of_request(request):
    """`cases` of a `request.Request`."""
    return cases(
        request.denoiser,
        {level: request.tests_at(level) for level in LEVELS},
        request.alpha,
        request.seed,
        with_bm3d=request.bm3d,
    )
