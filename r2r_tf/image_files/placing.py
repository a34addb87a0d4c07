"""Where the results of many image files go: below the output folder as the files are below theirs. A million files fit."""

import collections.abc
import os
import pathlib
import re
import zlib
from typing import NamedTuple

from r2r_tf.errors import InputError
from r2r_tf.image_files import finding, formats

_SHARD = re.compile(r"(\d+)/(\d+)")


class Place(NamedTuple):
    """A file and where what is made of it goes.

    Attributes:
      path: of the file.
      result: NAME_denoised.EXTENSION; of formats that are not written with the extension of that which is written instead.
      label: what goes with the result begins with it: NAME, with its ending where several files differ in that alone.
    """

    path: pathlib.Path
    result: pathlib.Path
    label: str

    def beside(self, ending):
        """The path of what goes with the result, such as NAME_preview.png for '_preview.png'."""
        return self.result.with_name(self.label + ending)


class Places(collections.abc.Sequence):
    """The `Place` of each of some files, made when it is asked for."""

    def __init__(self, names, output_dir, extensions, base=None):
        """Places of files.

        Args:
          names: list of their paths as str.
          output_dir: where results go.
          extensions: how image files' names end, lower case.
          base: the folder below which a file's own folders are kept, as from `finding.base_of`; by default that of all files.
        """
        self.names, self.output_dir, self.extensions = names, pathlib.Path(output_dir), extensions
        self.base = base or finding.base_of(names)
        self._ordered = sorted(names)

    def __len__(self):
        """How many files there are."""
        return len(self.names)

    def __getitem__(self, number):
        """The `Place` of a file."""
        name = self.names[number]
        path, (stem, ending) = pathlib.Path(name), finding.split(name, self.extensions)
        folder, own = self.output_dir / self.relative(name).parent, os.path.basename(stem)
        label = own if self._alone(stem, self.extensions) else path.name
        made = formats.result_ending(ending)
        if made != ending and not self._alone(stem, [other for other in self.extensions if formats.result_ending(other) == made]):
            own = path.name
        return Place(path, folder / f"{own}{finding.DENOISED}{made}", label)

    def _alone(self, stem, extensions):
        return finding.with_stem(stem, self._ordered, extensions) < 2

    def relative(self, name):
        """A file's path below the base."""
        return pathlib.Path(os.path.relpath(os.path.abspath(name), self.base))

    def shard(self, number, count):
        """One of `count` parts, told by a file's own path, so that it stays in its part whatever comes and goes."""
        own = [name for name in self.names if zlib.crc32(os.fsencode(self.relative(name).as_posix())) % count == number - 1]
        part = Places([], self.output_dir, self.extensions, self.base)
        part.names, part._ordered = own, self._ordered
        return part


def of_store(path, base, output_dir):
    """Where the result of a Zarr store goes: NAME_denoised.zarr, below the base's folders as for files."""
    path = pathlib.Path(os.path.abspath(path))
    folder = pathlib.Path(os.path.relpath(path.parent, base))
    return pathlib.Path(os.path.abspath(output_dir)) / folder / f"{path.stem}{finding.DENOISED}{finding.ZARR}"


def part_in_names(shard):
    """What the names of a shard's own files hold: '_3of8' of '3/8', nothing of None."""
    return f"_{shard.strip().replace('/', 'of')}" if shard else ""


def parse_shard(text):
    """(number, count) of 'number/count', such as 3/8: the third of eight parts.

    Raises:
      InputError: another text, or a number that is none of 1 to count.
    """
    found = _SHARD.fullmatch(text.strip())
    number, count = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= count:
        raise InputError(f"`shard` is which part of how many, such as 3/8, from 1/8 to 8/8. Received: {text}")
    return number, count
