"""The whole image at once against the reproduction paper's kernel-based prediction, patch by patch."""

from r2r_tf.commands.ablations.report import Stopwatch, cases_of_images, score
from r2r_tf.inference import arrays, whole_images

X_TITLE, LOG_X = "stride", False
FLAGS = frozenset({"model", "sigma", "alpha", "precision"})
PATCH_SIZE = 40


def cases(denoiser, tests, alpha, seed, num_recorruptions=8, strides=(40, 20, 10)):
    """Cases: per image the whole image (x = 0) and patches of 40 pixels at several strides.

    Args:
      denoiser, tests, alpha, seed: as in `recorruptions.cases`.
      num_recorruptions: T, antithetic.
      strides: of the patches.
    """
    stopwatch = Stopwatch()

    def rows(test, index):
        x, y = test.images[index].clean, test.images[index].noisy
        options = {
            "sigma": test.level(index),
            "alpha": alpha,
            "num_recorruptions": num_recorruptions,
            "channel_axis": -1,
            "seed": (seed, index),
        }
        methods = {0: lambda: arrays.denoise(y, denoiser, **options)}
        for stride in strides:
            methods[stride] = lambda stride=stride: whole_images.kernel_denoise(
                y, denoiser, **options, patch_size=PATCH_SIZE, stride=stride
            )
        return [
            {
                "series": f"patches of {PATCH_SIZE} pixels" if stride else "whole image",
                "x": stride,
                **score(x, *stopwatch((stride, y.shape), method)),
            }
            for stride, method in methods.items()
        ]

    return cases_of_images(tests, rows)


def trains(model):
    """Whether the table trains what it tests."""
    del model
    return False


def of_request(request):
    """`cases` of a `request.Request`."""
    return cases(request.denoiser, request.tests, request.alpha, request.seed)
