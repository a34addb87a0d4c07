"""Formats of image files: one module for each library that reads them.

A module has a dict `FORMATS` from the name of a format to a `Format`, and functions `read(path)`, which returns an `Image`, and
`write(path, image, pixels)`. Where files can be made from pixels alone, `new_details(pixels)` gives the details of such an image.
A new module is found by itself. Libraries that are not always installed are imported when a file of their format is read.
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


def of_start(start, ending):
    """The name of the format of a file that begins like that, 512 bytes, and whose name ends like that; None if there is none."""
    fits = [name for name in MODULES if start[form_of(name).at :].startswith(form_of(name).beginnings)]
    named = [name for name in fits if ending.lower() in form_of(name).endings]
    return next(iter(named + [name for name in fits if form_of(name).sure]), None)


def of_ending(ending):
    """The name of the format of an ending such as '.png'; None if there is none."""
    return next((name for name in MODULES if ending.lower() in form_of(name).endings), None)


def endings():
    """How the names of image files end, lower case."""
    return tuple(own for name in MODULES for own in form_of(name).endings)


def result_ending(ending):
    """How the name of a result ends whose source's name ends like that."""
    name = of_ending(ending)
    return (name and form_of(name).results) or ending
