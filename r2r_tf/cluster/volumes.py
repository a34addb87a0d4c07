"""Denoises a Zarr volume block by block, here or on the workers of a Dask cluster, as much at a time as memory holds.

The result grows in NAME.unfinished, where a mark says of each block that it is done, and gets its name when all are. So the same
command goes on wherever it was killed, and what has the result's name is whole.
"""

import contextlib
import hashlib
import json
import math
import os
import pathlib
import shutil
import sys

import numpy as np
from tqdm import tqdm

import r2r_tf
from r2r_tf import atomic
from r2r_tf.cluster import blocks, engine, files, records, surveys
from r2r_tf.errors import InputError
from r2r_tf.image_files import value_range, volume_sample, zarr_stores

_STATE, _OVER, _ASKED = zarr_stores.STATE, ".r2r_tf_over", "asked.json"
_MARKS = 1000  # of blocks in one folder
_QUIET = ("overwrite",)  # what may differ from the command that began


def run(address, asked, source, result, *, print_line=print):
    """Denoises a volume; each channel has one noise and one range, found from a sample of it.

    Args:
      address: as in `engine.client_of`; None for this process alone.
      asked: dict of arguments of `one_file.job_of`.
      source: path of a Zarr array or group, as in `zarr_stores.open_volume`.
      result: path of the store that is made.
      print_line: function that shows a line of text.
    Returns:
      The path of the result.
    Raises:
      InputError: the volume or what was asked cannot be, another job works on it, or some blocks could not be done.
    """
    source, result = (pathlib.Path(os.path.abspath(own)) for own in (source, result))
    folder, begun = atomic.writable_folder(result.parent), result.with_name(f"{result.name}.unfinished")
    with records.only_one(folder / f".{result.name}.lock"), contextlib.ExitStack() as stack:
        if (begun / _OVER).exists():  # it was killed in its last moment
            return _finish(begun, result)
        if result.exists() and not asked.get("overwrite"):
            print_line(f"{source} is done already ({result}); `overwrite` does it again")
            return result
        if asked.get("uncertainty") or asked.get("preview"):
            raise InputError("Volumes have no `uncertainty` and no `preview` yet: leave them out.")
        volume = zarr_stores.open_volume(source)
        grid = blocks.grid_of(volume.array(), asked.get("max_memory_gb", 4.0))
        asked = files.settled(asked)
        client = stack.enter_context(engine.client_of(address)) if address else None
        files.check(client, asked, folder)
        _begin(volume, begun, dict(asked))
        for _, said in _results(client, _found, _channels(volume), begun, asked):
            print_line(said)
        _do(client, _denoise, 0, grid, volume, begun, asked)
        for level in range(1, len(volume.levels)):
            _do(client, _coarsen, level, blocks.grid_of(volume.array(level), math.inf), volume, begun, asked)
        _finish(begun, result)
    print_line(f"{source}: {'x'.join(map(str, grid.shape))} {volume.array().dtype}, {grid.count} blocks: {result}")
    return result


def _finish(begun, result):
    """Gives the store its name; what was there before goes, and the marks."""
    if (begun / _STATE).exists():
        (begun / _STATE).rename(begun / _OVER)
    atomic.rename(begun, result)
    shutil.rmtree(result / _OVER, ignore_errors=True)
    return result


def _begin(volume, path, asked):
    """Begins the unfinished store unless it is there, of the same command and source."""
    known = {key: value for key, value in asked.items() if key not in _QUIET}
    known |= {"source": str(volume.path), "shape": list(volume.array().shape), "version": r2r_tf.__version__}
    known["the model's file"] = _fingerprint(asked.get("model"))
    samples = {}
    for channel in _channels(volume):
        with zarr_stores.readable(volume.path):
            read, shape = volume_sample.pages_of(volume.array(), volume.channels, channel)
            samples[channel] = volume_sample.windows(read, shape)
    file = path / _STATE / _ASKED
    if path.exists():
        found = json.loads(file.read_text()) if file.is_file() else {}
        differs = sorted(key for key in {*known, *found} if known.get(key) != found.get(key))
        if not differs and all(_same(path / _STATE / f"{channel}.npy", own) for channel, own in samples.items()):
            return
        if not asked.get("overwrite") and found:
            what = ", ".join(differs) or "the values of the source"
            raise InputError(
                f"{path} was begun by a command that differs in {what}: repeat that, or say `overwrite=True` to begin again."
            )
        shutil.rmtree(path)
    with atomic.replacing(path) as temporary:
        zarr_stores.copy_like(volume, temporary)
        (temporary / _STATE).mkdir()
        for channel, own in samples.items():
            np.save(temporary / _STATE / f"{channel}.npy", own)
        atomic.write_json(temporary / _STATE / _ASKED, known)


