"""Denoises many files on the workers of a Dask cluster, as `inference/files` does in one process.

A task is a few files. Each is written whole or not at all, and one whose result is there is left out, so a task that is done
again after a worker's death changes nothing. The workers see the files under the same paths.
"""

import contextlib
import itertools
import os
import tempfile
import threading

from r2r_tf import atomic
from r2r_tf.cluster import engine, records
from r2r_tf.errors import InputError
from r2r_tf.image_files import placing
from r2r_tf.reports import outcomes

_GROUP = 8  # files of a task
_DIED = "its worker died several times, as for want of memory (a smaller `max_memory_gb` may help)"
ONE_AT_A_TIME = threading.Lock()  # of the threads of a worker: a network uses all its cores


def run(address, asked, places, *, shard=None, report=None, **said):
    """Denoises files on a cluster, or a part of them here.

    Args:
      address: as in `engine.client_of`; None for this process alone.
      asked: dict of arguments of `one_file.job_of`.
      places: `placing.Places`.
      shard: which part of the files they are, for the names of lock and log.
      report, **said: as in `outcomes.tell`.
    Returns:
      As `outcomes.tell`.
    """
    with _jobs_own(atomic.writable_folder(places.output_dir), shard) as each:
        said |= {"report": report, "each": each}
        if address is None:
            from r2r_tf.inference import files, one_file

            return files.run(one_file.job_of(**asked), places, **said)
        asked = settled(asked)
        with engine.client_of(address) as client:
            check(client, asked, places.output_dir)
            return outcomes.tell(denoised(client, asked, places, report is not None), len(places), **said)


def denoised(client, asked, places, on_report=False):
    """Yields each `placing.Place` and its `outcomes.Outcome`, as they come.

    Args:
      client: as from `engine.client_of`.
      asked: as from `settled`.
      places: `placing.Places`.
      on_report: whether the first outcomes are to have a middle.
    """
    shown = 0

    def groups():
        numbers = iter(range(len(places)))
        while own := list(itertools.islice(numbers, _GROUP)):
            yield [_absolute(places[number]) for number in own], on_report and shown < outcomes.MOST_SHOWN

    for group, result in engine.results(client, _denoise, groups(), asked, split=_one_by_one):
        came = _blamed(group, result) if isinstance(result, BaseException) else result
        for place, outcome in zip(group[0], came, strict=True):
            shown += outcome.middle is not None
            yield place, outcome


def settled(asked):
    """What was asked for as workers take it, whatever folder they are in: (name, value) in order."""
    model = asked.get("model")
    return tuple(sorted({**asked, "model": os.path.abspath(model) if model and os.path.exists(model) else model}.items()))


@contextlib.contextmanager
def _jobs_own(folder, shard=None):
    """Holds the folder's lock, and yields a function of a place and its outcome that logs them."""
    part = placing.part_in_names(shard)
    own = folder / f".denoise{part}.lock"
    with records.only_one(own), records.log(folder / f"denoise{part}.csv") as add:
        for other in folder.glob(".denoise*.lock"):
            # parts of another cut have files of this one
            if other.stem.partition("of")[2] != own.stem.partition("of")[2]:
                records.check_free(other)

        def each(place, outcome):
            if outcome.status != outcomes.SKIPPED:
                row = {"path": str(place.path), "status": outcome.status, "message": outcome.message}
                add({**row, "seconds": f"{outcome.seconds:.2f}"})

        yield each


def _absolute(place):
    path, result = (type(own)(os.path.abspath(own)) for own in (place.path, place.result))
    return place._replace(path=path, result=result)


def _one_by_one(group):
    places, with_middle = group
    return [([place], with_middle) for place in places]


def _blamed(group, error):
    """Outcomes for a task that failed as a whole."""
    said = blamed(error)
    return [outcomes.Outcome(outcomes.FAILED, f"{place.path}: {said}") for place in group[0]]


def blamed(error):
    """What to say of a task that ended with an error."""
    return _DIED if type(error).__name__ == "KilledWorker" else f"{type(error).__name__}: {error}"


def check(client, asked, folder):
    """Lets all workers see the folder of the results, and one of them, or this process, read what was asked for, before any work.

    Raises:
      InputError: what was asked cannot be, or a worker does not see the folder.
    """
    if client is None:
        job(asked)
        return
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".seen-") as token:
        blind = [worker for worker, sees in client.run(os.path.exists, os.path.abspath(token.name)).items() if not sees]
    if blind:
        raise InputError(
            f"The worker {blind[0]} does not see the folder {folder}: workers need the same files at the same paths."
        )
    said = client.submit(_refusal, asked, pure=False).result()
    if said:
        raise InputError(said)


def _refusal(asked):
    try:
        job(asked)
    except InputError as error:
        return str(error)
    return None


def _denoise(group, asked):
    own, (places, with_middle) = job(asked), group
    from r2r_tf.inference import one_file

    with ONE_AT_A_TIME:
        return [one_file.denoise(own, place, with_middle=with_middle, shows_progress=False) for place in places]


def job(asked):
    """The `one_file.Job` that was asked for; its network stays loaded while its file is as it was."""
    engine.start_quietly()
    from r2r_tf.inference import one_file

    return one_file.job_of(**dict(asked))
