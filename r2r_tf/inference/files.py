"""Denoises many image files: leaves out what is done, goes on after a bad one."""

import collections
import pathlib
import sys
import time

import numpy as np
from tqdm import tqdm

from r2r_tf import atomic, image_files
from r2r_tf.errors import InputError, os_sentence
from r2r_tf.image_files import value_range
from r2r_tf.inference import arrays, defaults, stacks
from r2r_tf.inference.frames import sample
from r2r_tf.noise import GREY_LEVELS
from r2r_tf.reports import figures, html_page


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
      precision: of shipped defaults.
      overwrite: also those whose result is there.
      uncertainty: also write NAME_uncertainty.tif, the standard deviation between the passes; NAME is the file's with its ending
        where several differ in that alone.
      preview: also write NAME_preview.png, before and after side by side.
      report: where an HTML page goes that shows the files denoised now, None for no page.
      command: what the page says it was made by.
      print_line: function that shows a line of text.
      **options: sigma, seed, max_memory_gb of `stacks.denoise`.
    Returns:
      List of the files that could not be denoised.
    """
    failed, shown = [], []
    stems = collections.Counter(path.stem for path in places)
    bar = tqdm(places.items(), unit=" files", mininterval=1 if sys.stderr.isatty() else 30, disable=len(places) < 2)
    for path, place in bar:
        if place.exists() and not overwrite:
            print_line(f"{path.name}: is done already ({place}); `overwrite` does it again")
            continue
        start, name = time.perf_counter(), path.stem if stems[path.stem] == 1 else path.name
        try:
            image = image_files.open_image(path)
            result = _denoise(denoiser, path, image, draws, precision, uncertainty, options)
            if uncertainty:
                image_files.write_new(place.with_name(f"{name}_uncertainty.tif"), result.deviation)
            if preview:
                figures.side_by_side(_middle(image.pixels, result.pixels), place.with_name(f"{name}_preview.png"))
            image_files.write(place, image, result.pixels)
        except (InputError, OSError, MemoryError) as error:
            failed.append(path)
            sentence = _sentence(error)
            print_line(f"error: {sentence}" if str(path) in sentence else f"error: {path}: {sentence}")
            continue
        line = f"{_about(image, result)}, {time.perf_counter() - start:.1f} s"
        print_line(f"{path.name}: {line}")
        if report:
            shown.append((path.name, line, *_middle(image.pixels, result.pixels)))
    if shown:
        notes = ["The middle of each image, of the first page in stacks: before and after.", command]
        atomic.write_text(report, html_page.page("Denoised images", notes, shown))
    return failed


def _denoise(denoiser, path, image, draws, precision, uncertainty, options):
    scale = (denoiser and denoiser.scale_of(image.pixels.dtype)) or value_range.of_pixels([image.pixels])
    denoiser = denoiser or _default(image.pixels, scale, precision)
    with tqdm(total=image.pixels.size, desc=path.name, unit=" px", unit_scale=True, leave=False, delay=5) as bar:

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


def _default(pixels, scale, precision):
    """The shipped default for a file's first page; planes that are no colours are taken one by one."""
    planes = slice(None) if pixels.shape[-1] == 3 else slice(0, 1)

    def read(rows, columns):
        return scale.to_unit(pixels[0, slice(*rows), slice(*columns), planes])

    return arrays.default_denoiser(sample(read, pixels.shape[1:]), precision)


def _about(image, result):
    count, height, width, channels = image.pixels.shape
    pages = f"{count} pages of " if count > 1 else ""
    levels = sorted(level * GREY_LEVELS for level in result.levels)
    noise = f"{levels[0]:.1f}" if levels[-1] - levels[0] < 0.05 else f"{levels[0]:.1f} to {levels[-1]:.1f}"
    return f"{pages}{width}x{height}, {'gray' if channels == 1 else 'RGB'} {image.pixels.dtype}, sigma {noise}"


def _middle(before, after, side=700):
    """The middle of the first page of both, on the same [0, 1] scale."""
    top, left = (max(0, (length - side) // 2) for length in before.shape[1:3])
    crops = [np.asarray(pages[0, top : top + side, left : left + side]) for pages in (before, after)]
    scale = value_range.of_pixels(crops[:1])
    return [scale.to_unit(crop) for crop in crops]


def _sentence(error):
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory; a smaller `max_memory_gb` works on smaller tiles"
    return os_sentence(error)
