"""The suite own_images: steps that end before the marks, what peers are told and answer, curves. Nothing is trained here."""

import sys

import numpy as np
import pytest

from r2r_tf import noise
from tools.benchmark_suites import own_images

PEER = """
import json, sys
import numpy as np
method, pictures, marks, told, prefix = sys.argv[1:]
for mark in marks.split(","):
    np.save(prefix + mark + ".npy", np.load(pictures) + float(told.partition(":")[2]))
print(json.dumps({"version": method + " 1.0", "steps": [10, 20, 30]}))
"""


def test_ours_end_before_the_marks(monkeypatch, tmp_path):
    """Where seconds follow steps, each run ends in the last tenth before its mark; all are scored, short ones, too.

    New weights take the steps of the first of these marks.
    """
    calls = []

    def train(folder, title, steps, *flags):
        calls.append((title, steps, flags))
        return 30 + 0.5 * steps

    monkeypatch.setattr(own_images, "_train", train)
    monkeypatch.setattr(own_images, "_denoised", lambda folder, model: model)
    steps = {}
    estimates = own_images._ours(tmp_path, steps, "white")
    seconds = [of for title, of in estimates if title == own_images.OURS]
    assert seconds[: len(own_images.TRIALS)] == [30 + 0.5 * count for count in own_images.TRIALS]
    for mark, of in zip(own_images.MARKS[1:], seconds[len(own_images.TRIALS) :], strict=True):
        assert 0.9 * mark < of <= mark
    assert [flags for *_, flags in calls] == [()] * len(seconds) + [("--init=",)]
    assert calls[-1][:2] == (own_images.NEW, calls[len(own_images.TRIALS)][1])
    assert len(set(estimates.values())) == len(estimates) == len(steps)


@pytest.mark.parametrize("model, told", [(noise.Gaussian(0.25), 0.25), (noise.Poisson(0.5), 0.5)])
def test_peers_are_told_the_noise(monkeypatch, tmp_path, model, told):
    """By its family and strength; their estimates, version and steps are taken by the marks."""
    script = tmp_path / "peer.py"
    script.write_text(PEER)
    monkeypatch.setattr(own_images, "PEER", script)
    noisy, report = [np.full((4, 4), 0.5, np.float32)] * 2, {"versions": {}, "steps": {}}
    estimates = own_images._peer(sys.executable, "r2r", "R2R", noisy, model, tmp_path, report, "white")
    assert list(estimates) == [("R2R", mark) for mark in own_images.MARKS]
    assert all(np.allclose(of, 0.5 + told) and of.shape == (2, 4, 4) for of in estimates.values())
    assert report == {
        "versions": {"R2R": "r2r 1.0"},
        "steps": {f"white: R2R, {mark} s": 10 * (n + 1) for n, mark in enumerate(own_images.MARKS)},
    }


def test_micrographs_noise_is_that_of_the_pairs(rng):
    """Whatever gain and offset the files were rescaled by."""
    clean = [rng.random((64, 64)) for _ in range(3)]
    noisy = [0.5 * x + 0.2 + 0.1 * rng.standard_normal(x.shape) for x in clean]
    sigma = own_images._misfit(clean, noisy).sigma
    assert sigma == pytest.approx(0.1, abs=5 * 0.1 / np.sqrt(2 * 3 * 64 * 64))


def test_scores_are_of_the_protocol(rng):
    """Estimates are clipped, the noisy input is not, rescaled ones are fitted first."""
    x = rng.uniform(0.2, 0.8, (32, 32))
    beyond = np.where(np.arange(32) < 16, 1.4, x)
    assert own_images._scores(x, beyond, False, "ours")[0] > own_images._scores(x, beyond, False, "noisy input")[0]
    assert own_images._scores(x, 3 * x + 1, True, "ours")[0] > 100 and own_images._scores(x, 3 * x + 1, False, "ours")[0] < 10


def test_curves_are_drawn(tmp_path):
    """One plot a data set."""
    curves = {name: {"noisy input": [(0, 20.0)], "ours": [(120, 29.0), (60, 28.0)]} for name in ("white 25", "W2S")}
    own_images._draw(curves, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes()[1:4] == b"PNG"
