"""Which image files files, folders and patterns stand for."""

import glob
import pathlib

from r2r_tf.errors import InputError

# of results that `tools.denoise` writes beside each other
DENOISED = "_denoised"
MADE_HERE = (DENOISED, "_preview", "_uncertainty")
# formats of pictures that are not read, and what to do
_WITH_PYTHON = "read it with {} and save its array with numpy.save, as .npy"
FOREIGN = {
    (".fits", ".fit", ".fts", ".fits.gz", ".fz"): ("FITS", _WITH_PYTHON.format("astropy.io.fits")),
    (".dcm", ".dicom", ".ima"): ("DICOM", _WITH_PYTHON.format("pydicom")),
    (".mrc", ".mrcs", ".rec", ".map"): ("MRC", _WITH_PYTHON.format("mrcfile")),
    (".nii", ".nii.gz"): ("NIfTI", _WITH_PYTHON.format("nibabel")),
    (".h5", ".hdf5", ".zarr"): ("HDF5 or Zarr", "save its array with numpy.save, as .npy"),
    (".czi", ".nd2", ".lif", ".lsm", ".oib", ".oif", ".vsi", ".ims"): ("microscope", "export it as OME-TIFF, as Fiji does"),
    (".svs", ".ndpi", ".scn", ".mrxs"): ("slide", "export the region of interest as TIFF"),
    (".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".raw"): ("camera raw", "develop it to a 16-bit TIFF"),
    (".heic", ".heif", ".avif", ".jxl", ".jp2"): ("photograph", "save it as PNG or TIFF"),
    (".gif", ".bmp", ".pgm", ".ppm", ".exr", ".hdr"): ("picture", "save it as PNG or TIFF"),
}


def find(inputs, extensions, on_left_out=None):
    """The image files that the inputs stand for, each once, folders and patterns in order of names.

    Args:
      inputs: list of files, folders and patterns such as 'pictures/**/*.tif'.
      extensions: how image files' names end, lower case.
      on_left_out: function that is given a sentence for each picture of a folder or pattern that is left out: a result of
        `tools.denoise` beside the file that it came from, or one of a format that is not read.
    Returns:
      List of `pathlib.Path`. Hidden files are left out of folders and patterns without a word.
    Raises:
      InputError: a pattern or folder without images.
    """
    found, said = [], set()
    for text in map(str, inputs):
        path = pathlib.Path(text)
        if path.is_dir():
            own = sorted(path.iterdir())
        elif path.exists() or not glob.has_magic(text):
            found.append(path)
            continue
        else:
            own = [pathlib.Path(name) for name in sorted(glob.glob(text, recursive=True))]
        own, left_out = _images(own, extensions)
        if not own:
            other = f" {left_out[0]}" if left_out else ""
            raise InputError(f"There are no images ({', '.join(extensions)}) in {text}.{other}")
        for sentence in left_out:
            if on_left_out and sentence not in said:
                on_left_out(sentence)
            said.add(sentence)
        found += own
    return list(dict.fromkeys(found))


def foreign(path):
    """A sentence about a file of a known format that is not read; None for another."""
    name = path.name.lower()
    for endings, (kind, advice) in FOREIGN.items():
        if name.endswith(endings):
            return f"{path} is a {kind} file, which is not read: {advice}."
    return None


def _images(paths, extensions):
    """(those that are images to work on, sentences about those that are not)."""
    images, left_out = [], []
    names = {(path.parent, path.stem) for path in paths if path.suffix.lower() in extensions}
    for path in paths:
        if path.name.startswith("."):
            continue  # also the ._NAME beside each NAME of macOS
        if path.suffix.lower() not in extensions:
            left_out += [sentence for sentence in [foreign(path)] if sentence]
        elif _is_result(path, names):
            left_out.append(f"{path} looks like a result of tools.denoise and is left out: name it alone to work on it.")
        else:
            images.append(path)
    return images, left_out


def _is_result(path, names):
    """Whether a file is called like a result beside its source, or like what goes with a result; names are (folder, stem)."""
    ending = next((ending for ending in MADE_HERE if path.stem.endswith(ending)), None)
    source = ending and path.stem.removesuffix(ending)
    with_result = ending != DENOISED and (path.parent, f"{source}{DENOISED}") in names
    return ending is not None and ((path.parent, source) in names or with_result)
