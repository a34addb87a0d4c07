"""One denoiser over the photons of white: told nothing, told the true law, and taking the noise for white."""

from r2r_tf.commands.ablations.report import Stopwatch, cases_of_images, rows_of_ways
from r2r_tf.evaluation import baselines
from r2r_tf.inference import arrays, found_law, frames
from r2r_tf.noise import Poisson

X_TITLE, LOG_X = "photons of white", True
FLAGS = frozenset({"model", "precision", "bm3d"})
PEAKS = (1, 3, 10, 30, 100, 300)


def cases(denoiser, tests_of_peaks, with_bm3d=False):
    """Cases: per peak and image noisy input, classical denoisers behind the law that the image tells, and the denoiser.

    Args:
      denoiser: `denoisers.Denoiser`.
      tests_of_peaks: dict from the photons of white to the list of its `test_sets.TestSet`, one per noise seed.
      with_bm3d: add BM3D.
    """
    stopwatch, found = Stopwatch(), []

    def rows(peak, test, index):
        law, methods = found_law.of_pages([test.images[index].noisy]), baselines.chosen(with_bm3d)
        ways = {name: lambda y, method=method: baselines.by_law(method, y, law) for name, method in methods.items()}
        told = {"taken for white": frames.WHITE, "nothing told": None, "true law told": Poisson(1 / peak)}
        for name, own in told.items():
            ways[name] = lambda y, own=own: arrays.denoise(y, denoiser, noise=own, channel_axis=-1)
        return rows_of_ways(test, index, peak, ways, stopwatch)

    for peak, tests in tests_of_peaks.items():
        found += cases_of_images(tests, lambda test, index, peak=peak: rows(peak, test, index), f"peak {peak}")
    return found


def trains(model):
    """Whether the table trains what it tests."""
    del model
    return False


def of_request(request):
    """`cases` of a `request.Request`."""
    return cases(request.denoiser, {peak: request.tests_of(Poisson(1 / peak)) for peak in PEAKS}, request.bm3d)
