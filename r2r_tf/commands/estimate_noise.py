"""Estimates the noise of noisy pictures from themselves: its level, how that depends on brightness, its correlation.

Usage: r2r-estimate-noise IMAGES_OR_FOLDERS... --output_dir=DIR

Prints a line for each file with the noise that `r2r-denoise` finds: its level, of each page where they differ, whether it is
white or counting noise and how its variance follows brightness; and the figures of other estimators for the first page, all in
counts, the values of the file. Warns where the noise is not white. Writes noise.json; variance.png, the variance over brightness
in the first page of each file; and noise.png, the noise of all as that of one camera.
"""

import sys

from absl import flags

from r2r_tf.commands import command

FLAGS = flags.FlagValues()
_OUTPUT_DIR = flags.DEFINE_string("output_dir", "noise", "Where noise.json and noise.png go.", flag_values=FLAGS)
_GROUPS = {
    "Used most": ("output_dir",),
}


def _run(typed):
    import numpy as np

    from r2r_tf import atomic, estimation, image_files
    from r2r_tf.errors import InputError
    from r2r_tf.estimation import description, noise_cells
    from r2r_tf.inference import defaults, levels, one_file, stacks
    from r2r_tf.reports import figures

    if not typed.files:
        raise InputError("Name at least one picture or folder: r2r-estimate-noise IMAGES...")
    paths, found, pictures, curves = image_files.find(typed.files, command.print_line), {}, [], []
    output_dir = atomic.writable_folder(_OUTPUT_DIR.value)
    width = max(len(path.name) for path in paths) + 2
    print(f"{'':{width}s}" + "".join(f"{title:>12s}" for title in _TITLES) + "  level")
    for path in paths:
        try:
            image = image_files.open_image(path)
            denoiser, scale = one_file.denoiser_of(image)
            no_data = image.details.get("no_data")
            own = stacks.found_noise(denoiser, image.pixels, scale, defaults.plan(denoiser), no_data=no_data)
            picture = one_file.first_page(image, scale)
            figures_of = description.describe(picture)
        except Exception as error:  # a fault of one file is that file's, whatever it is
            command.print_line(f"error: {one_file.sentence(path, error)}")
            continue
        unit = scale.high - scale.low
        law, points = own[0].law, noise_cells.points_of(np.float64(picture[..., 0]) * unit + scale.low)
        found[str(path)] = {
            "levels": [float(one.level * unit) for one in own],
            "law": law and {**law._asdict(), "smooth": law.smooth and law.smooth.amplitudes},
            "range": list(scale),
            **figures_of,
        }
        pictures.append(picture)
        curves.append((path.name, points, law))
        counts = levels.in_counts([one.level for one in own], scale)
        command.print_line(f"{path.name:{width}s}{_cells(figures_of, unit)}  {counts}, {levels.laws_in_words(own)}")
        for sentence in description.warnings(figures_of):
            command.print_line(f"{path.name}: {sentence}")
    model = estimation.pooled_noise(pictures) if pictures else None
    record = {"pictures": found, "pooled": model.to_json() if model else None, "command": typed.line}
    atomic.write_json(output_dir / "noise.json", record)
    figures.variance_laws(curves, output_dir / "variance.png")
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


def main(argv=None):
    """The command; its words are those of this process by default. Returns the exit code."""
    return command.run(_run, argv, flag_values=FLAGS, takes_files=True, groups=_GROUPS)


if __name__ == "__main__":
    sys.exit(main())
