"""Measures one choice of the method at a time and prints the table: draws T, levels, photons, alpha, a wrong sigma, whole image
or patches, and what makes a short training better.

Usage: r2r-ablation --table=recorruptions --model=runs/awgn25 --dataset=bsd68 --sigma=25

The tables alpha, sigma_error, levers, networks and mixed train what they need: their --model is the name of a network (networks
and mixed have their own). The same command again resumes.
"""

import importlib
import pathlib
import sys

from absl import flags

from r2r_tf.commands import ablations, command
from r2r_tf.training import precision

# the flags that only some tables use
_OPTIONAL = ("model", "sigma", "alpha", "patches", "minutes", "precision", "bm3d")
FLAGS = flags.FlagValues()
_TABLE = flags.DEFINE_enum("table", None, list(ablations.TABLES), "Which table.", flag_values=FLAGS)
_MODEL = flags.DEFINE_string(
    "model", None, "Pretrained name, run directory or .keras file; or a network to train.", flag_values=FLAGS
)
_DATASET = flags.DEFINE_string("dataset", "skimage_natural", "TFDS data set to test on.", flag_values=FLAGS)
_SPLIT = flags.DEFINE_string("split", "test", "TFDS split to test on, such as test or train+test.", flag_values=FLAGS)
_TRAIN_DATASET = flags.DEFINE_string(
    "train_dataset", None, "Data set of the trainings (split train); bsd400 for bsd68, else --dataset.", flag_values=FLAGS
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Where TFDS keeps prepared data; ~/tensorflow_datasets by default.", flag_values=FLAGS
)
_MANUAL_DIR = flags.DEFINE_string(
    "manual_dir",
    None,
    "Folder with upstream's files (BSD400/, BSD68/, FMD/, ...): take them from there, download nothing.",
    flag_values=FLAGS,
)
_SIGMA = flags.DEFINE_string(
    "sigma", "25", "Noise of the images in grey levels of 255; the table levels has its own.", flag_values=FLAGS
)
_TRAIN_SIGMA = flags.DEFINE_string(
    "train_sigma", None, "Noise of the trainings, a level or a range such as 5-55; --sigma by default.", flag_values=FLAGS
)
_ALPHA = flags.DEFINE_float("alpha", None, "Recorruption strength at test; the model's own by default.", flag_values=FLAGS)
_PATCHES = flags.DEFINE_integer(
    "patches", 40_000, "Patches of each training (alpha, sigma_error, mixed).", lower_bound=1, flag_values=FLAGS
)
_MINUTES = flags.DEFINE_float(
    "minutes", 4.0, "Time of each training (levers, networks).", lower_bound=0.0, upper_bound=1e5, flag_values=FLAGS
)
_PRECISION = flags.DEFINE_enum(
    "precision",
    "float32",
    [*precision.DTYPES, precision.AUTO],
    "Of all layers but the last, as in r2r-train.",
    flag_values=FLAGS,
)
_MAX_IMAGES = flags.DEFINE_integer("max_images", None, "Only the first images of the split.", lower_bound=1, flag_values=FLAGS)
_SEED = flags.DEFINE_integer(
    "seed", 0, "Seed of draws and trainings, and the first of the noise seeds.", lower_bound=0, flag_values=FLAGS
)
_NUM_SEEDS = flags.DEFINE_integer(
    "num_seeds", 3, "Noise seeds of the test images, for the error bars.", lower_bound=1, flag_values=FLAGS
)
_BM3D = flags.DEFINE_boolean(
    "bm3d", False, "Add BM3D, from the package bm3d (recorruptions, levels, peaks, mixed).", flag_values=FLAGS
)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "Where the files go; ablations/<table>-<data set>-sigma<sigma> by default.", flag_values=FLAGS
)
_RUNS_DIR = flags.DEFINE_string(
    "runs_dir", None, "Where the trainings' run directories are, to share them; <output_dir>/runs.", flag_values=FLAGS
)
flags.mark_flag_as_required("table", flag_values=FLAGS)
_GROUPS = {
    "Used most": ("table", "model", "dataset", "sigma", "max_images", "output_dir"),
    "Data": ("split", "data_dir", "manual_dir", "num_seeds", "seed"),
    "Trainings": ("train_dataset", "train_sigma", "patches", "minutes", "runs_dir"),
    "Also": ("alpha", "precision", "bm3d"),
}


