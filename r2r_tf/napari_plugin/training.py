"""Trains on the arrays of layers. They are kept in files beside the run, so that it can be resumed on another day."""

import math
import pathlib
import re

import numpy as np

from r2r_tf import atomic
from r2r_tf.errors import InputError
from r2r_tf.napari_plugin import first_import


def train(images, workdir, on_progress, **changes):
    """Trains by `configs/own_images.flags`, or on parts of a single picture; or resumes.

    Args:
      images: list of (name, array as from `layers.data_of`, whether its last axis is that of colours).
      workdir: the run directory; the pictures go to a folder beside it, WORKDIR-images.
      on_progress: function of (done, total, words); what it raises ends the run, which the same call resumes.
      **changes: `Settings` besides those, such as epochs.
    Returns:
      A sentence.
    Raises:
      InputError: no images, other ones than the run began with, or as `training.run.train`.
    """
    if not images:
        raise InputError("Choose at least one image layer to train on.")
    if not workdir:
        raise InputError("Choose a folder for the run.")
    workdir = pathlib.Path(workdir)
    on_progress(0, 0, "Keeping the images")
    folder = workdir.with_name(f"{workdir.name}-images")
    count = keep(images, folder, on_progress)
    on_progress(0, 0, "Loading, and finding the noise")
    first_import.tensorflow()
    from r2r_tf.commands import flag_files
    from r2r_tf.training import flag_texts, run

    lines = flag_files.expanded([f"--flagfile={'own_images' if count > 1 else 'single_image'}"])
    settings = flag_texts.settings_of(lines, images=(str(folder),), **changes)
    done = run.train(
        settings, workdir, command="napari", on_step=lambda done, total, words: on_progress(done, total, f"Training {words}")
    )
    if done is None:
        return f"{workdir} is finished already; more epochs would continue it."
    return f"Finished: {workdir}. It can be chosen as weights for denoising."


def keep(images, folder, on_progress):
    """Writes arrays as NPY files, each whole or not at all, and counts their pages. Those that are there must be the same.

    Args:
      images, on_progress: as in `train`.
      folder: where; it may hold nothing else.
    Raises:
      InputError: it holds other images.
    """
    names = [f"{number:03d}_{re.sub(r'[^0-9A-Za-z.-]+', '_', name)}.npy" for number, (name, *_) in enumerate(images)]
    there = {path.name for path in folder.glob("*")} if folder.is_dir() else set()
    others = sorted(name for name in there - set(names) if not atomic.is_leftover(folder / name))
    if others:
        raise InputError(
            f"The run began on other images: choose the same layers, or another folder for the run. Received: {folder} with "
            f"{others[0]}"
        )
    count = 0
    for name, (layer, data, rgb) in zip(names, images, strict=True):
        shape = data.shape[:-3] if rgb else data.shape[:-2]
        page_shape = (*data.shape[len(shape) : len(shape) + 2], 3 if rgb else 1)
        header = {"shape": (math.prod(shape), *page_shape), "dtype": np.dtype(data.dtype)}
        pages = _pages(data, shape, page_shape, on_progress)
        if not (folder / name).exists():
            _write(folder / name, pages, **header)
        elif not _holds(folder / name, pages, **header):
            raise InputError(
                f"{layer} is not as it was when the run began: choose another folder for the run. Received: {folder / name}"
            )
        count += math.prod(shape)
    return count


def _pages(data, shape, page_shape, on_progress):
    """Yields [H, W, C] for each place in the axes before rows and columns; transparency is left out."""
    for index in np.ndindex(shape):
        on_progress(0, 0, "Keeping the images")
        page = np.asarray(data[index])
        yield np.ascontiguousarray(page.reshape(*page_shape[:2], -1)[..., : page_shape[2]])


def _write(path, pages, shape, dtype):
    with atomic.replacing(path, math.prod(shape) * dtype.itemsize) as temporary, open(temporary, "wb") as file:
        descr = np.lib.format.dtype_to_descr(dtype)
        np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
        for page in pages:
            file.write(page.data)


def _holds(path, pages, shape, dtype):
    """Whether a file has these pages."""
    before = np.load(path, mmap_mode="r", allow_pickle=False)
    same = (before.shape, before.dtype) == (shape, dtype)
    return same and all(np.array_equal(old, page, equal_nan=True) for old, page in zip(before, pages, strict=True))
