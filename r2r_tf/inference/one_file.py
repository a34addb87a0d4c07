"""Denoises one image file: which denoiser, which noise, what is written, and what there is to say about it."""

import time
from typing import NamedTuple

import numpy as np

from r2r_tf import image_files
from r2r_tf.errors import InputError, in_short, os_sentence, printable
from r2r_tf.image_files import content, value_range
from r2r_tf.inference import defaults, frames, gray_cameras, levels, orientations, shipped, stacks
from r2r_tf.models import denoisers
from r2r_tf.reports import bars, figures
from r2r_tf.reports.outcomes import DONE, FAILED, SKIPPED, Outcome

# part of the value range: a picture that uses less is shown by its own range
_LITTLE = 0.25


class Job(NamedTuple):
    """What is to be done with files.

    Attributes:
      denoiser: `denoisers.Denoiser`; None for the shipped default for each image.
      draws: dict of arguments of `defaults.plan`.
      sigma: `levels.Level` of the noise; None for the model's own, or an estimate from each page.
      noise: as from `levels.noise_of`; None: it is found unless sigma is given.
      precision: of shipped defaults.
      overwrite: also files whose result is there.
      uncertainty: also write NAME_uncertainty.tif, the standard deviation between the passes.
      preview: also write NAME_preview.png, before and after side by side.
      seed, max_memory_gb: as in `stacks.denoise`.
    """

    denoiser: denoisers.Denoiser | None = None
    draws: dict = {}
    sigma: levels.Level | None = None
    noise: tuple | None = None
    precision: str = "float32"
    overwrite: bool = False
    uncertainty: bool = False
    preview: bool = False
    seed: int = 0
    max_memory_gb: float = 4.0


def job_of(*, model=None, sigma=None, noise=None, alpha=None, num_recorruptions=None, **options):
    """The `Job` of what a user said.

    Args:
      model: pretrained name, run directory or .keras file.
      sigma, noise: texts, as `levels.parse` and `levels.noise_of` read them.
      alpha, num_recorruptions: as in `defaults.plan`.
      **options: orientations, and the attributes of `Job` from precision on.
    Raises:
      InputError: one of them cannot be.
    """
    level = None if sigma is None else levels.parse(sigma)
    if level and noise:
        raise InputError(f"`noise` says it all: leave `sigma` out. Received: {sigma}, {noise}")
    law = None if noise is None else levels.noise_of(noise)
    # a single pass has no deviation
    turns = options.pop("orientations", None) or (orientations.COUNT if options.get("uncertainty") else None)
    draws = {"alpha": alpha, "num_recorruptions": num_recorruptions, "orientations": turns}
    defaults.check_draws(**draws)
    denoiser = denoisers.load(model, options.get("precision", "float32")) if model else None
    return Job(denoiser, draws, level, law, **options)


def denoise(job, place, *, with_middle=False, shows_progress=True):
    """Denoises a file.

    Args:
      job: `Job`.
      place: `placing.Place`.
      with_middle: whether the outcome is to have one.
      shows_progress: whether there is a bar for a file that takes long.
    Returns:
      `outcomes.Outcome`, of a file that cannot be denoised, too.
    """
    if place.result.exists() and not job.overwrite:
        return Outcome(SKIPPED, f"is done already ({place.result})")
    start, name = time.perf_counter(), printable(place.path.name)
    with bars.of_pixels(name, shown=shows_progress, delay=5) as on_tile:
        try:
            found, middle = _denoise(job, place, with_middle, on_tile)
        except Exception as error:  # a fault of one file is that file's, whatever it is
            return Outcome(FAILED, sentence(place.path, error), time.perf_counter() - start)
        return Outcome(DONE, found, time.perf_counter() - start, middle)


def _denoise(job, place, with_middle, on_tile):
    image = image_files.open_image(place.path)
    result, scale = estimate(job, image, on_tile)
    if job.uncertainty:
        image_files.write_new(place.beside("_uncertainty.tif"), result.deviation)
    middle = _middle(image.pixels, result.pixels) if job.preview or with_middle else None
    if job.preview:
        figures.side_by_side(middle, place.beside("_preview.png"))
    image_files.write(place.result, image, result.pixels)
    return f"{about(image)}, {noise_in_words(job, result.found, scale)}", middle if with_middle else None


