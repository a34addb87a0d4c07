"""Files a second on local Dask workers beside one process, and megabytes a second of Zarr volumes by the side of their chunks."""

import contextlib
import pathlib
import shutil
import tempfile
import time

import numpy as np
from skimage import data

from r2r_tf.cluster import engine, files, volumes
from r2r_tf.errors import InputError
from r2r_tf.image_files import placing, zarr_stores
from r2r_tf.inference import files as here
from r2r_tf.inference import one_file
from tools.benchmark_suites import timing

_COUNT, _SIDE, _PAGES = 48, 512, 4
_TASKS = 1000
_CHUNKS = (64, 128, 256, 512, 1024)
_NOISE = 25 / 255


def run(repeats, model, cases):
    """Times the same files in one process and on one worker for each core, all started and warm; then volumes.

    Args:
      repeats: rounds.
      model: list whose first is the denoiser for all.
      cases: regular expression, as in `timing.select`.
    Returns:
      Dict: unit, results, and files_on_workers_over_plain.
    """
    asked = {"model": model[0], "orientations": 1}
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder, clients = pathlib.Path(name), []
        names = _pictures(folder / "in")

        def places(count=_COUNT):
            return placing.Places(names[:count], folder / "out", (".npy",))

        def plain(count=_COUNT):
            return _rate(folder, count, lambda: here.run(one_file.job_of(**asked), places(count), print_line=_nothing)["failed"])

        def client():
            if not clients:
                clients.append(stack.enter_context(engine.client_of(engine.LOCAL)))
                on_workers(16)
            return clients[0]

        def on_workers(count=_COUNT):
            own = files.denoised(client(), files.settled(asked), places(count))
            return _rate(folder, count, lambda: sum(outcome.status == "failed" for _, outcome in own))

        def empty_tasks():
            own = client()
            return _rate(folder, _TASKS, lambda: sum(1 for _ in engine.results(own, abs, range(_TASKS))) - _TASKS)

        def volume(side):
            store = _volume(folder / f"{side}.zarr", side)
            size = zarr_stores.open_volume(store).array().nbytes / 1e6
            return _rate(folder, size, lambda: not volumes.run(None, asked, store, folder / "out", print_line=_nothing))

        plain(2)
        ways = {"files a second, one process": plain, "files a second, a worker for each core": on_workers}
        ways["empty tasks a second"] = empty_tasks
        ways |= {f"MB a second, chunks of {side}x{side}": lambda side=side: volume(side) for side in _CHUNKS}
        results = timing.interleave(timing.select(ways, cases), repeats)
    report = {"unit": "files, tasks or megabytes a second", "results": results, "model": model[0]}
    if set(list(ways)[:2]) <= set(results):
        one, many = (results[name]["median"] for name in list(ways)[:2])
        report["files_on_workers_over_plain"] = round(many / one, 3)
    return report


def _nothing(line):
    del line


def _rate(folder, amount, work):
    shutil.rmtree(folder / "out", ignore_errors=True)
    start = time.perf_counter()
    if work():
        raise InputError("Some of the pictures could not be denoised: try r2r-denoise on one of its own.")
    return amount / (time.perf_counter() - start)


def _noisy(shape, seed):
    x = np.resize(data.camera() / 255, (_SIDE, _SIDE))
    x = np.tile(x, [own // side for own, side in zip(shape[-2:], x.shape, strict=True)])
    return np.float32(x + _NOISE * np.random.default_rng(seed).standard_normal(shape))


def _pictures(folder):
    folder.mkdir()
    for number in range(_COUNT):
        np.save(folder / f"{number:03d}.npy", _noisy((_SIDE, _SIDE), number))
    return sorted(str(path) for path in folder.iterdir())


def _volume(path, side):
    if not path.exists():
        shape = (_PAGES, 2 * _SIDE, 2 * _SIDE)
        zarr_stores.load().create_array(str(path), data=_noisy(shape, 0), chunks=(1, side, side))
    return path
