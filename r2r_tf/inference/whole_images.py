"""Estimates of arrays that take an image whole: as many draws as a standard error needs, and patch by patch."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from r2r_tf.errors import InputError
from r2r_tf.inference import adaptive, defaults, frames, passes, patches, stacks
from r2r_tf.inference.arrays import prepare

# of `denoise_to_precision`, unless it is told otherwise
MOST_RECORRUPTIONS = 64


def denoise_to_precision(
    array: ArrayLike,
    target_se: float,
    model: Any = None,
    *,
    sigma: float | None = None,
    alpha: float | None = None,
    num_recorruptions: int = MOST_RECORRUPTIONS,
    orientations: int = 1,
    channel_axis: int | None = None,
    seed: int | tuple[int, ...] = 0,
    noise: Any = None,
    progress: bool = False,
) -> tuple[np.ndarray, list[float], list[int]]:
    """The R2R estimate with as many antithetic pairs as each image needs, at least two.

    Args:
      array, model, sigma, alpha, channel_axis, seed, noise, progress: as in `denoise`.
      target_se: standard error of the mean over the draws at which an image is done, the root mean square over its pixels on
        the [0, 1] scale, such as 0.2 / 255.
      num_recorruptions: the most draws, even, at least four.
      orientations: 1 to 8: how many of them the passes go through.
    Returns:
      (estimate of the array's shape and dtype, standard error of each image, number of draws of each), for gray networks on
      colour images of each channel; 0 draws for an image that is left as it is.
    Raises:
      InputError: as `denoise`; fewer than four draws; a target that is not above 0; a network that was trained without
        recorruption.

    >>> y = 0.5 + 25 / 255 * np.random.default_rng(0).standard_normal((32, 32), np.float32)
    >>> x_hat, errors, draws = denoise_to_precision(y, 1 / 255, model="cnn5-awgn25")
    >>> 4 <= draws[0] <= 64 and draws[0] % 2 == 0
    True
    >>> bool(errors[0] <= 1 / 255 or draws[0] == 64)
    True
    """
    if not target_se > 0:
        raise InputError(f"target_se must be above 0. Received: target_se={target_se}")
    denoiser, form = prepare(array, model, channel_axis, sigma, noise or frames.WHITE)
    average = defaults.plan(denoiser, alpha=alpha, num_recorruptions=num_recorruptions, orientations=orientations)
    if average.num_recorruptions < 4:
        raise InputError(f"Two pairs are needed to tell a standard error. Received: {average.num_recorruptions} draws")
    width, errors, draws = form.scale.high - form.scale.low, [], []

    def estimate(y, frame, number):
        own, target = frame.model.at(y), target_se * width / frame.unit
        x_hat, error, count = adaptive.estimate(denoiser, y, own, average, target_se=target, seed=seed, number=number)
        errors.append(error * frame.unit / width)
        draws.append(count)
        return x_hat

    def left_alone():
        errors.append(0.0)
        draws.append(0)

    x_hat = _each_whole(denoiser, form, average, estimate, left_alone, sigma=sigma, noise=noise, progress=progress)
    return x_hat, errors, draws


def kernel_denoise(
    array: ArrayLike,
    model: Any = None,
    *,
    sigma: float | None = None,
    alpha: float | None = None,
    num_recorruptions: int | None = None,
    antithetic: bool = True,
    orientations: int | None = None,
    channel_axis: int | None = None,
    seed: int | tuple[int, ...] = 0,
    patch_size: int = 40,
    stride: int = 20,
    progress: bool = False,
) -> np.ndarray:
    """The R2R estimate patch by patch: each crop is denoised by itself with T draws of its own, overlaps are averaged.

    Args:
      array, model, sigma, alpha, num_recorruptions, antithetic, orientations, channel_axis, seed, progress: as in `denoise`.
      patch_size: side of the crops; no image side may be smaller.
      stride: largest distance between neighbouring crops, whose starts are spread evenly.
    Returns:
      The estimate, of the array's shape and dtype.
    Raises:
      InputError: as `denoise`, and images smaller than a patch.
    Source: the 'kernel-based' prediction of the reproduction paper. Deviations: evenly spread instead of random positions.

    >>> y = 0.5 + 25 / 255 * np.random.default_rng(0).standard_normal((60, 70), np.float32)
    >>> kernel_denoise(y, "cnn5-awgn25", num_recorruptions=2, patch_size=40, stride=20).shape
    (60, 70)
    """
    denoiser, form = prepare(array, model, channel_axis, sigma, frames.WHITE)
    rows, columns = (patches.tile_starts(side, patch_size, stride) for side in form.pixels.shape[1:3])
    corners = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)
    average = defaults.plan(
        denoiser, alpha=alpha, num_recorruptions=num_recorruptions, antithetic=antithetic, orientations=orientations
    )

    def estimate(y, frame, number):
        noise, crops = frame.model.at(y), patches.extract(y, corners, patch_size)
        own = [noise.crop(slice(top, top + patch_size), slice(left, left + patch_size)) for top, left in corners]
        crops = passes.averaged_estimate(denoiser, crops, own, average, seed=(*np.atleast_1d(seed), number))
        return patches.stitch(crops, corners, y.shape)

    return _each_whole(denoiser, form, average, estimate, sigma=sigma, progress=progress)


def _each_whole(denoiser, form, average, estimate, left_alone=lambda: None, *, sigma=None, noise=None, progress=False):
    """The array with the estimate of each picture (of each channel, for gray networks), in the frame that the network sees.

    Args:
      denoiser, form, average: as everywhere here.
      estimate: function of y [H, W, C] as the network sees it, its `frames.Frame` and its number, that returns an estimate.
      left_alone: is called for a picture that stays as it is.
      sigma, noise: as in `frames.frame_of`.
      progress: whether a bar is shown.
    """
    result = np.zeros(form.pixels.shape, form.pixels.dtype)
    everything = list(zip(*stacks.pictures_of(denoiser, form.pixels, mask=form.mask), strict=True))
    for number, (place, picture) in enumerate(tqdm(everything, unit=" images", disable=not progress)):
        frame = frames.frame_of(denoiser, picture, form.scale, average, sigma=sigma, noise=noise or frames.WHITE)
        if frame.model is None:
            result[place] = picture.pixels
            left_alone()
        else:
            whole = [(0, side) for side in picture.pixels.shape[:2]]
            result[place] = frame.restore(estimate(frame.read(*whole), frame, number), *whole)
    return form.restore(result)
