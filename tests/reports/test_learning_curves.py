"""Learning curves of several runs in one figure, and what is no run."""

import pytest
from matplotlib import image

from r2r_tf.errors import InputError
from r2r_tf.reports import learning_curves
from r2r_tf.training import checkpoints


def history(path, end, true=True):
    path.mkdir()
    for epoch in (1, 2, 3):
        row = {"epoch": epoch, "val_est_psnr": end - 1 / epoch, "val_psnr": end - 0.9 / epoch if true else float("nan")}
        (path / "history.csv").touch()
        checkpoints.append_history(path / "history.csv", row)
    return str(path)


def test_curves_are_those_of_the_runs(tmp_path):
    runs = [history(tmp_path / "mine", 29.0), history(tmp_path / "real", 30.0)]
    found = learning_curves.histories(runs)
    assert list(found) == ["mine", "real"] and list(learning_curves.histories(runs, ["a", "b"])) == ["a", "b"]
    assert [row["val_est_psnr"] for row in found["mine"]] == [28.0, 28.5, pytest.approx(29 - 1 / 3)]


def test_figure(tmp_path):
    """What a run has is drawn: without clean images there is no truth."""
    runs = learning_curves.histories([history(tmp_path / "mine", 29.0), history(tmp_path / "real", 29.0, true=False)])
    lines = {}
    for name in runs:
        learning_curves.draw({name: runs[name]}, tmp_path / f"{name}.png")
        lines[name] = (image.imread(tmp_path / f"{name}.png")[..., :3] < 0.99).sum()
    assert lines["mine"] > 1.05 * lines["real"]


def test_an_estimate_that_is_none_at_the_end_is_drawn_up_to_there(tmp_path):
    """As where the loss falls below the noise of its targets."""
    rows = [{"epoch": epoch, "val_psnr": float("nan"), "val_est_psnr": value} for epoch, value in ((1, 27.0), (2, float("nan")))]
    learning_curves.draw({"mine": rows}, tmp_path / "mine.png")
    learning_curves.draw({"mine": rows[1:]}, tmp_path / "none.png")
    seen = [(image.imread(tmp_path / f"{name}.png")[..., :3] < 0.99).sum() for name in ("mine", "none")]
    assert seen[0] > seen[1] + 100


def test_what_is_no_run(tmp_path):
    with pytest.raises(InputError, match=r"history.csv must be the history of a run .* Received: no such file"):
        learning_curves.histories([tmp_path])
    with pytest.raises(InputError, match=r"^`labels` must be as many as `runs`, 1. Received: a,b"):
        learning_curves.histories([tmp_path], ["a", "b"])
    with pytest.raises(InputError, match="^Runs of one name need `labels` that differ. Received: x,x"):
        learning_curves.histories([tmp_path / "a" / "x", tmp_path / "b" / "x"])
