"""Which image files files, folders and patterns stand for."""

import glob
import pathlib

from r2r_tf.errors import InputError

# of results that `tools.denoise` writes beside each other
MADE_HERE = ("_denoised", "_preview", "_uncertainty")


def find(inputs, extensions):
    """The image files that the inputs stand for, each once, folders and patterns in order of names.

    Args:
      inputs: list of files, folders and patterns such as 'pictures/**/*.tif'.
      extensions: how image files' names end, lower case.
    Returns:
      List of `pathlib.Path`. Results of `tools.denoise` are left out of folders and patterns.
    Raises:
      InputError: a pattern or folder without images.
    """

    def is_input(path):
        return path.suffix.lower() in extensions and not path.stem.endswith(MADE_HERE)

    found = []
    for text in inputs:
        path = pathlib.Path(text)
        if path.is_dir():
            own = sorted(file for file in path.iterdir() if is_input(file))
        elif path.exists() or not glob.has_magic(text):
            own = [path]
        else:
            own = [file for file in map(pathlib.Path, sorted(glob.glob(text, recursive=True))) if is_input(file)]
        if not own:
            raise InputError(f"There are no images ({', '.join(extensions)}) in {text}.")
        found += own
    return list(dict.fromkeys(found))
