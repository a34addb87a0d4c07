"""Times training, inference, the data pipeline or start-up, beside a named peer in the same rounds; compares loss curves;
profiles a step; measures other estimators of the mean over draws, and the errors of the noise estimators.

Usage: python -m tools.benchmark --suite=train [--peer=torch --peer_python=PATH] --output=train.json
"""

from absl import flags

from r2r_tf import command

_SUITE = flags.DEFINE_enum(
    "suite",
    "train",
    ["train", "curves", "inference", "estimators", "profile", "pipeline", "startup", "estimation", "camera"],
    "What to measure.",
)
_PEER = flags.DEFINE_enum("peer", None, ["torch"], "Also run this peer (suites train, curves and inference).")
_PEER_PYTHON = flags.DEFINE_string("peer_python", None, "The python that has the peer installed.")
_REPEATS = flags.DEFINE_integer("repeats", 5, "Interleaved rounds, or seeds; medians are reported.", lower_bound=1)
_STEPS = flags.DEFINE_integer(
    "steps", 150, "Training steps of suite curves; a point of a curve is the mean of 10.", lower_bound=10
)
_MODEL = flags.DEFINE_list(
    "model",
    ["dncnn-awgn25"],
    "Pretrained names, run directories or .keras files; all but the first without draws (suites inference, estimators).",
)
_DATASET = flags.DEFINE_string("dataset", "skimage_natural", "TFDS data set, split test (suites inference, estimators).")
_SIGMA = flags.DEFINE_float("sigma", 25.0, "Noise in grey levels (suites inference, estimators).")
_MAX_IMAGES = flags.DEFINE_integer("max_images", None, "Only the first images (suites inference, estimators).", lower_bound=1)
_MANUAL_DIR = flags.DEFINE_string(
    "manual_dir", None, "Folder with upstream's files: take them from there (suites inference, estimators, camera)."
)
_DATA_DIR = flags.DEFINE_string("data_dir", None, "Where TFDS keeps prepared data; ~/tensorflow_datasets by default.")
_CASES = flags.DEFINE_string(
    "cases", None, "Regular expression: only the cases whose names match it somewhere (suite inference); all by default."
)
_FIGURE = flags.DEFINE_string("figure", None, "PNG file (suites curves and inference).")
_OUTPUT = flags.DEFINE_string("output", None, "JSON file for the results.")


def main(argv):
    del argv
    from r2r_tf import atomic, errors
    from tools.benchmark_suites import timing

    if bool(_PEER.value) != bool(_PEER_PYTHON.value) or (_PEER.value and _SUITE.value not in ("train", "curves", "inference")):
        raise errors.InputError("--peer and --peer_python belong together, and to --suite=train, curves or inference.")
    if _CASES.value and _SUITE.value != "inference":
        raise errors.InputError(f"--cases belongs to --suite=inference. Received: --suite={_SUITE.value}")
    if _SUITE.value == "train":
        from tools.benchmark_suites import train

        report = train.run(_REPEATS.value, _PEER_PYTHON.value)
    elif _SUITE.value == "curves":
        from tools.benchmark_suites import curves

        report = curves.run(_REPEATS.value, _STEPS.value, 10, _DATA_DIR.value, _PEER_PYTHON.value, _FIGURE.value)
    elif _SUITE.value == "inference":
        from tools.benchmark_suites import inference

        report = inference.run(
            _REPEATS.value,
            _MODEL.value,
            _DATASET.value,
            _SIGMA.value,
            _MAX_IMAGES.value,
            _DATA_DIR.value,
            _MANUAL_DIR.value,
            _PEER_PYTHON.value,
            _FIGURE.value,
            _CASES.value,
        )
    elif _SUITE.value == "estimators":
        from tools.benchmark_suites import estimators

        options = (_DATASET.value, _SIGMA.value, _MAX_IMAGES.value, _DATA_DIR.value, _MANUAL_DIR.value)
        report = estimators.run(_MODEL.value[0], *options)
    elif _SUITE.value == "profile":
        from tools.benchmark_suites import profile

        report = profile.run(_REPEATS.value)
    elif _SUITE.value == "pipeline":
        from tools.benchmark_suites import data

        report = data.run(_REPEATS.value)
    elif _SUITE.value == "estimation":
        from tools.benchmark_suites import estimation

        report = estimation.run(_REPEATS.value, _DATA_DIR.value)
    elif _SUITE.value == "camera":
        from tools.benchmark_suites import camera

        report = camera.run(_DATA_DIR.value, _MANUAL_DIR.value)
    else:
        from tools.benchmark_suites import startup

        report = startup.run(_REPEATS.value, _DATA_DIR.value)
    report = {"suite": _SUITE.value, "machine": timing.machine(), "command": command.command_line(), **report}
    if _OUTPUT.value:
        atomic.write_json(_OUTPUT.value, report)
    print(report["machine"])
    print(timing.table(report["results"], report["unit"]))
    for key, value in report.items():
        if isinstance(value, float | str) and key not in ("suite", "machine", "command", "unit"):
            print(f"{key}: {value if isinstance(value, str) else round(value, 2)}")


if __name__ == "__main__":
    command.run(main)
