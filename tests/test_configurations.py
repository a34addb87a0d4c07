"""The flag files: what they set, and whose they are."""

import pytest
from conftest import ROOT, run_python


def test_configurations_hold_the_published_settings():
    """What each flag file sets, nested ones included; each names its own command."""
    names = ("model", "sigma", "dataset", "test_dataset", "epochs", "batch_size", "milestones", "decay", "learning_rate")
    code = (
        "import sys; from absl import flags; from r2r_tf import train\n"
        "for path in sys.argv[1:]:\n"
        "    flags.FLAGS.unparse_flags(); flags.FLAGS(['train', '--flagfile=' + path])\n"
        f"    print(*[flags.FLAGS[name].value for name in {names}], sep=';')"
    )
    configs = ("awgn15", "awgn25", "awgn50", "cnn5")
    lines = run_python("-c", code, *(f"configs/{name}.flags" for name in configs)).stdout.split()
    recipe = "bsd400;bsd68;50;128;['30'];0.2;0.001"
    assert lines == [f"{'cnn5' if name == 'cnn5' else 'dncnn'};{name[4:] if name != 'cnn5' else 25};{recipe}" for name in configs]
    for path in (ROOT / "configs").glob("*.flags"):
        assert path.stem.endswith("_common") or f"--flagfile=configs/{path.name}" in path.read_text()


@pytest.mark.parametrize(
    "module, prefix, command",
    [("r2r_tf.train", "", "python -m r2r_tf.train"), ("r2r_tf.commands.ablation", "ablation_", "r2r-ablation")],
)
def test_every_configuration_is_one_of_its_command(module, prefix, command):
    """Flags that do not exist, or values out of range, would end the parsing."""
    paths = [path for path in (ROOT / "configs").glob("*.flags") if path.name.startswith("ablation_") == bool(prefix)]
    code = (
        f"import sys; from absl import flags; import {module} as command\n"
        "for path in sys.argv[1:]:\n"
        "    flags.FLAGS.unparse_flags(); flags.FLAGS(['command', '--flagfile=' + path]); print(path)"
    )
    printed = run_python("-c", code, *paths).stdout.split()
    assert len(paths) >= 5 and printed == [str(path) for path in paths]
    assert all(f"{command} --flagfile" in path.read_text() or path.stem.endswith("_common") for path in paths)
