"""Denoising with a trained network: the mean of f(y + alpha z) over fresh draws z, whole images or patch by patch.

Arrays are NumPy; floats are on the [0, 1] scale and values outside are kept. See `passes` for the draws.
"""

import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.inference import adaptive, array_forms, defaults, frames, gray_cameras, passes, patches, shipped, stacks
from r2r_tf.models import denoisers, structure

# of `denoise_to_precision`, unless it is told otherwise
MOST_RECORRUPTIONS = 64


def denoise(
    array,
    model=None,
    *,
    sigma=None,
    alpha=None,
    num_recorruptions=None,
    antithetic=True,
    orientations=None,
    channel_axis=None,
    seed=0,
    max_memory_gb=4.0,
    noise=None,
):
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
    draws = {"alpha": alpha, "num_recorruptions": num_recorruptions, "antithetic": antithetic, "orientations": orientations}
    options = {"sigma": sigma, "noise": noise, "seed": seed, "max_memory_gb": max_memory_gb}
    if isinstance(array, (list, tuple)) and array and np.ndim(array[0]) > 1:
        return [denoise(own, model, channel_axis=channel_axis, **draws, **options) for own in array]
    denoiser, form = _prepare(array, model, channel_axis, sigma, noise)
    average = defaults.plan(denoiser, **draws)
    options["mask"] = form.mask
    return form.restore(stacks.denoise(denoiser, form.pixels, form.scale, average, **options).pixels)


def denoise_to_precision(
    array,
    target_se,
    model=None,
    *,
    sigma=None,
    alpha=None,
    num_recorruptions=MOST_RECORRUPTIONS,
    orientations=1,
    channel_axis=None,
    seed=0,
    noise=None,
):
    """The R2R estimate with as many antithetic pairs as each image needs, at least two.

    Args:
      array, model, sigma, alpha, channel_axis, seed, noise: as in `denoise`.
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
    denoiser, form = _prepare(array, model, channel_axis, sigma, noise or frames.WHITE)
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

    x_hat = _each_whole(denoiser, form, average, estimate, left_alone, sigma=sigma, noise=noise)
    return x_hat, errors, draws


def kernel_denoise(
    array,
    model=None,
    *,
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

    >>> y = 0.5 + 25 / 255 * np.random.default_rng(0).standard_normal((60, 70), np.float32)
    >>> kernel_denoise(y, "cnn5-awgn25", num_recorruptions=2, patch_size=40, stride=20).shape
    (60, 70)
    """
    denoiser, form = _prepare(array, model, channel_axis, sigma, frames.WHITE)
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

    return _each_whole(denoiser, form, average, estimate, sigma=sigma)


def load_pretrained(name, precision="float32"):
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


def _prepare(array, model, channel_axis, sigma, noise=None):
    """The denoiser, and the array's `array_forms.Form`; sigma is checked."""
    denoiser = None if model is None else as_denoiser(model)
    form = array_forms.of_array(array, channel_axis, denoiser and denoiser.scale_of(np.asarray(array).dtype))
    defaults.check_sigma(sigma, max(1.0, array_forms.span(form.pixels)) if sigma is not None else 1.0)
    if denoiser is None:
        array_forms.check_channels(np.shape(array), channel_axis, 1)
    denoiser = denoiser or shipped.denoiser_for(form.scale.to_unit(form.pixels[0]), told=_told(sigma, noise))
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


def _each_whole(denoiser, form, average, estimate, left_alone=lambda: None, *, sigma=None, noise=None):
    """The array with the estimate of each picture (of each channel, for gray networks), in the frame that the network sees.

    Args:
      denoiser, form, average: as everywhere here.
      estimate: function of y [H, W, C] as the network sees it, its `frames.Frame` and its number, that returns an estimate.
      left_alone: is called for a picture that stays as it is.
      sigma, noise: as in `frames.frame_of`.
    """
    result = np.zeros(form.pixels.shape, form.pixels.dtype)
    whole = [(0, side) for side in form.pixels.shape[1:3]]
    for number, ((page, group), picture) in enumerate(
        zip(*stacks.pictures_of(denoiser, form.pixels, mask=form.mask), strict=True)
    ):
        frame = frames.frame_of(denoiser, picture, form.scale, average, sigma=sigma, noise=noise or frames.WHITE)
        if frame.model is None:
            result[page, ..., group] = picture.pixels
            left_alone()
        else:
            result[page, ..., group] = frame.restore(estimate(frame.read(*whole), frame, number), *whole)
    return form.restore(result)
