"""The whole image at once against the reproduction paper's kernel-based prediction, patch by patch."""

from r2r_tf import inference
from r2r_tf.ablations.report import Case, score, timed

X_TITLE, LOG_X = "patch size", False
PATCH_SIZE = 40


def cases(denoiser, tests, alpha, seed, num_recorruptions=8, strides=(40, 20, 10)):
    """Cases: per image the whole image (x = its longer side) and patches of 40 pixels at several strides.

    Args:
      denoiser, tests, alpha, seed: as in `recorruptions.cases`.
      num_recorruptions: T, antithetic.
      strides: of the patches.
    """

    def rows(test, index):
        x, y = test.images.clean[index], test.images.noisy[index]
        options = {
            "sigma": test.noise.sigma,
            "alpha": alpha,
            "num_recorruptions": num_recorruptions,
            "channel_axis": -1,
            "seed": (seed, index),
        }
        results = [("whole image", max(y.shape), lambda: inference.denoise(y, denoiser, **options))]
        for stride in strides:
            results.append(
                (
                    f"patches, stride {stride}",
                    PATCH_SIZE,
                    lambda stride=stride: inference.kernel_denoise(y, denoiser, **options, patch_size=PATCH_SIZE, stride=stride),
                )
            )
        return [{"series": series, "x": side, **score(x, *timed(method))} for series, side, method in results]

    return [
        Case((test.noise_seed, index), test.noise_seed, lambda test=test, index=index: rows(test, index))
        for test in tests
        for index in range(len(test.names))
    ]
