"""Estimates the noise of noisy pictures from themselves: its level, how that depends on brightness, its correlation.

Usage: python -m tools.estimate_noise IMAGES_OR_FOLDERS... --output_dir=DIR

Prints a line for each file with the level that `tools.denoise` finds, of each page where they differ, and the figures of other
estimators for the first page, all in counts, the values of the file; warns where the noise is not white. Writes noise.json and
noise.png.
"""

from absl import flags

from r2r_tf import command

_OUTPUT_DIR = flags.DEFINE_string("output_dir", "noise", "Where noise.json and noise.png go.")


def main(argv):
    from r2r_tf import atomic, estimation, image_files
    from r2r_tf.errors import InputError
    from r2r_tf.estimation import description
    from r2r_tf.inference import defaults, files, levels, stacks
    from r2r_tf.reports import figures

    if len(argv) < 2:
        raise InputError("Name at least one picture or folder: python -m tools.estimate_noise IMAGES...")
    paths, found, pictures = image_files.find(argv[1:], command.print_line), {}, []
    output_dir = atomic.writable_folder(_OUTPUT_DIR.value)
    width = max(len(path.name) for path in paths) + 2
    print(f"{'':{width}s}" + "".join(f"{title:>12s}" for title in _TITLES) + "  level")
    for path in paths:
        try:
            image = image_files.open_image(path)
            denoiser, scale = files.denoiser_of(image)
            no_data = image.details.get("no_data")
            own = stacks.found_levels(denoiser, image.pixels, scale, defaults.plan(denoiser), no_data=no_data)
            picture = files.first_page(image, scale)
            figures_of = description.describe(picture)
        except (InputError, OSError, MemoryError) as error:
            command.print_line(f"error: {files.sentence(path, error)}")
            continue
        unit = scale.high - scale.low
        found[str(path)] = {"levels": [float(level * unit) for level in own], "range": list(scale), **figures_of}
        pictures.append(picture)
        command.print_line(f"{path.name:{width}s}{_cells(figures_of, unit)}  {levels.in_counts(own, scale)}")
        for sentence in description.warnings(figures_of):
            command.print_line(f"{path.name}: {sentence}")
    model = estimation.pooled_noise(pictures) if pictures else None
    record = {"pictures": found, "pooled": model.to_json() if model else None, "command": command.command_line()}
    atomic.write_json(output_dir / "noise.json", record)
    if model:
        figures.noise(model, output_dir / "noise.png")
    print(f"Files: {output_dir}" + ("" if model else " (no plot: too few smooth areas, or pictures of different channels)"))
    if len(found) < len(paths):
        raise InputError(f"{len(paths) - len(found)} of {len(paths)} files could not be read; the lines above say why.")


_TITLES = ("Chen 2015", "wavelet", "flat areas", "right", "below", "channels", "clipped")


def _cells(found, unit):
    """Figures of a picture as text, levels in counts."""
    values = [found[name] and found[name] * unit for name in ("chen2015", "wavelet", "flat")]
    values += [found[name] for name in ("right", "below", "channels", "clipped")]
    return "".join(f"{'-':>12s}" if value is None else f"{value:12.4g}" for value in values)


if __name__ == "__main__":
    command.run(main, takes_arguments=True)
