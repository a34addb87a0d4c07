"""Denoising with a trained network: the mean of f(y + alpha z) over fresh draws z, whole images or patch by patch.

Arrays are NumPy; floats are on the [0, 1] scale and values outside are kept. Draws come from NumPy's generator, keyed by seed,
image and number, so an estimate with few draws is a prefix of one with more.
"""

import functools

import numpy as np

from r2r_tf import estimation, model_files, passes, patches, pretrained
from r2r_tf.camera_noise import CameraNoise
from r2r_tf.errors import InputError
from r2r_tf.models import structure
from r2r_tf.noise import Gaussian, GaussianRange
from r2r_tf.orientations import COUNT
from r2r_tf.recorruption import check_alpha

DEFAULT_ALPHA = 0.5
DEFAULT_RECORRUPTIONS = 8


def denoise(
    array,
    model=None,
    sigma=None,
    alpha=None,
    num_recorruptions=None,
    antithetic=True,
    orientations=None,
    channel_axis=None,
    seed=0,
):
    """The R2R estimate, x_hat = mean over t of f(y + alpha z_t), z_t ~ N(0, Sigma), the passes in several orientations.

    A network for one level of noise knows recorrupted images alone, so T draws are averaged. One that is told the level, and has
    learnt a range of them, knows the noisy image's own level as well: it estimates E[x | y] from y itself, without draws.

    Args:
      array: noisy image or images: [H, W], [H, W, C] or [B, H, W, C]; float on the [0, 1] scale (values outside are kept), or
        uint8 or uint16, which stand for [0, 1] and come back rounded and clipped.
      model: pretrained name, run directory, .keras file, `keras.Model` or what `load_pretrained` returned; None for the shipped
        default for images of so many channels.
      sigma: noise standard deviation on the [0, 1] scale; None for the model's own noise, or, if it has none or serves a range
        of levels, an estimate from each image, moved into that range.
      alpha: as the network was trained with; None for the stored one, else 0.5. 0 means f(y) itself.
      num_recorruptions: T, the number of draws; 0 means f(y) itself, which is also what a network that was trained on
        unrecorrupted inputs (its stored alpha is 0) gives unless alpha is given. None: 0 for networks that have learnt a range of
        levels (if neither alpha is given), 8 for others.
      antithetic: draws in pairs z, -z, which makes T = 2 as good as many plain draws; T must then be even.
      orientations: 1 to 8: the passes go through so many of the eight quarter turns and mirror images of the image, which
        improves the mean at no cost; f(y) takes as many passes. None: all that T draws can use, one if T = 0 was asked for, eight
        if it was chosen.
      channel_axis: position of the channels; None: the last axis of three or four dimensions, none for two.
      seed: of the draws, a number or a tuple of numbers; the same seed gives the same estimate.
    Returns:
      The estimate, of the array's shape and dtype. Each image is passed through the network as a whole: one of n pixels takes
      some 1 kB n of memory (DnCNN).
    Raises:
      InputError: an argument out of range, an odd T with `antithetic`, wrong channels, values that are not finite.
    Source: Pang et al., CVPR 2021, section 3.3. Deviations: antithetic draws, orientations.
    """
    denoiser, y, restore = _prepare(array, model, channel_axis)
    average = plan(denoiser, alpha, num_recorruptions, antithetic, orientations)
    return restore(passes.averaged_estimate(denoiser.network, y, noises(denoiser, y, average, sigma), average, seed))


def kernel_denoise(
    array,
    model=None,
    sigma=None,
    alpha=None,
    num_recorruptions=None,
    antithetic=True,
    orientations=None,
    channel_axis=None,
    seed=0,
    patch_size=40,
    stride=20,
):
    """The R2R estimate patch by patch: each crop is denoised by itself with T draws of its own, overlaps are averaged.

    Args:
      array, model, sigma, alpha, num_recorruptions, antithetic, orientations, channel_axis, seed: as in `denoise`.
      patch_size: side of the crops; no image side may be smaller.
      stride: largest distance between neighbouring crops, whose starts are spread evenly.
    Returns:
      The estimate, of the array's shape and dtype.
    Raises:
      InputError: as `denoise`, and images smaller than a patch.
    Source: the 'kernel-based' prediction of the reproduction paper. Deviations: evenly spread instead of random positions.
    """
    denoiser, y, restore = _prepare(array, model, channel_axis)
    rows, columns = (patches.tile_starts(side, patch_size, stride) for side in y.shape[1:3])
    corners = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)
    average, estimates = plan(denoiser, alpha, num_recorruptions, antithetic, orientations), []
    for index, (image, noise) in enumerate(zip(y, noises(denoiser, y, average, sigma), strict=True)):
        crops = patches.extract(image, corners, patch_size)
        own = [noise.of_patch(slice(top, top + patch_size), slice(left, left + patch_size)) for top, left in corners]
        crops = passes.averaged_estimate(denoiser.network, crops, own, average, (*np.atleast_1d(seed), index))
        estimates.append(patches.stitch(crops, corners, image.shape))
    return restore(np.stack(estimates))


def load_pretrained(name, precision="float32"):
    """A shipped denoiser, to be given to `denoise` as `model`.

    Args:
      name: of the weights.
      precision: as in `model_files.load`.
    Raises:
      InputError: no such name.
    """
    return model_files.load(name, precision)


