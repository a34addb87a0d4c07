"""Writes an image file, such as a TIFF stack that is larger than memory, as a Zarr volume, and a volume as an image file.

Usage: r2r-convert stack.tif stack.zarr
       r2r-convert stack_denoised.zarr stack_denoised.tif --like=stack.tif
"""

from absl import flags

from r2r_tf.commands import command

_LIKE = flags.DEFINE_string("like", None, "Image file whose layout and metadata a new one gets: that which the volume came from.")
_GROUPS = {
    "Used most": ("like",),
}


def main(argv):
    from r2r_tf.errors import InputError
    from r2r_tf.image_files import finding, zarr_files

    if len(argv) != 3:
        raise InputError(f"Name what is there and what is to be made. Received: {len(argv) - 1} names")
    _, source, target = argv
    if finding.is_store(source):
        zarr_files.to_file(source, target, _LIKE.value)
    elif _LIKE.value:
        raise InputError(f"`like` belongs to new image files, not to volumes. Received: {_LIKE.value}")
    else:
        zarr_files.to_zarr(source, target)
    print(f"Written: {target}")


def run():
    """The command, from its command line."""
    command.run(main, takes_arguments=True, groups=_GROUPS)


if __name__ == "__main__":
    run()
