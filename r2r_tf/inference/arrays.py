"""Denoising with a trained network: the mean of f(y + alpha z) over fresh draws z, whole images or patch by patch.

Arrays are NumPy; floats are on the [0, 1] scale and values outside are kept. See `passes` for the draws.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from r2r_tf.errors import InputError
from r2r_tf.inference import array_forms, defaults, frames, gray_cameras, shipped, stacks
from r2r_tf.models import denoisers, structure
from r2r_tf.reports import bars


def denoise(
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
    max_memory_gb: float = 4.0,
    noise: Any = None,
    progress: bool = False,
) -> Any:
    """The R2R estimate, x_hat = mean over t of f(y + alpha z_t), z_t ~ N(0, Sigma), the passes in several orientations.

    A network for one level of noise knows recorrupted images alone, so T draws are averaged. One that is told the level, and has
    learnt a range of them, knows the noisy image's own level as well: it estimates E[x | y] from y itself, without draws.

    Args:
      array: noisy image or images: [H, W], [H, W, C] or [B, H, W, C], or what NumPy turns into that; a list of arrays of any
        sizes is a list of images. Floats on the [0, 1] scale (any values will do), or whole numbers, whose type's largest
        stands for 1, and which come back rounded and clipped.
      model: pretrained name, run directory, .keras file, `keras.Model` or what `load_pretrained` returned; None for the shipped
        default for their number of channels, or, if their colours show that the noise of the first is that of a camera, for
        that. One for gray images takes the channels of colour images one by one.
      sigma: standard deviation of white noise on the [0, 1] scale, or in the values of floats that are larger; None for the
        model's own noise, or, if it has none or serves a range of levels, an estimate from each image, moved into that range
        unless the network is homogeneous (see `structure`).
      alpha: as the network was trained with; None for the stored one, else 0.5. 0 means f(y) itself.
      num_recorruptions: T, the number of draws; 0 means f(y) itself, which is also what a network that was trained on
        unrecorrupted inputs (its stored alpha is 0) gives unless alpha is given. None: 0 for networks that have learnt a range of
        levels (if neither alpha is given), 8 for others.
      antithetic: draws in pairs z, -z, which makes T = 2 as good as many plain draws; T must then be even.
      orientations: 1 to 8: how many of the eight quarter turns and mirror images of the image the passes go through, which
        improves the mean at no cost; f(y) takes as many passes. None: all that T draws can use, one if T = 0 was asked for; if it
        was chosen one for students, who have learnt the mean over all, eight for others.
      channel_axis: position of the channels; None: the last axis of three or four dimensions, none for two.
      seed: of the draws, a number or a tuple of numbers; the same seed gives the same estimate.
      noise: "white", "poisson" or "gamma" (counting noise or speckle, as strong as is found), or a noise model such as
        `noise.Gaussian` or `noise.Poisson`, instead of sigma. None: networks for white noise of any level find white noise,
        counting noise, speckle and smooth noise by themselves, see `estimation.laws`.
      max_memory_gb: what a pass may take, about. Images that need more (DnCNN: 1 kB a pixel) are worked on in tiles, which
        changes nothing in the estimate.
      progress: whether a bar is shown.
    Returns:
      The estimate, of the array's shape and dtype; a list for a list.
    Raises:
      InputError: an argument out of range, an odd T with `antithetic`, wrong channels.
    Source: Pang et al., CVPR 2021, section 3.3. Deviations: antithetic draws, orientations; see `frames`.

    What is no value comes back as it was: NaN, infinity, what a masked array hides, pixels far from all others. So does a
    constant picture, and one without noise.

    >>> from skimage import data, util
    >>> x = util.img_as_float32(data.camera())[100:228, 100:228]
    >>> y = x + 25 / 255 * np.random.default_rng(0).standard_normal(x.shape, np.float32)
    >>> x_hat = denoise(y)
    >>> x_hat.shape, x_hat.dtype
    ((128, 128), dtype('float32'))
    >>> bool(np.square(x_hat - x).mean() < 0.2 * np.square(y - x).mean())
    True

    Integers stand for [0, 1] and come back as such; files of 12 bits in 16 hold 4095 for white, so they are scaled first:

    >>> denoise(util.img_as_ubyte(np.clip(y, 0, 1)), sigma=25 / 255, orientations=1).dtype
    dtype('uint8')
    >>> twelve_bits = np.round(np.clip(y, 0, 1) * 4095)
    >>> x_hat = 4095 * denoise(twelve_bits / 4095, orientations=1)

    Colours, in the first axis; a stack of three images:

    >>> denoise(np.stack([y, y, y]), orientations=1, channel_axis=0).shape
    (3, 128, 128)
    >>> denoise(np.stack([y, y, y])[..., None], orientations=1).shape
    (3, 128, 128, 1)

    One network for one level of noise, eight draws, in another orientation each; the same seed, the same estimate:

    >>> network = load_pretrained("cnn5-awgn25")
    >>> bool((denoise(y, network, seed=1) == denoise(y, network, seed=1)).all())
    True
    """
    draws: dict[str, Any] = {
        "alpha": alpha,
        "num_recorruptions": num_recorruptions,
        "antithetic": antithetic,
        "orientations": orientations,
    }
    options: dict[str, Any] = {"sigma": sigma, "noise": noise, "seed": seed, "max_memory_gb": max_memory_gb}
    if isinstance(array, (list, tuple)) and array and np.ndim(array[0]) > 1:
        return [denoise(own, model, channel_axis=channel_axis, **draws, **options, progress=progress) for own in array]
    denoiser, form = prepare(array, model, channel_axis, sigma, noise)
    average = defaults.plan(denoiser, **draws)
    with bars.of_pixels("denoising", shown=progress, stays=True) as on_tile:
        result = stacks.denoise(denoiser, form.pixels, form.scale, average, **options, mask=form.mask, on_tile=on_tile)
    return form.restore(result.pixels)


def load_pretrained(name: str, precision: str = "float32") -> denoisers.Denoiser:
    """A shipped denoiser, to be given to `denoise` as `model`.

    Args:
      name: of the weights.
      precision: as in `denoisers.load`.
    Raises:
      InputError: no such name.

    >>> denoiser = load_pretrained("unet-awgn")
    >>> denoiser.network.count_params()
    957184
    """
    return denoisers.load(name, precision)


def as_denoiser(model):
    """`Denoiser` of whatever `denoise` takes as model."""
    if isinstance(model, denoisers.Denoiser):
        return model
    if hasattr(model, "predict_on_batch"):
        if structure.form(model) is None:
            raise InputError(
                f"model must map [B, H, W, C] to the same shape. Received: {model.input_shape}, {model.output_shape}"
            )
        return denoisers.Denoiser(model)
    return denoisers.load(model)


def prepare(array, model, channel_axis, sigma, noise=None):
    """The denoiser, and the array's `array_forms.Form`; sigma is checked."""
    denoiser = None if model is None else as_denoiser(model)
    form = array_forms.of_array(array, channel_axis, denoiser and denoiser.scale_of(np.asarray(array).dtype))
    defaults.check_sigma(sigma, max(1.0, array_forms.span(form.pixels)) if sigma is not None else 1.0)
    if denoiser is None:
        array_forms.check_channels(np.shape(array), channel_axis, 1)
    if denoiser is None:
        denoiser = shipped.denoiser_for(stacks.telling_page(form.pixels, form.scale, mask=form.mask), told=_told(sigma, noise))
    denoiser = gray_cameras.fitting(denoiser, form.pixels.shape[-1])
    array_forms.check_channels(np.shape(array), channel_axis, denoiser.form.channels)
    return denoiser, form


def _told(sigma, noise):
    """What `shipped.denoiser_for` is to know of the noise."""
    if sigma is not None:
        return frames.WHITE
    if noise is None or isinstance(noise, str):
        return noise
    return frames.WHITE if noise.white else frames.SMOOTH if noise.estimator == frames.SMOOTH else "another law"
