"""Measures one choice of the method at a time and prints the table: draws T, alpha, a wrong sigma, whole image or
patches, and what makes a short training better.

Usage: python -m tools.ablation --table=recorruptions --model=runs/awgn25 --dataset=bsd68 --sigma=25 --output_dir=DIR

The tables alpha, sigma_error and levers train what they need: their --model is the name of a network. The same command again
resumes.
"""

import pathlib

from absl import flags

from r2r_tf import command

_TABLES = ("recorruptions", "alpha", "sigma_error", "prediction", "levers")
_TABLE = flags.DEFINE_enum("table", None, _TABLES, "Which table.")
_MODEL = flags.DEFINE_string("model", None, "Pretrained name, run directory or .keras file; or the name of a network to train.")
_DATASET = flags.DEFINE_string("dataset", "skimage_natural", "TFDS data set to test on (split test).")
_TRAIN_DATASET = flags.DEFINE_string(
    "train_dataset", None, "Data set of the trainings (split train); bsd400 for bsd68, else --dataset."
)
_DATA_DIR = flags.DEFINE_string("data_dir", None, "Where TFDS keeps prepared data; ~/tensorflow_datasets by default.")
_MANUAL_DIR = flags.DEFINE_string(
    "manual_dir", None, "Folder with BSD400/, BSD68/, PolyU/: take the files from there instead of downloading them."
)
_SIGMA = flags.DEFINE_string("sigma", "25", "Noise of the images in grey levels of 255.")
_ALPHA = flags.DEFINE_float("alpha", None, "Recorruption strength at test; the model's own by default.")
_PATCHES = flags.DEFINE_integer("patches", 40_000, "Patches of each training (alpha, sigma_error).", lower_bound=1)
_MINUTES = flags.DEFINE_float("minutes", 4.0, "Time of each training (levers).", lower_bound=0.0)
_PRECISION = flags.DEFINE_enum("precision", "float32", ["float32", "bfloat16"], "Of the trainings, all layers but the last.")
_MAX_IMAGES = flags.DEFINE_integer("max_images", None, "Only the first images of the split.", lower_bound=1)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of draws and trainings, and the first of the noise seeds.", lower_bound=0)
_NUM_SEEDS = flags.DEFINE_integer("num_seeds", 3, "Noise seeds of the test images, for the error bars.", lower_bound=1)
_BM3D = flags.DEFINE_boolean("bm3d", False, "Add BM3D to the table recorruptions, from the package bm3d.")
_OUTPUT_DIR = flags.DEFINE_string("output_dir", None, "Where the files go; ablations/<table>-<data set>-sigma<sigma> by default.")
flags.mark_flags_as_required(["table", "model"])


def main(argv):
    del argv
    from r2r_tf import evaluation, model_files, models, noise
    from r2r_tf.ablations import alpha, levers, prediction, recorruptions, report, sigma_error
    from r2r_tf.models import structure

    table, model, seed = _TABLE.value, _MODEL.value, _SEED.value
    name = f"{table}-{_DATASET.value.replace('/', '-')}-sigma{_SIGMA.value}"
    output_dir = pathlib.Path(_OUTPUT_DIR.value or pathlib.Path("ablations") / name)
    trains = table in ("alpha", "levers") or (table == "sigma_error" and model in models.MODELS)
    denoiser = None if trains else model_files.load(model)
    channels = structure.image_channels(denoiser.network) if denoiser else None
    noise_model = noise.gaussian_from_grey_levels(_SIGMA.value)
    places = {"data_dir": _DATA_DIR.value, "manual_dir": _MANUAL_DIR.value}
    tests = [
        evaluation.load_test_set(
            _DATASET.value, noise_model, channels, **places, max_images=_MAX_IMAGES.value, seed=seed + number
        )
        for number in range(_NUM_SEEDS.value)
    ]
    train_dataset = _TRAIN_DATASET.value or ("bsd400" if _DATASET.value == "bsd68" else _DATASET.value)
    recipe = {
        "dataset": train_dataset,
        **places,
        "sigma": _SIGMA.value,
        "patches": _PATCHES.value,
        "precision": _PRECISION.value,
    }
    module = {
        "recorruptions": recorruptions,
        "alpha": alpha,
        "sigma_error": sigma_error,
        "prediction": prediction,
        "levers": levers,
    }[table]
    if table == "alpha":
        cases = alpha.cases(tests, seed, output_dir / "runs", network=model, **recipe)
    elif table == "levers":
        del recipe["patches"], recipe["precision"]
        cases = levers.cases(tests, seed, output_dir / "runs", _MINUTES.value, network=model, **recipe)
    elif table == "sigma_error":
        cases = sigma_error.cases(model, denoiser, tests, seed, output_dir / "runs", **recipe)
    else:
        options = {"with_bm3d": _BM3D.value} if table == "recorruptions" else {}
        cases = module.cases(denoiser, tests, _ALPHA.value, seed, **options)
    about = {
        "dataset": tests[0].dataset,
        "split": tests[0].split,
        "sigma": float(_SIGMA.value),
        "model": model,
        "model_sha256": denoiser.sha256 if denoiser else None,
        "alpha": _ALPHA.value,
        "bm3d": _BM3D.value,
        "seed": seed,
        **({"train_dataset": train_dataset, "patches": _PATCHES.value, "precision": _PRECISION.value} if trains else {}),
    }
    rows = report.aggregate(report.collect(cases, output_dir / f"{table}.jsonl", about))
    about |= {"images": len(tests[0].names), "noise_seeds": [test.noise_seed for test in tests]}
    report.write(rows, table, module.X_TITLE, output_dir, about, module.LOG_X)
    print(report.text(rows, module.X_TITLE))
    print(f"Files: {output_dir}")


if __name__ == "__main__":
    command.run(main, "The same command again goes on where it was.")
