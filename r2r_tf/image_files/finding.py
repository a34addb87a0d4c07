"""Which image files files, folders and patterns stand for."""

import bisect
import glob
import itertools
import os
import pathlib

from r2r_tf.errors import InputError

# of results that `r2r-denoise` writes beside each other
DENOISED = "_denoised"
ZARR, _ZARR_MARKS = ".zarr", ("zarr.json", ".zarray", ".zgroup")
MADE_HERE = (DENOISED, "_preview", "_uncertainty")
_PACKED = (".gz", ".fz")  # what may stand behind the ending of a format
_OME = ".ome"  # what may stand before it
# formats of pictures that are not read, and what to do
_WITH_PYTHON = "read it with {} and save its array with numpy.save, as .npy"
FOREIGN = {
    (".nii", ".nii.gz"): ("NIfTI", _WITH_PYTHON.format("nibabel")),
    (".h5", ".hdf5"): ("HDF5", "save its array with numpy.save, as .npy"),
    (".lsm", ".oib", ".oif", ".vsi", ".ims"): ("microscope", "export it as OME-TIFF, as Fiji does"),
    (".svs", ".ndpi", ".scn", ".mrxs"): ("slide", "export the region of interest as TIFF"),
    (".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".raw"): ("camera raw", "develop it to a 16-bit TIFF"),
    (".heic", ".heif", ".avif", ".jxl", ".jp2"): ("photograph", "save it as PNG or TIFF"),
    (".gif", ".bmp", ".pgm", ".ppm", ".exr", ".hdr"): ("picture", "save it as PNG or TIFF"),
}


def find(inputs, extensions, on_left_out=None):
    """`names` as a list of `pathlib.Path`."""
    return [pathlib.Path(name) for name in names(inputs, extensions, on_left_out)]


def names(inputs, extensions, on_left_out=None, results=None):
    """The image files that the inputs stand for, each once, folders and patterns in order of names.

    Args:
      inputs: list of files, folders and patterns such as 'pictures/**/*.tif'.
      extensions: how image files' names end, lower case.
      on_left_out: function that is given a sentence for each picture of a folder or pattern that is left out: a result of
        `r2r-denoise` beside the file that it came from, or one of a format that is not read.
      results: folder where results go; what is in it is left out unless the inputs' own folder is in it, too.
    Returns:
      List of str, some 150 bytes a file. Hidden files are left out of folders and patterns without a word.
    Raises:
      InputError: a pattern or folder without images.
    """
    found, said, made = [], set(), _folder_of_results(inputs, results)
    for text in map(str, inputs):
        if os.path.isdir(text):
            own = sorted(str(pathlib.Path(text, name)) for name in os.listdir(text))
        elif os.path.exists(text) or not glob.has_magic(text):
            found.append(str(pathlib.Path(text)))
            continue
        else:
            own = sorted(glob.glob(text, recursive=True))
        own, left_out = _images([name for name in own if not (made and os.path.abspath(name).startswith(made))], extensions)
        if not own:
            other = f" {left_out[0]}" if left_out else ""
            raise InputError(f"There are no images ({', '.join(extensions)}) in {text}.{other}")
        for sentence in left_out:
            if on_left_out and sentence not in said:
                on_left_out(sentence)
            said.add(sentence)
        found += own
    if len(inputs) < 2:
        return found
    first = {}
    for name in found:
        first.setdefault(os.path.abspath(name), name)
    return list(first.values())


def _folder_of_results(inputs, results):
    """The beginning of the absolute paths of what is in a folder of results; None if inputs may be there, too."""
    if results is None:
        return None
    made = os.path.join(os.path.abspath(results), "")
    return None if os.path.join(base_of(inputs), "").startswith(made) else made


def base_of(inputs):
    """The absolute path of the folder that all inputs are in, whatever is in them now; results keep the folders below it."""
    bases = []
    for text in map(str, inputs):
        fixed = pathlib.Path(text)
        if not os.path.isdir(text) or is_store(text):
            fixed = pathlib.Path(os.path.abspath(fixed)).parent if is_store(text) else fixed.parent
            while not os.path.exists(text) and glob.has_magic(str(fixed)):
                fixed = fixed.parent
        bases.append(os.path.abspath(fixed))
    try:
        return os.path.commonpath(bases)
    except ValueError:
        raise InputError(f"Inputs on several drives need a command each. Received: {', '.join(sorted(set(bases)))}") from None


def split(name, extensions):
    """(stem, ending) of a path, as `os.path.splitext`; '.fits.gz' and the like are one ending where they are extensions."""
    stem, ending = os.path.splitext(name)
    if ending.lower() in _PACKED:
        inner, format_ending = os.path.splitext(stem)
        if f"{format_ending}{ending}".lower() in extensions:
            return inner, f"{format_ending}{ending}"
    return stem, ending


def is_store(path):
    """Whether a path is that of a Zarr store, or of a group or an array in one."""
    path = pathlib.Path(path)
    return path.suffix.lower() == ZARR or any((path / mark).is_file() for mark in _ZARR_MARKS)


def foreign(path):
    """A sentence about a file of a known format that is not read; None for another."""
    if path.suffix.lower() == ZARR:
        return f"{path} is a Zarr store, which is worked on if it is named itself."
    name = path.name.lower()
    for endings, (kind, advice) in FOREIGN.items():
        if name.endswith(endings):
            return f"{path} is a {kind} file, which is not read: {advice}."
    return None


def _images(names, extensions):
    """(names that are of images to work on, sentences about those that are not); names are in order."""
    images, left_out = [], []
    for name in names:
        _, _, own = name.rpartition(os.sep)
        if own.startswith("."):
            continue  # also the ._NAME beside each NAME of macOS
        if split(own, extensions)[1].lower() not in extensions:
            left_out += [sentence for sentence in [foreign(pathlib.Path(name))] if sentence]
        elif _is_result(name, names, extensions):
            left_out.append(f"{name} looks like a result of r2r-denoise and is left out: name it alone to work on it.")
        else:
            images.append(name)
    return images, left_out


def _is_result(name, names, extensions):
    """Whether a file is called like a result beside its source, or like what goes with a result; names are in order."""
    stem = split(name, extensions)[0].removesuffix(_OME)
    ending = next((ending for ending in MADE_HERE if stem.endswith(ending)), None)
    if ending is None:
        return False
    source = stem.removesuffix(ending)
    return with_stem(source, names, extensions) > 0 or (
        ending != DENOISED and with_stem(f"{source}{DENOISED}", names, extensions) > 0
    )


def with_stem(stem, names, extensions):
    """How many of the names, which are in order, are this stem and the ending of an image."""
    first = bisect.bisect_left(names, f"{stem}.")
    later = (names[number] for number in range(first, len(names)))
    near = itertools.takewhile(lambda name: name.startswith(f"{stem}."), later)
    return sum(name[len(stem) :].lower() in extensions for name in near)