def as_denoiser(model, channels):
    """`Denoiser` of whatever `denoise` takes as model; for None the shipped default for images of so many channels."""
    if model is None:
        return _shipped(pretrained.default(channels))
    if isinstance(model, model_files.Denoiser):
        return model
    if hasattr(model, "predict_on_batch"):
        if not structure.is_denoiser(model):
            raise InputError(
                f"model must map [B, H, W, C] to the same shape. Received: {model.input_shape}, {model.output_shape}"
            )
        return model_files.Denoiser(model)
    return model_files.load(model)


def plan(denoiser, alpha=None, num_recorruptions=None, antithetic=True, orientations=None):
    """The `passes.Average` of a denoiser: the caller's choice, else the model's own, else the default; see `denoise`.

    Raises:
      InputError: a choice out of range.
    """
    check_draws(num_recorruptions, antithetic, alpha, orientations)
    learnt_a_range = isinstance(denoiser.noise, GaussianRange) and structure.takes_level(denoiser.network) and alpha is None
    if num_recorruptions is None:
        chosen = (0, COUNT) if learnt_a_range else (DEFAULT_RECORRUPTIONS, None)
        num_recorruptions, orientations = chosen[0], orientations or chosen[1]
    alpha = next(value for value in (alpha, denoiser.alpha, DEFAULT_ALPHA) if value is not None)
    num_recorruptions = int(num_recorruptions) if alpha else 0
    return passes.Average(alpha, num_recorruptions, antithetic, orientations or max(1, min(num_recorruptions, COUNT)))


def noises(denoiser, y, average, sigma=None):
    """The noise model of each image of a batch: that of the caller's level, else the model's, else of an estimated level.

    Raises:
      InputError: a level out of range.
    """
    if sigma is not None and not 0 <= sigma <= 1:
        raise InputError(f"sigma is on the [0, 1] scale; 25 grey levels are sigma=25/255. Received: sigma={sigma}")
    needed = average.num_recorruptions or structure.takes_level(denoiser.network)
    return [_noise_of(image, denoiser.noise, sigma) if needed else Gaussian(0.0) for image in y]


def _noise_of(image, model, sigma):
    """The noise of one image: what the caller says, else the model's, else estimated from the image."""
    if isinstance(model, CameraNoise):
        # a level scales the camera's noise; its dependence on brightness and its correlation stay
        own = model.of_image(image)
        return own.scaled(estimation.level_factor(image, model) if sigma is None else sigma / own.mean_variance() ** 0.5)
    if sigma is not None:
        return Gaussian(sigma)
    if isinstance(model, Gaussian):
        return model
    level = estimation.wavelet(image)
    return Gaussian(min(max(level, model.low), model.high) if isinstance(model, GaussianRange) else level)


def check_draws(num_recorruptions, antithetic, alpha=None, orientations=None):
    """Raises InputError unless T is a whole number, even if the draws are pairs, alpha at least 0, orientations 1-8, or None."""
    draws = num_recorruptions or 0
    if draws != int(draws) or draws < 0:
        raise InputError(f"num_recorruptions must be a whole number, at least 0. Received: num_recorruptions={num_recorruptions}")
    if orientations is not None and orientations not in range(1, COUNT + 1):
        raise InputError(f"orientations must be a whole number, 1 to {COUNT}. Received: orientations={orientations}")
    if antithetic and draws % 2:
        raise InputError(
            "num_recorruptions must be even with antithetic draws, which come in pairs z, -z; make it even or set "
            f"antithetic=False (flag: --noantithetic). Received: num_recorruptions={num_recorruptions}"
        )
    if alpha not in (None, 0):
        check_alpha(alpha)


@functools.cache
def _shipped(name):
    return model_files.load(name)


def _prepare(array, model, channel_axis):
    """The denoiser, the array as a batch, and the function that turns an estimate back; the two have the same channels."""
    y, restore = _to_batch(array, channel_axis)
    denoiser = as_denoiser(model, y.shape[-1])
    channels = structure.image_channels(denoiser.network)
    if y.shape[-1] != channels:
        raise InputError(
            f"The network takes {channels} channel(s); say which axis holds them with channel_axis, or use a network for "
            f"{y.shape[-1]}. Received: shape {np.shape(array)}, channel_axis={channel_axis}"
        )
    return denoiser, y, restore


def _to_batch(array, channel_axis):
    """[B, H, W, C] float32 of an array in one of the documented forms, and the function that turns an estimate back."""
    array = np.asarray(array)
    if array.dtype not in (np.uint8, np.uint16) and array.dtype.kind != "f":
        raise InputError(f"Images must be float on the [0, 1] scale, uint8 or uint16. Received: dtype {array.dtype}")
    if array.ndim not in (2, 3, 4) or array.size == 0 or (array.ndim == 2 and channel_axis is not None):
        raise InputError(f"Images must be [H, W], [H, W, C] or [B, H, W, C] and not empty. Received: shape {array.shape}")
    last = array if array.ndim == 2 or channel_axis is None else np.moveaxis(array, channel_axis, -1)
    batch = last[None, ..., None] if array.ndim == 2 else last[None] if array.ndim == 3 else last
    limit = np.iinfo(array.dtype).max if array.dtype.kind == "u" else None
    y = batch.astype(np.float32) / np.float32(limit or 1)
    if not np.isfinite(y).all():
        raise InputError("Images must hold finite values only. Received: NaN or infinity")

    def restore(x_hat):
        x_hat = x_hat.reshape(last.shape)
        if array.ndim > 2 and channel_axis is not None:
            x_hat = np.moveaxis(x_hat, -1, channel_axis)
        return (np.round(np.clip(x_hat, 0, 1) * limit) if limit else x_hat).astype(array.dtype)

    return y, restore