def _same(path, sample):
    return path.is_file() and np.array_equal(np.load(path), sample, equal_nan=sample.dtype.kind == "f")


def _fingerprint(model):
    """Of the file of a model of one's own, which may change under the same name."""
    file = pathlib.Path(model or "")
    file = file / "model.keras" if model and file.is_dir() else file
    return hashlib.sha256(file.read_bytes()).hexdigest() if model and file.is_file() else None


def _channels(volume):
    return range(1 if volume.channels is None else volume.array().shape[volume.channels])


def _results(client, function, tasks, *arguments):
    """(task, result) of each, by the workers or here; errors are raised."""
    if client is None:
        yield from ((task, function(task, *arguments)) for task in tasks)
        return
    for task, result in engine.results(client, function, tasks, *arguments):
        if isinstance(result, BaseException):
            raise result if isinstance(result, (InputError, OSError)) else InputError(f"A worker failed: {files.blamed(result)}.")
        yield task, result


def _do(client, function, level, grid, volume, begun, asked):
    """Does the blocks of a level that have no mark."""
    left = (number for number in range(grid.count) if not _mark(begun, level, number).exists())
    done = sum(1 for _ in (begun / _STATE).glob(f"{level}/*/*"))
    bar = tqdm(
        total=grid.count, initial=done, unit=" blocks", mininterval=1 if sys.stderr.isatty() else 30, desc=f"level {level}"
    )
    with bar:
        for _ in _results(client, function, left, level, grid, volume, begun, asked):
            bar.update()


def _mark(begun, level, number):
    return begun / _STATE / str(level) / str(number // _MARKS) / str(number)


def _marked(begun, level, number):
    mark = _mark(begun, level, number)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


def _found(channel, begun, asked):
    """What the noise of a channel is, in words."""
    from r2r_tf.inference import levels

    about = _known(begun, asked, channel)
    words = f"sigma {levels.in_counts([about.found.level], about.scale)}, {levels.laws_in_words([about.found])}"
    return f"channel {channel}: {words}"


def _known(begun, asked, channel):
    return surveys.known(surveys.Sample(np.load(begun / _STATE / f"{channel}.npy")), asked)


def _denoise(number, level, grid, volume, begun, asked):
    """Denoises a block of the finest level."""
    job = files.job(asked)
    from r2r_tf.inference import volumes

    with files.ONE_AT_A_TIME:
        source, place = volume.array(level), grid.block(number)
        known = {channel: _known(begun, asked, channel) for channel in volumes.channels_of(place, volume.channels)}
        margin = max(map(volumes.reach, known.values()))
        around = volume_sample.around(place, grid.shape, margin)
        where = {"place": place, "around": around, "shape": grid.shape, "channels": volume.channels}
        result = volumes.block(job, known, _read(source, volume.path, around), **where)
    volume.array(level, begun)[_slices(place)] = result
    _marked(begun, level, number)


def _coarsen(number, level, grid, volume, begun, asked):
    """Makes a block of a coarser level from the level before it."""
    del asked
    before, place = volume.array(level - 1, begun), grid.block(number)
    factors = zarr_stores.factors_of(before.shape, grid.shape)
    fine = [(start * own, min(stop * own, side)) for (start, stop), own, side in zip(place, factors, before.shape, strict=True)]
    means = zarr_stores.coarser(_read(before, begun, fine), factors)
    volume.array(level, begun)[_slices(place)] = value_range.to_dtype(means, before.dtype)
    _marked(begun, level, number)


def _read(array, path, place):
    with zarr_stores.readable(path):
        return np.asarray(array[_slices(place)])


def _slices(place):
    return tuple(slice(*span) for span in place)
