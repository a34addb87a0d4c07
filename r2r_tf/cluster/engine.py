"""Dask, as far as it is needed: a scheduler to send tasks to, of which a bounded number is on its way at any time.

An engine runs a task again whose worker dies, so a task has to be such that doing it twice is as doing it once.
"""

import contextlib
import itertools
import logging
import os
import sys
import time
from concurrent.futures import CancelledError

import r2r_tf
from r2r_tf import quiet_start
from r2r_tf.errors import InputError, in_short, package

LOCAL = "local"
_WAIT = 30  # seconds for a scheduler, and for its first worker
_AHEAD = 2  # tasks that a thread of a worker has before it, beside that which it does
_RETRIES = 2
_LOOK = 1.0  # seconds between looks at how many workers there are


def load(name="distributed"):
    """A module of Dask.

    Raises:
      InputError: it is not installed.
    """
    return package(name, "dask", "A cluster")


@contextlib.contextmanager
def client_of(address):
    """Yields a `distributed.Client` whose workers have this version of the package.

    Args:
      address: of a scheduler, or `LOCAL`: one process for each core that this one may use, which ends with the block.
    Raises:
      InputError: no scheduler there, no worker, or one with another version or without the package.
    """
    distributed = load()
    # what it says of lost workers and of its own shutdown
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with contextlib.ExitStack() as stack:
        if address == LOCAL:
            options = {"threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
            try:
                address = stack.enter_context(distributed.LocalCluster(processes=True, silence_logs=logging.CRITICAL, **options))
            except RuntimeError as error:
                raise InputError(
                    f"`dask=local` cannot start its processes ({in_short(error)}): a script of one's own needs the line "
                    'if __name__ == "__main__": before what it does.'
                ) from None
        try:
            client = stack.enter_context(distributed.Client(address, timeout=_WAIT, set_as_default=False))
            client.wait_for_workers(1, timeout=_WAIT)
        except (OSError, TimeoutError, ValueError) as error:
            raise InputError(
                f"There is no Dask scheduler with a worker at `dask`={address} ({in_short(error)}). Start one (dask scheduler; "
                "dask worker ADDRESS), or say `dask=local`"
            ) from None
        _check_versions(client)
        yield client


def results(client, function, tasks, *arguments, split=None):
    """Yields (task, what function(task, *arguments) returned or the error that it ended with), as they come.

    A worker that dies takes along what waits at it. So tasks whose workers died again and again are suspects, as are those that
    the scheduler forgot. They are done in the end, each with nothing beside it.

    Args:
      client: as from `client_of`.
      function: of a module that workers can import.
      tasks: iterable, which is read no further than workers are ahead; a task is small.
      *arguments: of all tasks.
      split: function of a suspected task that returns smaller ones, to tell which part is to blame; None for none.
    Raises:
      InputError: the scheduler is gone.
    """
    distributed = load()
    tasks, sent, most, suspects = iter(tasks), {}, _Most(client), []
    running = distributed.as_completed(loop=client.loop)

    def submit(task):
        return client.submit(function, task, *arguments, pure=False, retries=_RETRIES)

    def send(some):
        for task in some:
            future = submit(task)
            sent[future.key] = task
            running.add(future)

    try:
        send(itertools.islice(tasks, most()))
        for future in running:
            task, came = sent.pop(future.key), _outcome(client, future)
            if isinstance(came, (CancelledError, distributed.KilledWorker)):
                suspects += split(task) if split else [task]
            else:
                yield task, came
            del future
            send(itertools.islice(tasks, max(0, most() - len(sent))))
        for task in suspects:
            yield task, _outcome(client, submit(task))
    except (CancelledError, OSError, TimeoutError) as error:
        raise InputError(
            f"The Dask scheduler was lost ({in_short(error)}): the same command again goes on where this one ended."
        ) from None


def _outcome(client, future):
    """The result of a task, or its error, when it has ended: again, where a worker died with a result in its memory.

    Raises:
      CancelledError: the scheduler is gone. Where it is there and forgot the task, the error is returned.
    """
    try:
        return future.result()
    except Exception as error:
        if future.status == "error":
            return error
        cancelled = CancelledError(in_short(error))
    if client.status != "running":
        raise cancelled
    return cancelled


def start_quietly():
    """Lets TensorFlow, which has not started yet, use as many threads as this worker was given, and say nothing of itself."""
    quiet_start.install()
    distributed = sys.modules.get("distributed")
    with contextlib.suppress(ValueError, AttributeError):
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(distributed.get_worker().state.nthreads))


class _Most:
    """How many tasks may be on their way, by the workers that there are; looked up once in a while, for workers come and go."""

    def __init__(self, client):
        self.client, self.known, self.since = client, 0, 0.0

    def __call__(self):
        if time.monotonic() - self.since > _LOOK:
            self.known, self.since = sum(self.client.nthreads().values()), time.monotonic()
        return (1 + _AHEAD) * max(1, self.known)


def _check_versions(client):
    def version():  # defined here, so that it is sent as it is: a worker may lack the package
        try:
            import r2r_tf
        except ModuleNotFoundError:
            return None
        return r2r_tf.__version__

    own = r2r_tf.__version__
    for worker, found in client.run(version).items():
        if found != own:
            has = f"r2r_tf {found}" if found else "no r2r_tf"
            raise InputError(f"The Dask worker {worker} has {has}: install version {own} there, that of this command")
