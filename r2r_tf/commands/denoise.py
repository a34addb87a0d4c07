"""Denoises image files: PNG, JPEG, WebP, TIFF (stacks, 16 bits, floats) and NPY; results keep format, depth and metadata.

FITS, MRC, DICOM, CZI, ND2 and LIF are read, too, with an extra of this package each: docs/formats.md.

Usage: r2r-denoise IMAGES_OR_FOLDERS... --output_dir=DIR [--model=NAME_OR_PATH]

Prints a line for each file with the noise that was found: its level, and whether it is white or counting noise. Files
whose result is there are left out.
"""

import pathlib
import sys

from absl import flags

from r2r_tf.commands import command

FLAGS = flags.FlagValues()
_OUTPUT_DIR = flags.DEFINE_string("output_dir", None, "Where the results go: NAME_denoised.EXTENSION.", flag_values=FLAGS)
flags.DEFINE_string(
    "model",
    None,
    "Pretrained name, run directory or .keras file; by default shipped weights that fit each image.",
    flag_values=FLAGS,
)
flags.DEFINE_string(
    "sigma",
    None,
    "Noise level in the values of the files, such as 20 or 20counts, or in 255ths of their range, such as 25/255; by default "
    "the model's own, or estimated from each page.",
    flag_values=FLAGS,
)
flags.DEFINE_string(
    "noise",
    None,
    "white, poisson or gamma: counting noise or speckle, as strong as is found; or what is known of them, in the values of the "
    "files, such as poisson,gain=2.5,offset=100,read_noise=3 or gamma,looks=4. By default the pictures say it.",
    flag_values=FLAGS,
)
flags.DEFINE_float("alpha", None, "Recorruption strength; the model's own by default.", flag_values=FLAGS)
flags.DEFINE_integer("num_recorruptions", None, "Draws T, 0 for f(y) itself; see r2r-evaluate.", lower_bound=0, flag_values=FLAGS)
flags.DEFINE_integer(
    "orientations",
    None,
    "How many orientations the passes go through: 1 is fastest.",
    lower_bound=1,
    upper_bound=8,
    flag_values=FLAGS,
)
flags.DEFINE_integer("seed", 0, "Seed of the draws.", lower_bound=0, flag_values=FLAGS)
flags.DEFINE_enum("precision", "float32", ["float32", "bfloat16"], "Of all layers but the last.", flag_values=FLAGS)
flags.DEFINE_float("max_memory_gb", 4.0, "What a pass may take, about: larger images are cut into tiles.", flag_values=FLAGS)
flags.DEFINE_boolean("overwrite", False, "Also files whose result is there.", flag_values=FLAGS)
flags.DEFINE_boolean(
    "uncertainty", False, "Also write NAME_uncertainty.tif: standard deviation between passes.", flag_values=FLAGS
)
flags.DEFINE_boolean("preview", False, "Also write NAME_preview.png: before and after, side by side.", flag_values=FLAGS)
_REPORT = flags.DEFINE_boolean(
    "report", False, "Also write report.html: before and after of every file, to look at.", flag_values=FLAGS
)
_DASK = flags.DEFINE_string(
    "dask",
    None,
    "Address of a Dask scheduler, such as tcp://10.0.0.1:8786, whose workers do the files; local for one on this machine.",
    flag_values=FLAGS,
)
_SHARD = flags.DEFINE_string(
    "shard", None, "Which part of the files, such as 3/8: for jobs side by side, without any engine.", flag_values=FLAGS
)
flags.mark_flag_as_required("output_dir", flag_values=FLAGS)
# what is said of each file, by the names that `one_file.job_of` knows it by
_OF_EACH_FILE = (
    *("model", "sigma", "noise", "alpha", "num_recorruptions", "orientations", "seed", "precision", "max_memory_gb"),
    *("overwrite", "uncertainty", "preview"),
)
_GROUPS = {
    "Used most": ("output_dir", "model", "sigma", "noise", "precision", "overwrite", "preview", "report"),
    "Draws": ("alpha", "num_recorruptions", "orientations", "seed"),
    "Also": ("uncertainty", "max_memory_gb"),
    "Many machines": ("dask", "shard"),
}


def _run(typed):
    from r2r_tf.errors import InputError
    from r2r_tf.image_files import finding, placing

    if not typed.files:
        raise InputError("Name at least one image or folder: r2r-denoise IMAGES... --output_dir=DIR")
    asked = {name: FLAGS[name].value for name in _OF_EACH_FILE}
    stores = [own for own in typed.files if finding.is_store(own)]
    if stores and (_SHARD.value or _REPORT.value):
        raise InputError(f"Zarr volumes have no `shard` and no `report`: leave them out. Received: {stores[0]}")
    base, failed = finding.base_of(typed.files), 0
    for store in stores:
        from r2r_tf.cluster import volumes

        place = placing.of_store(store, base, _OUTPUT_DIR.value)
        try:
            volumes.run(_DASK.value, asked, store, place, print_line=command.print_line)
        except Exception as error:  # a fault of one volume is that volume's, whatever it is
            from r2r_tf.inference import one_file

            failed += 1
            command.print_line(f"error: {one_file.sentence(store, error)}")
    files = [own for own in typed.files if own not in stores]
    came = _files(files, base, asked, typed.line) if files else {}
    failed += came.get("failed", 0)
    if failed:
        count = len(stores) + sum(came.values())
        raise InputError(f"{failed} of {count} files could not be denoised; the lines above say why.")
    print(f"Files: {_OUTPUT_DIR.value}")


def _files(inputs, base, asked, line):
    from r2r_tf import image_files
    from r2r_tf.image_files import placing

    names = image_files.names(inputs, command.print_line, _OUTPUT_DIR.value)
    places = placing.Places(names, _OUTPUT_DIR.value, image_files.extensions(), base)
    report = pathlib.Path(_OUTPUT_DIR.value) / f"report{placing.part_in_names(_SHARD.value)}.html" if _REPORT.value else None
    said = {"command": line, "print_line": command.print_line, "report": report}
    if _SHARD.value:
        places = places.shard(*placing.parse_shard(_SHARD.value))
    if _DASK.value or _SHARD.value:
        from r2r_tf.cluster import files

        return files.run(_DASK.value, asked, places, shard=_SHARD.value, **said)
    from r2r_tf.inference import files, one_file

    return files.run(one_file.job_of(**asked), places, **said)


def main(argv=None):
    """The command; its words are those of this process by default. Returns the exit code."""
    return command.run(
        _run,
        argv,
        flag_values=FLAGS,
        takes_files=True,
        groups=_GROUPS,
        after_interruption="The same command again goes on with the files that are left.",
    )


if __name__ == "__main__":
    sys.exit(main())
