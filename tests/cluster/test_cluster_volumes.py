"""Zarr volumes and Dask arrays: as in memory whatever the chunks, whole or not at all, resumed after a kill."""

import functools
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import dask.array
import numpy as np
import pytest
import scipy.ndimage
import zarr
from conftest import ROOT, mean_denoiser, run_command
from skimage import data

import r2r_tf
from r2r_tf.cluster import blocks, records
from r2r_tf.cluster import volumes as cluster_volumes
from r2r_tf.errors import InputError
from r2r_tf.image_files import finding, volume_sample
from r2r_tf.inference import one_file, volumes
from r2r_tf.models import denoisers

CLEAN = np.stack([data.camera()[100:220, 60:250] * factor / 255 for factor in (0.5, 0.8, 1.0)]).astype(np.float32)


def noisy(kind):
    rng = np.random.default_rng(0)
    normal = rng.standard_normal(CLEAN.shape)
    if kind == "counting":
        return (rng.poisson(CLEAN * 30) * 3 + 100).astype(np.uint16)
    if kind == "smooth":
        normal = scipy.ndimage.gaussian_filter(normal, (0, 1, 1))
    return (CLEAN + {"weak": 0.03}.get(kind, 0.1) * normal / normal.std()).astype(np.float32)


@pytest.fixture
def tiny(tmp_path):
    denoiser = mean_denoiser(0.1)
    denoisers.save(tmp_path / "tiny", denoiser.network, {"alpha": 0.5, "noise": denoiser.noise.to_json(), "channels": 1})
    return str(tmp_path / "tiny")


def in_memory(y, **asked):
    """Whole pages at once, with what is known of the volume."""
    read, shape = volume_sample.pages_of(y, None, 0)
    job = one_file.job_of(**asked)
    about = volumes.known(job, volume_sample.windows(read, shape))
    whole = {"numbers": range(shape[0]), "rows": (0, shape[1]), "columns": (0, shape[2])}
    return volumes.part(about, job, read, shape[1:], y.dtype, **whole).astype(float)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ("white", "counting", "weak", "smooth"))
def test_volumes_are_denoised_as_in_memory(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "_SIDES", (1,))
    y = noisy(kind)
    expected = in_memory(y, orientations=1)
    assert np.abs(expected - y).max() > 0.05 * np.ptp(y)
    scale = max(1.0, float(np.ptp(y)))
    zarr.create_array(str(tmp_path / "v.zarr"), data=y, chunks=(2, 50, 66), attributes={"of": "camera"})
    result = r2r_tf.denoise_zarr(tmp_path / "v.zarr", tmp_path / "out", orientations=1)
    store = zarr.open(str(result), mode="r")
    np.testing.assert_allclose(store[:], expected, atol=1e-5 * scale)
    assert store.chunks == (2, 50, 66) and store.dtype == y.dtype and dict(store.attrs) == {"of": "camera"}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["v_denoised.zarr"]
    lazy = r2r_tf.map_dask(dask.array.from_array(y, chunks=(1, 47, 131)), orientations=1)
    assert lazy.chunks == ((1, 1, 1), (47, 47, 26), (131, 59)) and lazy.dtype == y.dtype
    np.testing.assert_allclose(lazy.compute(), expected, atol=1e-5 * scale)


def test_one_noise_holds_for_all_pages(tmp_path):
    """A page that shows nothing has the noise of the volume too; by itself it is as good as any picture's."""
    y = noisy("white")
    y[1] = 0.4 + 0.1 * np.random.default_rng(1).standard_normal(y[1].shape)
    expected = in_memory(y, orientations=1)
    assert np.std(expected[1] - 0.4) < 0.015
    errors = [np.square(expected[page] - CLEAN[page]).mean() for page in (0, 2)]
    alone = [np.square(r2r_tf.denoise(y[page], orientations=1) - CLEAN[page]).mean() for page in (0, 2)]
    assert max(errors) < 0.2 * 0.1**2 and np.allclose(errors, alone, rtol=0.1)


