"""The flag files: what they set, and whose they are."""

import importlib

import pytest
from conftest import ROOT

from r2r_tf import train
from r2r_tf.commands import command
from r2r_tf.errors import InputError


def test_configurations_hold_the_published_settings():
    """What each flag file sets, nested ones included; each names its own command."""
    names = ("model", "sigma", "dataset", "test_dataset", "epochs", "batch_size", "milestones", "decay", "learning_rate")
    published = {"awgn15": ("dncnn", "15"), "awgn25": ("dncnn", "25"), "awgn50": ("dncnn", "50"), "cnn5": ("cnn5", "25")}
    for name, (model, sigma) in published.items():
        assert command.parse(train.FLAGS, [f"--flagfile=configs/{name}.flags"]) == []
        assert [train.FLAGS[flag].value for flag in names] == [model, sigma, "bsd400", "bsd68", 50, 128, ["30"], 0.2, 1e-3]
    for path in (ROOT / "configs").glob("*.flags"):
        assert path.stem.endswith("_common") or f"--flagfile=configs/{path.name}" in path.read_text()


@pytest.mark.parametrize(
    "module, prefix, typed",
    [("r2r_tf.train", "", "python -m r2r_tf.train"), ("r2r_tf.commands.ablation", "ablation_", "r2r-ablation")],
)
def test_every_configuration_is_one_of_its_command(module, prefix, typed, tmp_path):
    """Flags that do not exist, or values out of range, would end the parsing."""
    paths = [path for path in (ROOT / "configs").glob("*.flags") if path.name.startswith("ablation_") == bool(prefix)]
    flag_values = importlib.import_module(module).FLAGS
    for path in paths:
        assert command.parse(flag_values, [f"--flagfile={path}"]) == []
    assert len(paths) >= 5
    assert all(f"{typed} --flagfile" in path.read_text() or path.stem.endswith("_common") for path in paths)
    (tmp_path / "gone.flags").write_text(f"--flagfile={paths[0]}\n--gone=1\n")
    with pytest.raises(InputError, match="gone"):
        command.parse(flag_values, [f"--flagfile={tmp_path / 'gone.flags'}"])
