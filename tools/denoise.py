"""Denoises image files: PNG, JPEG, WebP, TIFF (stacks, 16 bits, floats) and NPY; results keep format, depth and metadata.

Usage: python -m tools.denoise IMAGES_OR_FOLDERS... --output_dir=DIR [--model=NAME_OR_PATH]

Prints a line for each file with the noise that was found: its level, and whether it is white or counting noise. Files
whose result is there are left out.
"""

import pathlib

from absl import flags

from r2r_tf import command

_OUTPUT_DIR = flags.DEFINE_string("output_dir", None, "Where the results go: NAME_denoised.EXTENSION.")
_MODEL = flags.DEFINE_string(
    "model", None, "Pretrained name, run directory or .keras file; by default shipped weights that fit each image."
)
_SIGMA = flags.DEFINE_string(
    "sigma",
    None,
    "Noise level in the values of the files, such as 20 or 20counts, or in 255ths of their range, such as 25/255; by default "
    "the model's own, or estimated from each page.",
)
_NOISE = flags.DEFINE_string(
    "noise",
    None,
    "white, poisson or gamma: counting noise or speckle, as strong as is found; or what is known of them, in the values of the "
    "files, such as poisson,gain=2.5,offset=100,read_noise=3 or gamma,looks=4. By default the pictures say it.",
)
_ALPHA = flags.DEFINE_float("alpha", None, "Recorruption strength; the model's own by default.")
_NUM_RECORRUPTIONS = flags.DEFINE_integer(
    "num_recorruptions", None, "Draws T, 0 for f(y) itself; see tools.evaluate.", lower_bound=0
)
_ORIENTATIONS = flags.DEFINE_integer(
    "orientations", None, "How many orientations the passes go through: 1 is fastest.", lower_bound=1, upper_bound=8
)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the draws.", lower_bound=0)
_PRECISION = flags.DEFINE_enum("precision", "float32", ["float32", "bfloat16"], "Of all layers but the last.")
_MAX_MEMORY_GB = flags.DEFINE_float("max_memory_gb", 4.0, "What a pass may take, about: larger images are cut into tiles.")
_OVERWRITE = flags.DEFINE_boolean("overwrite", False, "Also files whose result is there.")
_UNCERTAINTY = flags.DEFINE_boolean("uncertainty", False, "Also write NAME_uncertainty.tif: standard deviation between passes.")
_PREVIEW = flags.DEFINE_boolean("preview", False, "Also write NAME_preview.png: before and after, side by side.")
_REPORT = flags.DEFINE_boolean("report", False, "Also write report.html: before and after of every file, to look at.")
flags.mark_flag_as_required("output_dir")


def main(argv):
    from r2r_tf import image_files
    from r2r_tf.errors import InputError
    from r2r_tf.inference import defaults, files, levels, orientations
    from r2r_tf.models import denoisers

    if len(argv) < 2:
        raise InputError("Name at least one image or folder: python -m tools.denoise IMAGES... --output_dir=DIR")
    sigma = None if _SIGMA.value is None else levels.parse(_SIGMA.value)
    if sigma and _NOISE.value:
        raise InputError(f"`noise` says it all: leave `sigma` out. Received: {_SIGMA.value}, {_NOISE.value}")
    noise = None if _NOISE.value is None else levels.noise_of(_NOISE.value)
    places = files.outputs(image_files.find(argv[1:], command.print_line), _OUTPUT_DIR.value)
    # a single pass has no deviation
    turns = _ORIENTATIONS.value or (orientations.COUNT if _UNCERTAINTY.value else None)
    draws = {"alpha": _ALPHA.value, "num_recorruptions": _NUM_RECORRUPTIONS.value, "orientations": turns}
    defaults.check_draws(**draws)
    failed = files.run(
        denoisers.load(_MODEL.value, _PRECISION.value) if _MODEL.value else None,
        places,
        draws,
        precision=_PRECISION.value,
        command=command.command_line(),
        print_line=command.print_line,
        overwrite=_OVERWRITE.value,
        uncertainty=_UNCERTAINTY.value,
        preview=_PREVIEW.value,
        report=pathlib.Path(_OUTPUT_DIR.value) / "report.html" if _REPORT.value else None,
        sigma=sigma,
        noise=noise,
        seed=_SEED.value,
        max_memory_gb=_MAX_MEMORY_GB.value,
    )
    if failed:
        raise InputError(f"{len(failed)} of {len(places)} files could not be denoised; the lines above say why.")
    print(f"Files: {_OUTPUT_DIR.value}")


if __name__ == "__main__":
    command.run(main, "The same command again goes on with the files that are left.", takes_arguments=True)
