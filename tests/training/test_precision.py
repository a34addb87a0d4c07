"""Which precision a training takes by itself: bfloat16 where every core has instructions for it."""

import pytest
from conftest import run_command, run_python

from r2r_tf.training import precision, settings

X86 = "processor\t: 0\nflags\t\t: fpu avx2 {}\nbugs\t\t: none\n\nprocessor\t: 1\nflags\t\t: fpu avx2 {}\n"


@pytest.mark.parametrize(
    "text, has",
    [
        (X86.format("avx512f avx512_bf16", "avx512f avx512_bf16"), True),
        (X86.format("amx_bf16", "amx_bf16"), True),
        (X86.format("avx512f", "avx512f"), False),
        (X86.format("avx512_bf16", "avx512f"), False),
        ("processor\t: 0\nFeatures\t: fp asimd bf16 sve\n", True),
        ("processor\t: 0\nFeatures\t: fp asimd\n", False),
        ("model name\t: bf16\n", False),
        ("", False),
    ],
)
def test_instructions(text, has):
    """Named among the instructions of all cores, of x86 and ARM; where nothing is said there are none."""
    assert precision.cpu_has(text) == has


@pytest.mark.parametrize("has, taken", [(True, "bfloat16"), (False, "float32")])
def test_auto_follows_the_processor(monkeypatch, has, taken):
    """What was asked for is taken; auto becomes one of the two, in the network, too."""
    monkeypatch.setattr(precision, "in_hardware", lambda: has)
    assert [precision.chosen(asked) for asked in ("float32", "bfloat16", "auto")] == ["float32", "bfloat16", taken]
    options = settings.network_options(settings.Settings(precision="auto"), channels=1)
    assert options["dtype"] == precision.DTYPES[taken]


def test_flags_do_not_wait_for_tensorflow():
    """The settings load without it: help and refusals come at once."""
    code = "import sys; import r2r_tf.training.settings; print('tensorflow' in sys.modules, 'keras' in sys.modules)"
    assert run_python("-c", code).stdout == "False False\n"


@pytest.mark.slow
def test_slow_bfloat16_is_said(data_dir, tmp_path, monkeypatch):
    """Where it was asked for, on a processor without instructions for it."""
    monkeypatch.setattr(precision, "in_hardware", lambda: False)
    told = (f"--data_dir={data_dir}", f"--workdir={tmp_path / 'run'}", "--dataset=skimage_natural", "--patch_size=9999")
    for asked in ("bfloat16", "auto"):
        process = run_command("r2r_tf.train", f"--precision={asked}", *told, check=False)
        assert "--patch_size must not exceed" in process.stderr  # it goes no further here
        assert ("--precision=auto takes float32 here" in process.stdout) == (asked == "bfloat16")