@pytest.mark.parametrize("zarr_format, key", [(3, "ome"), (2, None)])
def test_ome_zarr_keeps_its_metadata_and_gets_its_levels_anew(zarr_format, key, tmp_path, tiny):
    rng = np.random.default_rng(0)
    y = (rng.normal(0.5, 0.1, (2, 3, 65, 80)) * [[[[1000]]], [[[30000]]]]).clip(0, 65535).astype(np.uint16)
    axes = [{"name": name, "type": kind} for name, kind in zip("czyx", ("channel", "space", "space", "space"), strict=True)]
    levels = [
        {"path": str(level), "coordinateTransformations": [{"type": "scale", "scale": [1, 1, 2**level, 2**level]}]}
        for level in range(3)
    ]
    images = {
        "multiscales": [{"axes": axes, "datasets": levels, "name": "cells"}],
        "omero": {"channels": [{"color": "00FF00"}] * 2},
    }
    attributes = {key: {"version": "0.5", **images}} if key else images
    group = zarr.create_group(str(tmp_path / "cells.zarr"), zarr_format=zarr_format, attributes=attributes)
    for level in range(3):
        own = y[..., :: 2**level, :: 2**level]
        group.create_array(
            str(level), data=own, chunks=(1, 2, 32, 32), **({"shards": (1, 2, 64, 64)} if zarr_format == 3 else {})
        )
    result = r2r_tf.denoise_zarr(tmp_path / "cells.zarr", tmp_path / "out", tiny, num_recorruptions=2)
    store = zarr.open(str(result), mode="r")
    assert dict(store.attrs) == attributes and store.metadata.zarr_format == zarr_format
    for channel in range(2):
        np.testing.assert_allclose(store["0"][channel], in_memory(y[channel], model=tiny, num_recorruptions=2), atol=1)
    for level in range(3):
        own, before = store[str(level)], store[str(max(0, level - 1))]
        assert (
            own.shape == group[str(level)].shape
            and own.chunks == group[str(level)].chunks
            and own.shards == group[str(level)].shards
        )
        if level:
            height, width = (side // 2 for side in before.shape[-2:])
            means = before[:][..., : 2 * height, : 2 * width].reshape(2, 3, height, 2, width, 2).mean((3, 5))
            assert np.abs(own[:][..., :height, :width] - means).max() <= 0.5 + 1e-6
            rim = before[:][..., -1:, : 2 * width].reshape(2, 3, 1, width, 2).mean(-1)
            assert before.shape[-2] % 2 == 0 or np.abs(own[:][..., -1:, :width] - rim).max() <= 0.5 + 1e-6


@pytest.mark.release
def test_a_killed_job_goes_on_where_it_was(tmp_path, tiny):
    """What it had done is not done again, and a job beside it is refused."""
    y = np.random.default_rng(0).normal(0.5, 0.1, (60, 256, 256)).astype(np.float32)
    zarr.create_array(str(tmp_path / "v.zarr"), data=y, chunks=(1, 256, 256))
    arguments = [
        "tools.denoise",
        tmp_path / "v.zarr",
        f"--output_dir={tmp_path / 'out'}",
        f"--model={tiny}",
        "--num_recorruptions=8",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    unfinished = tmp_path / "out" / "v_denoised.zarr.unfinished"

    def marks():
        return {path.name: path.stat().st_mtime_ns for path in (unfinished / ".r2r_tf" / "0").glob("*/*")}

    while len(marks()) < 3:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGSTOP)
    again = run_command(*arguments, check=False)
    assert again.returncode == 1 and "Another job writes to" in again.stdout and str(process.pid) in again.stdout
    process.kill()
    process.communicate()
    before = marks()
    assert 3 <= len(before) < 60 and not (tmp_path / "out" / "v_denoised.zarr").exists()

    kept = tmp_path / "kept"
    shutil.copytree(unfinished, kept)
    other = run_command(*arguments, "--seed=1", check=False)
    assert other.returncode == 1 and "begun by a command that differs in seed" in other.stdout
    source = run_command("tools.denoise", unfinished, f"--output_dir={tmp_path / 'other'}", check=False)
    assert source.returncode == 1 and "is half-written" in source.stdout

    last = max(int(number) for number in before)
    np.testing.assert_array_equal(zarr.open(str(unfinished), mode="r")[last + 2 :], 0)
    zarr.open(str(unfinished), mode="r+")[last] = 7  # what has a mark is not looked at again
    done = run_command(*arguments)
    assert "60 blocks" in done.stdout and not unfinished.exists()
    result = zarr.open(str(tmp_path / "out" / "v_denoised.zarr"), mode="r")[:]
    assert (result[last] == 7).all()
    pages = [page for page in range(60) if page != last]
    np.testing.assert_allclose(result[pages], in_memory(y, model=tiny, num_recorruptions=8)[pages], atol=1e-5)
    assert "is done already" in run_command(*arguments).stdout


@pytest.mark.release
def test_local_workers_give_the_same(tmp_path, tiny):
    y = np.random.default_rng(0).normal(0.5, 0.1, (6, 64, 64)).astype(np.float32)
    zarr.create_array(str(tmp_path / "v.zarr"), data=y, chunks=(1, 64, 64))
    result = r2r_tf.denoise_zarr(tmp_path / "v.zarr", tmp_path / "out", tiny, dask="local", num_recorruptions=2)
    np.testing.assert_allclose(zarr.open(str(result))[:], in_memory(y, model=tiny, num_recorruptions=2), atol=1e-5)


def test_volumes_of_one_name_keep_their_folders_and_a_bad_one_stops_no_other(tmp_path, tiny, monkeypatch):
    y = np.random.default_rng(0).normal(0.5, 0.1, (2, 64, 64)).astype(np.float32)
    for name in ("a", "b", "bad"):
        zarr.create_array(str(tmp_path / name / "v.zarr"), data=y + len(name), chunks=(1, 64, 64))
    (tmp_path / "bad" / "v.zarr" / "c" / "0" / "0" / "0").write_bytes(b"no chunk")
    np.save(tmp_path / "page.npy", y[0])
    inputs = ["bad/v.zarr", "a/v.zarr/", "b/v.zarr", "missing.zarr", "page.npy"]
    options = ["--output_dir=out", f"--model={tiny}", "--num_recorruptions=2"]
    monkeypatch.chdir(tmp_path)
    process = run_command("tools.denoise", *inputs, *options, check=False)
    assert process.returncode == 1 and "2 of 5 files could not be denoised" in process.stderr
    assert "There is no Zarr store at" in process.stdout and "bad/v.zarr is not a Zarr array or group" in process.stdout
    made = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*_denoised.*")}
    assert {"a/v_denoised.zarr", "b/v_denoised.zarr", "page_denoised.npy"} <= made
    shard = run_command("tools.denoise", tmp_path / "a" / "v.zarr", f"--output_dir={tmp_path}", "--shard=1/2", check=False)
    assert shard.returncode == 1 and "no --shard" in shard.stderr


def test_what_is_half_done_is_not_mixed_with_another(tmp_path, tiny, monkeypatch):
    """A wrong command begins nothing; a kill in the last moment loses nothing; another model or source is refused."""
    y = np.random.default_rng(0).normal(0.5, 0.1, (3, 64, 64)).astype(np.float32)
    array = zarr.create_array(str(tmp_path / "v.zarr"), data=y, chunks=(1, 64, 64), fill_value=7)
    call = functools.partial(r2r_tf.denoise_zarr, tmp_path / "v.zarr", tmp_path / "out", tiny)
    with pytest.raises(InputError, match="sigma"):
        call(sigma="loud")
    unfinished = tmp_path / "out" / "v_denoised.zarr.unfinished"
    assert not unfinished.exists()

    def interrupted(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(cluster_volumes, "_finish", interrupted)
        call(num_recorruptions=2)
    assert unfinished.exists()
    array[1, 0, 0] = 3
    with pytest.raises(InputError, match="differs in the values of the source"):
        call(num_recorruptions=2)
    array[1, 0, 0] = y[1, 0, 0]
    card = pathlib.Path(tiny) / "model.keras"
    kept = card.read_bytes()
    card.write_bytes(kept + b" ")
    with pytest.raises(InputError, match="differs in the model's file"):
        call(num_recorruptions=2)
    card.write_bytes(kept)
    (unfinished / ".r2r_tf").rename(unfinished / ".r2r_tf_over")
    result = zarr.open(str(call(num_recorruptions=2)), mode="r")
    np.testing.assert_allclose(result[:], in_memory(y, model=tiny, num_recorruptions=2), atol=1e-5)
    assert result.fill_value == 7 and [path.name for path in (tmp_path / "out").iterdir()] == ["v_denoised.zarr"]
    again = zarr.open(str(call(num_recorruptions=2, overwrite=True, seed=1)), mode="r")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["v_denoised.zarr"] and again.shape == y.shape


def test_bad_stores_are_one_sentence(tmp_path, tiny):
    def refused(name, message, **options):
        with pytest.raises(InputError, match=message):
            r2r_tf.denoise_zarr(tmp_path / name, tmp_path / "out", tiny, **options)
        assert not [path for path in (tmp_path / "out").iterdir() if not path.name.startswith(".")]

    (tmp_path / "empty.zarr").mkdir()
    refused("empty.zarr", "is not a Zarr array or group")
    zarr.create_array(str(tmp_path / "damaged.zarr"), shape=(4, 64, 64), dtype="float32")
    (tmp_path / "damaged.zarr" / "zarr.json").write_text('{"zarr_format": 3, "node_type": "array", "sha')
    refused("damaged.zarr", "is not a Zarr array or group")
    for name in ("a", "b"):
        zarr.create_array(str(tmp_path / "group.zarr"), name=name, shape=(4, 64, 64), dtype="float32")
    refused("group.zarr", r"group of 2 things: name one of them \(a, b\)")
    zarr.create_array(str(tmp_path / "text.zarr"), shape=(4, 64), dtype="bool")
    refused("text.zarr", "must hold numbers in rows and columns")
    zarr.create_array(str(tmp_path / "axes.zarr"), shape=(4, 64, 3), dtype="uint8", dimension_names=("y", "x", "c"))
    for level, side in enumerate((90, 60)):
        attributes = {"ome": {"multiscales": [{"datasets": [{"path": "0"}, {"path": "1"}]}]}}
        group = zarr.open_group(str(tmp_path / "levels.zarr"), attributes=attributes)
        group.create_array(str(level), shape=(side, side), dtype="uint8")
    refused("levels.zarr", "a whole number of times coarser")
    refused("missing.zarr", "There is no Zarr store")
    refused("axes.zarr", "rows and columns .* as its last axes. Received: y, x, c")
    zarr.create_array(str(tmp_path / "large.zarr"), shape=(4000, 1000, 1000), dtype="uint16", chunks=(4000, 1000, 1000))
    refused("large.zarr", "chunks of .* are too large: .* take 128 GB to work on. Raise `max_memory_gb`")
    zarr.create_array(str(tmp_path / "fine.zarr"), data=np.zeros((1, 64, 64), np.float32))
    refused("fine.zarr", "no `uncertainty`", uncertainty=True)
    lock = tmp_path / "out" / ".fine_denoised.zarr.lock"
    with records.only_one(lock):
        refused("fine.zarr", "Another job writes to")
    array = dask.array.zeros((2, 64, 64), chunks=(1, 64, 64))
    for wrong in (dict(channel_axis=1), dict(channel_axis=-1), dict(channel_axis=3)):
        with pytest.raises(InputError, match="channel_axis must come before"):
            r2r_tf.map_dask(array, tiny, **wrong)
    assert finding.is_store(tmp_path / "fine.zarr") and not finding.is_store(tmp_path / "out")
