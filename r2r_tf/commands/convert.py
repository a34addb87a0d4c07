"""Writes an image file, such as a TIFF stack that is larger than memory, as a Zarr volume, and a volume as an image file.

Usage: r2r-convert stack.tif stack.zarr
       r2r-convert stack_denoised.zarr stack_denoised.tif --like=stack.tif
"""

import sys

from absl import flags

from r2r_tf.commands import command

FLAGS = flags.FlagValues()
_LIKE = flags.DEFINE_string(
    "like", None, "Image file whose layout and metadata a new one gets: that which the volume came from.", flag_values=FLAGS
)
_GROUPS = {
    "Used most": ("like",),
}


def _run(typed):
    from r2r_tf.errors import InputError
    from r2r_tf.image_files import finding, zarr_files

    if len(typed.files) != 2:
        raise InputError(f"Name what is there and what is to be made. Received: {len(typed.files)} names")
    source, target = typed.files
    if finding.is_store(source):
        zarr_files.to_file(source, target, _LIKE.value)
    elif _LIKE.value:
        raise InputError(f"`like` belongs to new image files, not to volumes. Received: {_LIKE.value}")
    else:
        zarr_files.to_zarr(source, target)
    print(f"Written: {target}")


def main(argv=None):
    """The command; its words are those of this process by default. Returns the exit code."""
    return command.run(_run, argv, flag_values=FLAGS, takes_files=True, groups=_GROUPS)


if __name__ == "__main__":
    sys.exit(main())