def estimate(job, image, on_tile=None):
    """(`stacks.Denoised`, `ValueRange`) of an `image_files.Image`; on_tile is as in `stacks.denoise`.

    Raises:
      InputError: what the job says does not fit the image.
    """
    told = frames.WHITE if job.sigma is not None else job.noise and job.noise[0]
    denoiser, scale = denoiser_of(image, job.denoiser, job.precision, told)
    noise, law = job.noise or (None, None)
    result = stacks.denoise(
        denoiser,
        image.pixels,
        scale,
        defaults.plan(denoiser, **job.draws),
        sigma=None if job.sigma is None else job.sigma.of_range(scale),
        noise=noise,
        law=law,
        no_data=image.details.get("no_data"),
        seed=job.seed,
        max_memory_gb=job.max_memory_gb,
        with_deviation=job.uncertainty,
        on_tile=on_tile,
    )
    return result, scale


def noise_in_words(job, found, scale):
    """The noise of pages, list of `stacks.Found` on a `ValueRange`, as text: its level, and its law if it was found."""
    words = "" if job.sigma else f", {levels.laws_in_words(found)}"
    return f"sigma {levels.in_counts([own.level for own in found], scale)}{words}"


def denoiser_of(image, denoiser=None, precision="float32", told=None):
    """The denoiser of an `image_files.Image`, the shipped default unless one is given, and the `ValueRange` that it works on.

    told is as in `shipped.denoiser_for`.
    """
    scale = (denoiser and denoiser.scale_of(image.pixels.dtype)) or value_range.of_pixels([image.pixels])
    chosen = denoiser or _default(image, scale, precision, told)
    return gray_cameras.fitting(chosen, image.pixels.shape[-1]), scale


def first_page(image, scale):
    """The first page, or windows of a large one, [H, W, C] float32 on the [0, 1] scale, holes filled."""
    values = content.sample_of_page(image.pixels[0])
    known = content.of_sample(values, image.details.get("no_data"))
    return scale.to_unit(content.filled(values, content.holes(values, known), known))


def about(image):
    """What an `image_files.Image` is, in a few words."""
    count, height, width, channels = image.pixels.shape
    pages = f"{count} pages of " if count > 1 else ""
    return f"{pages}{width}x{height}, {'gray' if channels == 1 else 'RGB'} {image.pixels.dtype}"


def _default(image, scale, precision, told):
    """The shipped default for a file; planes that are no colours are taken one by one."""
    pixels = image.pixels if image.pixels.shape[-1] == 3 else image.pixels[..., :1]
    page = stacks.telling_page(pixels, scale, no_data=image.details.get("no_data"))
    return shipped.denoiser_for(page, precision, told)


def _middle(before, after, side=700):
    """The middle of the first page of both, on the same [0, 1] scale."""
    crops = [np.asarray(pages[0][content.middle(pages.shape[1:], side)], np.float64) for pages in (before, after)]
    scale, known = value_range.of_pixels([before[:1]]), content.of_sample(crops[0])
    if known.high - known.low < _LITTLE * (scale.high - scale.low):
        scale = value_range.ValueRange(known.low, known.high) if known.high > known.low else scale
    return [np.nan_to_num(np.clip(scale.to_unit(crop), 0, 1)) for crop in crops]


def sentence(path, error):
    """What went wrong with a file, with its name."""
    if isinstance(error, InputError):
        said = str(error)
    elif isinstance(error, MemoryError):
        said = "there is not enough memory; a smaller `max_memory_gb` works on smaller tiles"
    elif isinstance(error, OSError):
        said = os_sentence(error)
    else:
        said = (
            f"this is a fault of r2r_tf, not of the file ({type(error).__name__}: {in_short(error)}); please report it where you "
            "have the package from, if you can with the file"
        )
    return said if str(path) in said else f"{path}: {said}"
