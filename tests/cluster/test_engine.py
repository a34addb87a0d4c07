"""Tasks on Dask: none is lost or given back twice when workers die, few are on their way, and what is wrong is one sentence."""

import os
import signal
import time

import pytest
import tasks

import r2r_tf
from r2r_tf.cluster import engine, files, records
from r2r_tf.errors import InputError


@pytest.fixture(scope="module")
def client():
    with engine.client_of(engine.LOCAL) as own:
        own.run(lambda: __import__("sys").path.insert(0, __file__.rpartition("/")[0]))
        yield own


@pytest.mark.slow
def test_workers_that_die_lose_nothing_and_double_nothing(client, tmp_path):
    came = dict(engine.results(client, tasks.died_once, range(40), str(tmp_path)))
    assert came == {number: number**2 for number in range(40)}
    assert len(list(tmp_path.glob("tried-*"))) == 3


@pytest.mark.slow
def test_results_that_die_with_their_workers_are_made_again(client):
    """They were done and had not been asked for: as when a worker dies while another result is dealt with."""
    came = {}
    for task, result in engine.results(client, tasks.slow, range(12)):
        came[task] = result
        if len(came) == 1:
            wait_until(lambda: states(client).count("finished") >= 2)
            for pid in client.run(os.getpid).values():
                os.kill(pid, signal.SIGKILL)
            wait_until(lambda: "lost" in states(client))
    assert came == {task: task for task in range(12)}


def test_tasks_that_the_scheduler_forgot_are_sent_again(client):
    import distributed

    came = {}
    for task, result in engine.results(client, tasks.slow, range(12)):
        came[task] = result
        if len(came) == 1:
            client.cancel([distributed.Future(key, client) for key in list(client.futures)])
    assert came == {task: task for task in range(12)}


def states(client):
    return [future.status for future in client.futures.values()]


def wait_until(true):
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
def test_what_kills_every_worker_is_told_from_what_is_with_it(client):
    """From what is in the same task, and from what waits at the same workers."""
    groups = [(number, number + 1) for number in range(0, 40, 2)]
    came = dict(engine.results(client, tasks.deadly, groups, split=lambda group: [(own,) for own in group]))
    assert type(came.pop((13,))).__name__ == "KilledWorker"
    assert all(total == sum(group) for group, total in came.items())
    assert sorted(number for group in came for number in group) == [number for number in range(40) if number != 13]


@pytest.mark.slow
def test_tasks_are_read_no_further_than_workers_are_ahead(client):
    read = []

    def endless():
        number = 0
        while True:
            read.append(number)
            yield number
            number += 1

    results = engine.results(client, tasks.slow, endless())
    for _ in range(30):
        next(results)
        assert len(read) <= 30 + 3 * sum(client.nthreads().values())
    results.close()


@pytest.mark.slow
def test_no_engine_or_another_version_is_one_sentence(client, monkeypatch):
    monkeypatch.setattr(engine, "_WAIT", 1)
    for address in ("tcp://127.0.0.1:1", "nonsense://x"):
        with pytest.raises(InputError, match="There is no Dask scheduler with a worker at `dask`"), engine.client_of(address):
            pass
    monkeypatch.setattr(r2r_tf, "__version__", "9.9")
    with (
        pytest.raises(InputError, match="has r2r_tf .*: install version 9.9 there"),
        engine.client_of(client.scheduler.address),
    ):
        pass


def test_a_scheduler_that_goes_away_is_one_sentence():
    import dask
    import distributed

    soon = dask.config.set({"distributed.comm.timeouts.connect": "1s"})
    with (
        soon,
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
    ):
        with pytest.raises(InputError, match="goes on where this one ended"), engine.client_of(cluster.scheduler_address) as own:
            for number, _ in enumerate(engine.results(own, tasks.slow, iter(range(1000)))):
                if number == 3:
                    cluster.close()


def test_missing_dask_is_said_with_the_way_to_install_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'r2r_tf\[dask\]'"):
        engine.load()


@pytest.mark.parametrize(
    "one, other, free",
    [(None, "1/2", False), ("1/2", "2/3", False), ("1/2", None, False), ("1/2", "2/2", True), ("1/2", "1/2", False)],
)
def test_parts_of_different_cuts_cannot_share_a_folder(tmp_path, one, other, free):
    """A file could be in both."""
    with files._jobs_own(tmp_path, one):
        if free:
            with files._jobs_own(tmp_path, other):
                return
        with pytest.raises(InputError, match="Another job writes to .*process"), files._jobs_own(tmp_path, other):
            pass
    with files._jobs_own(tmp_path, other):
        pass


def test_two_jobs_cannot_hold_a_folder(tmp_path):
    lock = tmp_path / ".lock"
    with records.only_one(lock):
        with pytest.raises(InputError, match="Another job writes to .*process"), records.only_one(lock):
            pass
    with records.only_one(lock), records.log(tmp_path / "log.csv") as add:
        add({"path": "a,b", "status": "done"})
    with records.log(tmp_path / "log.csv") as add:
        add({"path": "c", "status": "failed"})
    assert (tmp_path / "log.csv").read_text() == 'path,status\n"a,b",done\nc,failed\n' and not lock.exists()
