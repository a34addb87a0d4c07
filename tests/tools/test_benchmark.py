"""The benchmark's bookkeeping: cases take turns, medians, and bad combinations of flags. Speeds are not asserted."""

import keras
import numpy as np
import pytest
import skimage.data
from conftest import run_command, standard_errors

from r2r_tf import noise, pretrained
from r2r_tf.data import test_sets
from r2r_tf.errors import InputError
from r2r_tf.models import denoisers, networks
from tools.benchmark_suites import choices, estimators, found_levels, inference, laws, timing


def test_cases_take_turns():
    order = []
    values = {"a": iter((3.0, 1.0, 2.0)), "b": iter((10.0, 30.0, 20.0))}
    cases = {name: lambda name=name: order.append(name) or next(values[name]) for name in values}
    results = timing.interleave(cases, 3)
    assert order == ["a", "b"] * 3
    assert results["a"] == {"median": 2.0, "min": 1.0, "max": 3.0, "values": [3.0, 1.0, 2.0]}
    lines = timing.table(results, "unit").splitlines()
    assert lines[0].startswith("unit") and lines[1].startswith("b") and lines[2].startswith("a")


def test_cases_are_selected_by_name():
    cases = dict.fromkeys(("plain T 2, bfloat16", "plain T 20, bfloat16", "BM3D"))
    assert list(timing.select(cases, r"T 2\b|BM3D")) == ["plain T 2, bfloat16", "BM3D"] and timing.select(cases, None) == cases
    for pattern, message in (("wavelet", "at least one of: plain T 2, bfloat16; "), ("(", "regular expression")):
        with pytest.raises(InputError, match=message):
            timing.select(cases, pattern)


def test_flags_of_another_suite_are_refused():
    process = run_command("tools.benchmark", "--suite=pipeline", "--peer_python=python", check=False)
    assert (
        process.returncode == 1
        and "--peer_python does not belong to --suite=pipeline" in process.stderr
        and "Traceback" not in process.stderr
    )


