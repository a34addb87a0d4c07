"""Times training, inference, the data pipeline or start-up, beside a named peer in the same rounds; compares loss curves;
profiles a step; measures other estimators of the mean over draws, and the errors of the noise estimators; trains beside others.

Usage: python -m tools.benchmark --suite=train [--peer_python=PATH] --output=train.json
"""

import importlib
import inspect
import sys

from absl import flags

from r2r_tf.commands import command
from tools import benchmark_suites

FLAGS = flags.FlagValues()
_SUITE = flags.DEFINE_enum("suite", "train", list(benchmark_suites.SUITES), "What to measure.", flag_values=FLAGS)
_PEER_PYTHON = flags.DEFINE_string(
    "peer_python",
    None,
    "A python that has PyTorch installed: this peer runs in the same rounds (suites train, curves, inference); for own_images "
    "careamics and deepinv.",
    flag_values=FLAGS,
)
_REPEATS = flags.DEFINE_integer(
    "repeats", 5, "Interleaved rounds, or seeds; medians are reported.", lower_bound=1, flag_values=FLAGS
)
_STEPS = flags.DEFINE_integer(
    "steps", 150, "Training steps of suite curves; a point of a curve is the mean of 10.", lower_bound=10, flag_values=FLAGS
)
_MODEL = flags.DEFINE_list(
    "model",
    ["dncnn-awgn25"],
    "Pretrained names, run directories or .keras files; all but the first without draws (suites inference, estimators, cluster).",
    flag_values=FLAGS,
)
_DATASET = flags.DEFINE_string(
    "dataset", "skimage_natural", "TFDS data set, split test (suites inference, estimators, found_levels).", flag_values=FLAGS
)
_SIGMA = flags.DEFINE_float("sigma", 25.0, "Noise in grey levels (suites inference, estimators).", flag_values=FLAGS)
_MAX_IMAGES = flags.DEFINE_integer(
    "max_images",
    None,
    "Only the first images (as dataset); of real photographs (suite choices), of a camera (camera_laws).",
    lower_bound=1,
    flag_values=FLAGS,
)
_MANUAL_DIR = flags.DEFINE_string(
    "manual_dir",
    None,
    "Folder with upstream's files: take them from there (suites as dataset, and camera, camera_laws, choices, own_images).",
    flag_values=FLAGS,
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Where TFDS keeps prepared data; ~/tensorflow_datasets by default.", flag_values=FLAGS
)
_CASES = flags.DEFINE_string(
    "cases",
    None,
    "Regular expression: only the cases whose names match it somewhere (suites inference, cluster, own_images); all by default.",
    flag_values=FLAGS,
)
_FIGURE = flags.DEFINE_string("figure", None, "PNG file (suites curves, inference, laws and own_images).", flag_values=FLAGS)
_OUTPUT = flags.DEFINE_string("output", None, "JSON file for the results.", flag_values=FLAGS)
_OPTIONAL = (
    _PEER_PYTHON,
    _REPEATS,
    _STEPS,
    _MODEL,
    _DATASET,
    _SIGMA,
    _MAX_IMAGES,
    _MANUAL_DIR,
    _DATA_DIR,
    _CASES,
    _FIGURE,
)
_GROUPS = {
    "Used most": ("suite", "repeats", "output", "max_images", "manual_dir"),
    "Also": tuple("peer_python steps model dataset sigma data_dir cases figure".split()),
}


def _run(typed):
    from r2r_tf import atomic, errors
    from tools.benchmark_suites import timing

    module = importlib.import_module(f"tools.benchmark_suites.{_SUITE.value}")
    wanted = inspect.signature(module.run).parameters
    for flag in _OPTIONAL:
        if flag.present and flag.name not in wanted:
            raise errors.InputError(
                f"--{flag.name} does not belong to --suite={_SUITE.value}. Received: --{flag.name}={flag.value}"
            )
    report = module.run(**{name: FLAGS[name].value for name in wanted})
    report = {"suite": _SUITE.value, "machine": timing.machine(), "command": typed.line, **report}
    if _OUTPUT.value:
        atomic.write_json(_OUTPUT.value, report)
    print(report["machine"])
    print(timing.table(report["results"], report["unit"]))
    for key, value in report.items():
        if isinstance(value, float | str) and key not in ("suite", "machine", "command", "unit"):
            print(f"{key}: {value if isinstance(value, str) else round(value, 2)}")


def main(argv=None):
    """The command; its words are those of this process by default. Returns the exit code."""
    return command.run(_run, argv, flag_values=FLAGS, groups=_GROUPS)


if __name__ == "__main__":
    sys.exit(main())