def _run(typed):
    from r2r_tf.commands.ablations import recorruptions, report, request
    from r2r_tf.models import denoisers, networks

    table, model, chosen = _TABLE.value, _MODEL.value, precision.chosen(_PRECISION.value)
    module = importlib.import_module(f"r2r_tf.commands.ablations.{table}")
    check_flags(table, module)
    trains = module.trains(model)
    if trains and model not in (None, *networks.NAMES):
        refuse(f"--model must be a network to train ({', '.join(networks.NAMES)}) for --table={table}. Received: {model}")
    if trains and _SPLIT.value != "test" and recipe()["dataset"] == _DATASET.value:
        refuse(f"--split must be test where --train_dataset is the same data set. Received: {_SPLIT.value}")
    denoiser = None if trains else denoisers.load(model, chosen)
    tests = load_tests(denoiser.form.channels if denoiser else None)
    name = f"{table}-{_DATASET.value.replace('/', '-')}" + (f"-sigma{_SIGMA.value}" if "sigma" in module.FLAGS else "")
    output_dir = pathlib.Path(_OUTPUT_DIR.value or pathlib.Path("ablations") / name)
    asked = request.Request(
        model=model,
        denoiser=denoiser,
        tests=tests,
        tests_at=lambda level: load_tests(tests[0].images[0].noisy.shape[-1], level),
        tests_of=lambda model: load_tests(tests[0].images[0].noisy.shape[-1], model=model),
        runs_dir=_RUNS_DIR.value or output_dir / "runs",
        recipe=recipe(),
        seed=_SEED.value,
        alpha=_ALPHA.value,
        patches=_PATCHES.value,
        minutes=_MINUTES.value,
        precision=chosen,
        bm3d=_BM3D.value,
    )
    about = {
        "dataset": tests[0].dataset,
        "split": tests[0].split,
        "model": model,
        "model_sha256": denoiser.sha256 if denoiser else None,
        "seed": _SEED.value,
        **{name: FLAGS[name].value for name in sorted(module.FLAGS)},
        **(recipe() if trains else {}),
    }
    about = {key: value for key, value in about.items() if key not in ("data_dir", "manual_dir")}
    rows = report.collect(module.of_request(asked), output_dir / f"{table}.jsonl", about)
    if table == "recorruptions":
        recorruptions.histograms(rows, output_dir / "histograms.png")
    rows = report.aggregate(rows)
    about |= {"images": len(tests[0].names), "noise_seeds": [test.noise_seed for test in tests], "command": typed.line}
    report.write(rows, table, module.X_TITLE, output_dir, about, log_x=module.LOG_X)
    print(report.text(rows, module.X_TITLE))
    print(f"Files: {output_dir}")


def check_flags(table, module):
    """Refuses flags that the table would ignore."""
    for name in _OPTIONAL:
        if name not in module.FLAGS and FLAGS[name].present:
            refuse(f"--{name} is not used by --table={table}: leave it out. Received: --{name}={FLAGS[name].value}")
    if "model" in module.FLAGS and _MODEL.value is None:
        refuse(f"--model is needed for --table={table}.")


def refuse(message):
    """Ends with a message."""
    from r2r_tf import errors

    raise errors.InputError(message)


def load_tests(channels, sigma=None, model=None):
    """A test set for each noise seed; a single one where the noise is real.

    Args:
      channels: of the images, None for any.
      sigma: of white noise in grey levels, None for the flag's.
      model: `noise.NoiseModel` instead.
    """
    from r2r_tf import noise
    from r2r_tf.data import test_sets

    model, tests = model or noise.gaussian_from_grey_levels(str(sigma or _SIGMA.value)), []
    for number in range(_NUM_SEEDS.value):
        places = {"data_dir": _DATA_DIR.value, "manual_dir": _MANUAL_DIR.value, "max_images": _MAX_IMAGES.value}
        tests.append(
            test_sets.load_test_set(_DATASET.value, model, channels, split=_SPLIT.value, **places, seed=_SEED.value + number)
        )
        if not tests[0].images[0].simulated:
            break
    return tests


def recipe():
    """What all trainings of a table share."""
    return {
        "dataset": _TRAIN_DATASET.value or ("bsd400" if _DATASET.value == "bsd68" else _DATASET.value),
        "data_dir": _DATA_DIR.value,
        "manual_dir": _MANUAL_DIR.value,
        "sigma": _TRAIN_SIGMA.value or _SIGMA.value,
    }


def main(argv=None):
    """The command; its words are those of this process by default. Returns the exit code."""
    return command.run(
        _run, argv, flag_values=FLAGS, groups=_GROUPS, after_interruption="The same command again goes on where it was."
    )


if __name__ == "__main__":
    sys.exit(main())
