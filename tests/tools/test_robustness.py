"""What `tools.benchmark` says of robustness: no picture gets worse; damaged files are sentences, and others would be seen."""

import numpy as np
import pytest

from tools.benchmark_suites import fuzz, robustness


@pytest.mark.slow
def test_no_picture_gets_worse():
    """All kinds of inputs, of a picture with smooth places, one of texture alone, and one in colour."""
    found = robustness.gains([0], ("camera", "grass", "coffee"))
    assert len(found) >= 20
    for kind, gains in found.items():
        assert min(gains) > -0.1, kind
        assert np.median(gains) > (3 if "noise" not in kind else -0.1), kind


def test_gain_is_of_the_pixels_whose_truth_is_known():
    x, y = np.array([[0.0, 1.0, np.nan]]), np.array([[0.1, 1.0, 5.0]])
    assert robustness.gain(np.array([[0.01, 1.0, 9.0]]), y, x) == pytest.approx(20)
    assert robustness.gain(y, y, x) == 0 and robustness.gain(np.array([[0.0, 1.0, 0.0]]), y, x) > 70
    with pytest.raises(AssertionError):
        robustness.gain(y.astype(np.float32), y, x)


def test_damaged_files_are_sentences():
    outcomes = fuzz.try_files(range(100_000, 100_800))
    assert sum(map(len, outcomes.values())) == 800 and min(map(len, outcomes.values())) > 100


def test_damaged_files_of_instruments_are_sentences():
    for name in ("astropy", "mrcfile", "pydicom"):
        pytest.importorskip(name, reason=f"needs {name}, see docs/formats.md")
    outcomes = fuzz.try_files(range(100_000, 100_400), sources=fuzz.instruments)
    assert sum(map(len, outcomes.values())) == 400 and min(map(len, outcomes.values())) > 40


def test_another_exception_is_seen(monkeypatch):
    def fails(path, image, pixels):
        raise SystemError("no sentence")

    monkeypatch.setattr(fuzz.image_files, "write", fails)
    with pytest.raises(AssertionError, match="SystemError: no sentence"):
        fuzz.try_files(range(50))
