"""Denoises many image files: leaves out what is done, goes on after a bad one."""

import collections
import pathlib
import sys
import time

import numpy as np
from tqdm import tqdm

from r2r_tf import atomic, image_files
from r2r_tf.errors import InputError, os_sentence, printable
from r2r_tf.image_files import content, value_range
from r2r_tf.inference import defaults, frames, levels, shipped, stacks
from r2r_tf.reports import figures, html_page

# images on the report: more make a page that no browser likes
MOST_SHOWN = 50
# part of the value range: a picture that uses less is shown by its own range
_LITTLE = 0.25


def outputs(paths, output_dir):
    """Dict from file to where its result goes: NAME_denoised.EXTENSION in the folder.

    Raises:
      InputError: two files have the same name.
    """
    places = {path: pathlib.Path(output_dir) / f"{path.stem}_denoised{path.suffix}" for path in paths}
    by_place = {}
    for path, place in places.items():
        if place in by_place:
            raise InputError(f"{by_place[place]} and {path} would both become {place}: denoise them into different folders.")
        by_place[place] = path
    return places


def run(
    denoiser,
    places,
    draws,
    *,
    sigma=None,
    noise=None,
    precision="float32",
    overwrite=False,
    uncertainty=False,
    preview=False,
    report=None,
    command="",
    print_line=print,
    **options,
):
    """Denoises files one by one, and says of each what was done.

    Args:
      denoiser: `denoisers.Denoiser`; None for the shipped default for each image.
      places: dict from file to result, as from `outputs`.
      draws: dict of arguments of `defaults.plan`.
      sigma: `levels.Level` of the noise; None for the model's own, or an estimate from each page.
      noise: as from `levels.noise_of`; None: it is found unless sigma is given.
      precision: of shipped defaults.
      overwrite: also those whose result is there.
      uncertainty: also write NAME_uncertainty.tif, the standard deviation between the passes; NAME is the file's with its ending
        where several differ in that alone.
      preview: also write NAME_preview.png, before and after side by side.
      report: where an HTML page goes that shows the files denoised now, `MOST_SHOWN` at most; None for no page.
      command: what the page says it was made by.
      print_line: function that shows a line of text.
      **options: seed, max_memory_gb of `stacks.denoise`.
    Returns:
      List of the files that could not be denoised.
    """
    failed, shown, done = [], [], 0
    for folder in {place.parent for place in places.values()}:
        atomic.writable_folder(folder)
    stems = collections.Counter(path.stem for path in places)
    bar = tqdm(places.items(), unit=" files", mininterval=1 if sys.stderr.isatty() else 30, disable=len(places) < 2)
    for path, place in bar:
        if place.exists() and not overwrite:
            print_line(f"{path.name}: is done already ({place}); `overwrite` does it again")
            continue
        start, name = time.perf_counter(), path.stem if stems[path.stem] == 1 else path.name
        try:
            image = image_files.open_image(path)
            own, scale = denoiser_of(image, denoiser, precision, frames.WHITE if sigma is not None else noise and noise[0])
            options["noise"], options["law"] = noise or (None, None)
            options["sigma"] = None if sigma is None else sigma.of_range(scale)
            result = _denoise(own, path, image, scale, draws, uncertainty, options)
            if uncertainty:
                image_files.write_new(place.with_name(f"{name}_uncertainty.tif"), result.deviation)
            on_report = report and done < MOST_SHOWN
            middle = _middle(image.pixels, result.pixels) if preview or on_report else None
            if preview:
                figures.side_by_side(middle, place.with_name(f"{name}_preview.png"))
            image_files.write(place, image, result.pixels)
        except (InputError, OSError, MemoryError) as error:
            failed.append(path)
            print_line(f"error: {sentence(path, error)}")
            continue
        words = "" if sigma else f", {levels.laws_in_words(result.found)}"
        line = f"{about(image)}, sigma {levels.in_counts(result.levels, scale)}{words}, {time.perf_counter() - start:.1f} s"
        print_line(f"{path.name}: {line}")
        done += 1
        if on_report:
            shown.append(html_page.pair(path.name, line, *middle))
    if shown:
        some = f" The first {MOST_SHOWN} of {done} images." if done > MOST_SHOWN else ""
        notes = [f"The middle of each image, of the first page in stacks: before and after.{some}", command]
        atomic.write_text(report, html_page.page("Denoised images", notes, shown))
    return failed


def denoiser_of(image, denoiser=None, precision="float32", told=None):
    """The denoiser of an `image_files.Image`, the shipped default unless one is given, and the `ValueRange` that it works on.

    told is as in `shipped.denoiser_for`.
    """
    scale = (denoiser and denoiser.scale_of(image.pixels.dtype)) or value_range.of_pixels([image.pixels])
    return denoiser or _default(image.pixels, scale, precision, told), scale


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


def _denoise(denoiser, path, image, scale, draws, uncertainty, options):
    with tqdm(total=image.pixels.size, desc=printable(path.name), unit=" px", unit_scale=True, leave=False, delay=5) as bar:

        def on_tile(done, total):
            del total
            bar.update(done - bar.n)

        return stacks.denoise(
            denoiser,
            image.pixels,
            scale,
            defaults.plan(denoiser, **draws),
            no_data=image.details.get("no_data"),
            with_deviation=uncertainty,
            on_tile=on_tile,
            **options,
        )


def _default(pixels, scale, precision, told):
    """The shipped default for a file's first page; planes that are no colours are taken one by one."""
    planes = slice(None) if pixels.shape[-1] == 3 else slice(0, 1)

    def read(rows, columns):
        return scale.to_unit(pixels[0, slice(*rows), slice(*columns), planes])

    return shipped.denoiser_for(content.sample(read, pixels.shape[1:]), precision, told)


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
    else:
        said = os_sentence(error)
    return said if str(path) in said else f"{path}: {said}"
