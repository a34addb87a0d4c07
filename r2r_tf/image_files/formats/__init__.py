"""Formats of image files: one module for each library that reads them.

A module has a dict `FORMATS` from the name of a format to a `Format`, and functions `read(path)`, which returns an `Image`, and
`write(path, image, pixels)`. Where files can be made from pixels alone, `new_details(pixels)` gives the details of such an image.
A new module is found by itself.
"""

import importlib
import pkgutil

from r2r_tf.image_files.image import Format

MODULES = {
    name: module
    for found in pkgutil.iter_modules(__path__)
    for module in [importlib.import_module(f"{__name__}.{found.name}")]
    for name in module.FORMATS
}


def form_of(name) -> Format:
    """How files of a format begin and are called."""
    return MODULES[name].FORMATS[name]


def of_start(start):
    """The name of the format whose files begin like that; None if there is none."""
    return next((name for name in MODULES if start.startswith(form_of(name).beginnings)), None)


def of_ending(suffix):
    """The name of the format of an ending such as '.png'; None if there is none."""
    return next((name for name in MODULES if suffix.lower() in form_of(name).endings), None)