@pytest.mark.slow
def test_decibels_and_seconds_of_inference(data_dir, tmp_path, monkeypatch):
    """A tiny network: each way is scored, drawn, and its job for the peer is the same network."""
    network = networks.build("dncnn", depth=3, features=2, near_zero_start=False)
    denoisers.save(tmp_path / "run", network, {"alpha": 0.5, "noise": None})
    monkeypatch.setattr(inference, "has_bm3d", lambda: False)
    ways = {name: inference.WAYS[name] for name in ("plain T 50", "antithetic T 2", "f(y)", "f(y), turned")}
    monkeypatch.setattr(inference, "WAYS", {**ways, "plain T 50": {"num_recorruptions": 2, "antithetic": False}})
    denoisers.save(tmp_path / "other", network, {"alpha": 0.5, "noise": None})
    arguments = ([str(tmp_path / "run"), str(tmp_path / "other")], "skimage_natural", 25.0, 1, data_dir, None)
    report = inference.run(1, *arguments, figure=tmp_path / "figure.png")
    own = {"plain T 50, bfloat16", "antithetic T 2, bfloat16", "f(y), float32", "f(y), bfloat16"}
    own |= {"f(y), turned, bfloat16", "other: f(y), bfloat16", "other: f(y), turned, bfloat16"}
    assert set(report["results"]) == set(report["decibels"]) == own | {"non-local means", "wavelet", "total variation"}
    assert report["decibels"]["non-local means"] > 28 and (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    test = test_sets.load_test_set("skimage_natural", noise.Gaussian(0.1), 1, data_dir=data_dir, max_images=1)
    job = np.load(inference.write_job(denoisers.load(tmp_path / "run"), test, 0.1, tmp_path))
    x = job["image0"][None, :40, :40, None]
    for number in range(3):
        x = keras.ops.conv(x, job[f"kernel{number}"], padding="same") + job[f"bias{number}"]
        x = keras.ops.relu(x) if number < 2 else x
    np.testing.assert_allclose(job["image0"][:40, :40, None] - x[0], network(job["image0"][None, :40, :40, None])[0], atol=1e-5)
    denoisers.save(tmp_path / "unet", networks.build("unet", features=8, blocks=1), {"alpha": 0.5, "noise": None})
    with pytest.raises(InputError, match="chain of convolutions"):
        inference.write_job(denoisers.load(tmp_path / "unet"), test, 0.1, tmp_path)


def test_ratio_is_to_the_peers_faster_case_at_equal_decibels():
    seconds = {
        "PyTorch, a": 9.0,
        "PyTorch, b": 8.0,
        "f(y), float32": 1.0,
        "plain, float32": 2.0,
        "wavelet": 0.1,
        "u: f(y), float32": 1.0,
    }
    decibels = {**dict.fromkeys(seconds, 28.4), "f(y), float32": 28.3, "PyTorch, a": 28.5}
    report = inference.against_peer({name: {"median": value} for name, value in seconds.items()}, decibels)
    assert report == {"peer": "PyTorch, b", "as_good_and_fastest": "plain, float32", "times_as_fast": 4.0}


def test_orthogonal_draws(rng):
    """The second stays standard normal, and independent of the first in what it is squared, but for being orthogonal to it."""
    first, second = rng.standard_normal((2, 401, 600, 1))
    turned = estimators.orthogonal(first, second)
    blocks = (first * turned)[:400].reshape(200, 2, 300, 2).sum(axis=(1, 3))
    np.testing.assert_allclose(blocks, 0, atol=1e-12)
    assert np.abs((first * second)[:400].reshape(200, 2, 300, 2).sum(axis=(1, 3))).mean() > 1
    np.testing.assert_array_equal(turned[400], second[400])
    for power, expected in ((1, 0), (2, 1), (4, 3)):
        assert standard_errors(turned[:400] ** power, expected) < 5
    assert standard_errors(turned[:400:2, ::2] * turned[1:400:2, ::2], 0) < 5


@pytest.mark.slow
def test_laws_of_known_noise(monkeypatch, tmp_path):
    """White noise is left as it is; counting noise is found, and is worth it."""
    cases = {name: laws.CASES[name] for name in ("white, 25 of 255", "30 photons")}
    monkeypatch.setattr(laws, "CASES", cases)
    monkeypatch.setattr(laws, "_NAMES", ("camera", "coins"))
    results = laws.run(1, tmp_path / "laws.png")["results"]
    assert results["white, 25 of 255: nothing told"] == results["white, 25 of 255: taken for white"]
    assert results["30 photons: a law found, %"]["min"] == 100
    assert results["30 photons: nothing told"]["median"] > results["30 photons: taken for white"]["median"] + 1
    assert abs(results["30 photons: level error, %"]["median"]) < 5
    assert (tmp_path / "laws.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_what_a_found_level_costs(monkeypatch, data_dir):
    """Little, and less than the calmest blocks alone."""
    monkeypatch.setattr(found_levels, "_LEVELS", (5,))
    report = found_levels.run("skimage_natural", 2, data_dir, None)
    costs = {name: report["results"][f"sigma 5, {name}"]["values"] for name in ("calm blocks", "nothing told")}
    assert len(costs["nothing told"]) == 2 and np.mean(costs["nothing told"]) < 0.1
    assert np.mean(costs["nothing told"]) < np.mean(costs["calm blocks"]) + 0.01
    assert report["mean, sigma 5, nothing told"].endswith(" dB")


@pytest.mark.slow
def test_choices_are_told_of_every_kind_of_picture(monkeypatch):
    """A clean photograph stays as it is; a dark one of a phone is cleaned."""
    x = skimage.data.astronaut()[192:320, 192:320] / 255.0
    kinds = {kind: (y, clean) for kind, y, clean in choices.cases_of(x, 0, 0)}
    assert len(kinds) == 16 and kinds["no noise, gray, JPEG 85"][0].shape == (128, 128, 1)
    assert choices.outcome(np.float32(kinds["no noise, JPEG 85, 4:2:0"][0]), x)[0] in ("-", pretrained.DEFAULTS[1])
    y, clean = kinds["phone, noise"]
    name, gain = choices.outcome(np.float32(y), clean)
    assert name == pretrained.CAMERA and gain > 3
    monkeypatch.setattr(choices, "_EMBEDDED", ("coffee",))
    monkeypatch.setattr(choices, "outcome", lambda y, x: ("-", 0.0))
    results = choices.run(1, None, None, None)["results"]
    assert results["white, 10: -, %"]["median"] == 100 and results["white, 10: gain, dB"]["median"] == 0
