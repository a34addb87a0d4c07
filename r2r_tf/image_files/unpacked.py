"""How large the pixels of a file may be beside the file: a few hundred bytes can claim more than any memory holds."""

from r2r_tf.errors import InputError

# pixels up to so many bytes are always read; more, if the file is not smaller than its pixels by a larger factor
FREE, TIMES = 1 << 30, 200


def check(path, size):
    """Raises `InputError` if a file claims to hold pixels of so many bytes, and cannot be meant.

    Args:
      path: `pathlib.Path`.
      size: bytes.
    """
    own = path.stat().st_size
    if size > max(FREE, TIMES * own):
        raise InputError(
            f"{path} claims to hold {size / 2**30:.1f} GiB of pixels in {own:,} bytes, which looks like damage. If it is right, "
            "save it as TIFF without compression."
        )
