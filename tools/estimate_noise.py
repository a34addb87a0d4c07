"""Estimates the noise of noisy pictures from themselves: its level, how that depends on brightness, its correlation.

Usage: python -m tools.estimate_noise IMAGES... --output_dir=DIR

Prints a line for each picture, and warns where the noise is not white; writes noise.json and noise.png.
"""

import pathlib

from absl import flags

from r2r_tf import command

_OUTPUT_DIR = flags.DEFINE_string("output_dir", "noise", "Where noise.json and noise.png go.")


def main(argv):
    from r2r_tf import atomic, estimation, image_files
    from r2r_tf.estimation import description
    from r2r_tf.noise import GREY_LEVELS
    from r2r_tf.reports import figures

    paths = argv[1:]
    if not paths:
        from r2r_tf.errors import InputError

        raise InputError("Name at least one picture: python -m tools.estimate_noise IMAGES...")
    pictures = [image_files.read(path) for path in paths]
    found = {path: description.describe(picture) for path, picture in zip(paths, pictures, strict=True)}
    print(table(found, GREY_LEVELS))
    for path, own in found.items():
        for sentence in description.warnings(own):
            print(f"{pathlib.Path(path).name}: {sentence}")
    output_dir = pathlib.Path(_OUTPUT_DIR.value)
    model = estimation.pooled_noise(pictures)
    record = {"pictures": found, "pooled": model.to_json() if model else None, "command": command.command_line()}
    atomic.write_json(output_dir / "noise.json", record)
    if model:
        figures.noise(model, output_dir / "noise.png")
    print(f"Files: {output_dir}" + ("" if model else " (no plot: too few smooth areas, or pictures of different channels)"))


def table(found, grey_levels):
    """A line of text for each picture; levels in grey levels of 255."""
    width = max(len(pathlib.Path(path).name) for path in found) + 2
    titles = ("Chen 2015", "wavelet", "calm blocks", "flat areas", "right", "below", "channels", "clipped")
    lines = [f"{'':{width}s}" + "".join(f"{title:>12s}" for title in titles)]
    for path, own in found.items():
        levels = [own[name] and own[name] * grey_levels for name in ("chen2015", "wavelet", "calm", "flat")]
        values = [*levels, *(own[name] for name in ("right", "below", "channels", "clipped"))]
        cells = "".join(f"{'-':>12s}" if value is None else f"{value:12.2f}" for value in values)
        lines.append(f"{pathlib.Path(path).name:{width}s}{cells}")
    return "\n".join(lines)


if __name__ == "__main__":
    command.run(main, takes_arguments=True)
