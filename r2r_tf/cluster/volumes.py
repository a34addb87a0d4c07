"""Denoises a Zarr volume block by block, here or on the workers of a Dask cluster, as much at a time as memory holds.

The result grows in NAME.unfinished, where a mark says of each block that it is done, and gets its name when all are. So the same
command goes on wherever it was killed, and what has the result's name is whole.
"""

import contextlib
import json
import math
import pathlib
import shutil
import sys

import numpy as np
from tqdm import tqdm

import r2r_tf
from r2r_tf import atomic
from r2r_tf.cluster import blocks, engine, files, records, surveys
from r2r_tf.errors import InputError
from r2r_tf.image_files import finding, value_range, volume_sample, zarr_stores

_STATE, _ASKED = ".r2r_tf", "asked.json"
_MARKS = 1000  # of blocks in one folder
_QUIET = ("overwrite",)  # what may differ from the command that began


def result_of(source, output_dir):
    """Where the result of a store goes: NAME_denoised.zarr."""
    return pathlib.Path(output_dir) / f"{pathlib.Path(source).stem}{finding.DENOISED}{zarr_stores.ENDING}"


def run(address, asked, source, output_dir, *, print_line=print):
    """Denoises a volume; each channel has one noise and one range, found from a sample of it.

    Args:
      address: as in `engine.client_of`; None for this process alone.
      asked: dict of arguments of `one_file.job_of`.
      source: path of a Zarr array or group, as in `zarr_stores.open_volume`.
      output_dir: where the result goes.
      print_line: function that shows a line of text.
    Returns:
      The path of the result.
    Raises:
      InputError: the volume or what was asked cannot be, another job works on it, or some blocks could not be done.
    """
    result = result_of(source, atomic.writable_folder(output_dir))
    if result.exists() and not asked.get("overwrite"):
        print_line(f"{source} is done already ({result}); `overwrite` does it again")
        return result
    if asked.get("uncertainty") or asked.get("preview"):
        raise InputError("Volumes have no `uncertainty` and no `preview` yet: leave them out.")
    volume = zarr_stores.open_volume(source)
    if (volume.path / _STATE).exists():
        raise InputError(f"{source} is half-written: run the command that it comes from again.")
    grid = blocks.grid_of(volume.array(), asked.get("max_memory_gb", 4.0))
    with records.only_one(result.with_name(f".{result.name}.lock")), contextlib.ExitStack() as stack:
        begun = _begin(volume, result.with_name(f"{result.name}.unfinished"), asked)
        asked = files.settled(asked)
        client = stack.enter_context(engine.client_of(address)) if address else None
        for _, said in _results(client, _found, _channels(volume), begun, asked):
            print_line(said)
        _do(client, _denoise, 0, grid, volume, begun, asked)
        for level in range(1, len(volume.levels)):
            _do(client, _coarsen, level, blocks.grid_of(volume.array(level), math.inf), volume, begun, asked)
        shutil.rmtree(begun / _STATE)
        if result.exists():
            shutil.rmtree(result)
        begun.rename(result)
    print_line(f"{source}: {'x'.join(map(str, grid.shape))} {volume.array().dtype}, {len(grid)} blocks: {result}")
    return result


def _begin(volume, path, asked):
    """The path of the unfinished store, which is begun unless it is there."""
    known = {key: value for key, value in asked.items() if key not in _QUIET}
    known |= {"source": str(volume.path.resolve()), "shape": list(volume.array().shape), "version": r2r_tf.__version__}
    if path.exists() and not asked.get("overwrite"):
        file = path / _STATE / _ASKED
        found = json.loads(file.read_text()) if file.is_file() else {}
        if found != known:
            differs = ", ".join(sorted(key for key in {*known, *found} if known.get(key) != found.get(key)))
            raise InputError(
                f"{path} was begun by a command that differs in {differs}: repeat that, or say `overwrite=True` to begin again."
            )
        return path
    shutil.rmtree(path, ignore_errors=True)
    with atomic.replacing(path) as temporary:
        zarr_stores.copy_like(volume, temporary)
        (temporary / _STATE).mkdir()
        for channel in _channels(volume):
            np.save(
                temporary / _STATE / f"{channel}.npy",
                volume_sample.windows(*volume_sample.pages_of(volume.array(), volume.channels, channel)),
            )
        atomic.write_json(temporary / _STATE / _ASKED, known)
    return path


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
    left = (number for number in range(len(grid)) if not _mark(begun, level, number).exists())
    done = sum(1 for _ in (begun / _STATE).glob(f"{level}/*/*"))
    bar = tqdm(total=len(grid), initial=done, unit=" blocks", mininterval=1 if sys.stderr.isatty() else 30, desc=f"level {level}")
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
        known = [_known(begun, asked, channel) for channel in _channels(volume)]
        margin = max(map(volumes.reach, known))
        around = volume_sample.around(place, grid.shape, margin)
        where = {"place": place, "around": around, "shape": grid.shape, "channels": volume.channels}
        result = volumes.block(job, known, np.asarray(source[_slices(around)]), **where)
    volume.array(level, begun)[_slices(place)] = result
    _marked(begun, level, number)


def _coarsen(number, level, grid, volume, begun, asked):
    """Makes a block of a coarser level from the level before it."""
    del asked
    before, place = volume.array(level - 1, begun), grid.block(number)
    factors = [max(1, round(fine / coarse)) for fine, coarse in zip(before.shape, grid.shape, strict=True)]
    fine = [(start * own, min(stop * own, side)) for (start, stop), own, side in zip(place, factors, before.shape, strict=True)]
    block = zarr_stores.coarser(np.asarray(before[_slices(fine)]), factors)
    whole = [stop - start for start, stop in place]
    block = np.pad(block, [(0, max(0, own - side)) for own, side in zip(whole, block.shape, strict=True)], mode="edge")
    block = value_range.to_dtype(block[tuple(slice(0, own) for own in whole)], before.dtype)
    volume.array(level, begun)[_slices(place)] = block
    _marked(begun, level, number)


def _slices(place):
    return tuple(slice(*span) for span in place)
