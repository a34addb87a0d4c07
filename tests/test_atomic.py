"""Files appear whole or not at all, whoever else writes beside them, and whatever a killed process left."""

import errno
import os
import shutil
import subprocess
import sys

import pytest

from r2r_tf import atomic
from r2r_tf.errors import os_sentence


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    atomic.write_text(tmp_path / "a.txt", "old")
    with pytest.raises(ZeroDivisionError), atomic.replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        assert atomic.is_leftover(temporary) and not atomic.is_leftover(tmp_path / "a.txt")
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"] and (tmp_path / "a.txt").read_text() == "old"


def test_two_writers_of_one_file_do_not_disturb_each_other(tmp_path):
    with atomic.replacing(tmp_path / "best.weights.h5") as temporary:  # whose writer looks at both endings
        assert temporary.name.endswith(".weights.h5")
        temporary.write_text("")
    (tmp_path / "best.weights.h5").unlink()
    name = f"{'n.' * 120}txt"  # as long as file systems allow, nearly
    with atomic.replacing(tmp_path / name) as first, atomic.replacing(tmp_path / name) as second:
        assert first != second and first.suffix == ".txt"
        first.write_text("first")
        second.write_text("second")
    assert (tmp_path / name).read_text() == "first" and len(list(tmp_path.iterdir())) == 1


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path):
    script = (
        "import os, sys; from r2r_tf import atomic\n"
        "with atomic.replacing(sys.argv[1]) as path: path.write_text('half'); print(path); os._exit(9)"
    )
    process = subprocess.run([sys.executable, "-c", script, tmp_path / "a.txt"], capture_output=True, text=True, check=False)
    left = tmp_path / process.stdout.strip()
    assert left.read_text() == "half"
    own = tmp_path / left.name.replace(f"-{left.name.split('-')[-2]}-", f"-{os.getpid()}-")
    elsewhere = tmp_path / f".partial-another-{left.name.split('-')[-2]}-00.txt"
    for path in (own, elsewhere):
        path.write_text("being written")
    atomic._sweep.cache_clear()
    atomic.write_text(tmp_path / "b.txt", "")
    assert left.exists()  # just now written to
    for path in (left, own, elsewhere):
        os.utime(path, (0, 0))
    atomic._sweep.cache_clear()
    atomic.write_text(tmp_path / "b.txt", "")
    assert {path.name for path in tmp_path.iterdir()} == {own.name, elsewhere.name, "b.txt"}


def test_a_full_disk_is_named_whatever_its_writer_says(tmp_path, monkeypatch):
    def fails():
        with atomic.replacing(tmp_path / "a.h5"):
            raise RuntimeError("Can't decrement id ref count")

    with pytest.raises(RuntimeError):
        fails()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: type("Usage", (), {"free": 0}))
    with pytest.raises(OSError) as raised:
        fails()
    assert raised.value.errno == errno.ENOSPC and raised.value.filename == str(tmp_path / "a.h5")


def test_room_is_made_sure_of_before_writers_that_cannot_stand_a_full_disk(tmp_path, monkeypatch):
    with atomic.replacing(tmp_path / "a.h5", size=100) as temporary:
        temporary.write_text("whole")

    def fails(descriptor, start, length):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(os, "posix_fallocate", fails, raising=False)
    with pytest.raises(OSError, match="quota exceeded") as raised, atomic.replacing(tmp_path / "a.h5", size=100):
        raise AssertionError("the writer is not called")
    assert raised.value.filename == str(tmp_path / "a.h5") and (tmp_path / "a.h5").read_text() == "whole"
    assert "a.h5: make room and run" in os_sentence(raised.value)
