"""Trains a denoiser on noisy images, or resumes the training.

Usage: python -m r2r_tf.train --flagfile=configs/quickstart.flags [--workdir=DIR] [other flags]

The same command again resumes after the last finished epoch.
"""

import pathlib
import sys

from absl import flags

from r2r_tf import command

_DATASET = flags.DEFINE_string("dataset", "skimage_natural", "TFDS data set to train on: skimage_natural, bsd400, polyu, ...")
_IMAGES = flags.DEFINE_list(
    "images", None, "Instead of --dataset: noisy image files, folders or patterns such as 'pictures/*.tif', with commas between."
)
_SINGLE_IMAGE = flags.DEFINE_boolean("single_image", False, "--images is one picture: train on parts of it, validate on another.")
_TEST_DATASET = flags.DEFINE_string("test_dataset", None, "Data set of the closing evaluation (split test); none by default.")
_DATA_DIR = flags.DEFINE_string("data_dir", None, "Where TFDS keeps prepared data; ~/tensorflow_datasets by default.")
_MANUAL_DIR = flags.DEFINE_string(
    "manual_dir", None, "Folder with BSD400/, BSD68/, PolyU/: take the files from there instead of downloading them."
)
_WORKDIR = flags.DEFINE_string("workdir", None, "Run directory; runs/<name of the flag file> by default.")
_MODEL = flags.DEFINE_enum("model", "dncnn", ["dncnn", "cnn5", "ffdnet", "unet"], "Network.")
_DEPTH = flags.DEFINE_integer("depth", None, "Convolutions of dncnn (17 by default) or ffdnet (15), resolutions of unet (2).", lower_bound=2)
_FEATURES = flags.DEFINE_integer("features", None, "Features of dncnn, ffdnet or unet; 64 by default.", lower_bound=1)
_BATCH_NORM = flags.DEFINE_boolean("batch_norm", None, "Batch normalisation in dncnn; on by default.")
_NEAR_ZERO_START = flags.DEFINE_boolean("near_zero_start", None, "Start the last layer near zero; on by default, not in cnn5.")
_SIGMA = flags.DEFINE_string(
    "sigma",
    "25",
    "Noise standard deviation in grey levels of 255; a range, such as 5-55, for networks that are told the level; auto: "
    "estimated from noisy pictures, by camera and ISO value: correlated, of a level that depends on brightness; chen: estimated "
    "from each as if it were white.",
)
_TEST_SIGMA = flags.DEFINE_string(
    "test_sigma",
    None,
    "Noise of the closing evaluation; by default sigma, the middle of a range.",
)
_ALPHA = flags.DEFINE_float("alpha", 0.5, "Recorruption: input y + alpha z, target y - z / alpha.")
_SIGMA_ERROR = flags.DEFINE_list(
    "sigma_error",
    ["0"],
    "For experiments: recorrupt as if sigma were off by this part (0.1: 10% too large), or, for each image, "
    "by one from a range (-0.1,0.1).",
)
_OBJECTIVE = flags.DEFINE_enum(
    "objective",
    "r2r",
    ["r2r", "n2c", "n2n", "distill"],
    "r2r learns from noisy images alone, distill from them and a teacher's estimates; the baselines n2c and n2n from clean "
    "targets and from second noisy copies.",
)
_TEACHER = flags.DEFINE_string("teacher", None, "Pretrained name, run directory or .keras file, for --objective=distill.")
_INIT = flags.DEFINE_string(
    "init", None, "Start from the weights of this pretrained name, run directory or .keras file, of the same --model."
)
_ANTITHETIC = flags.DEFINE_boolean("antithetic", True, "Recorrupt with z and -z together; a batch then holds pairs.")
_SCALES = flags.DEFINE_list("scales", ["1"], "Each image is resized by one of these before its noise is drawn.")
_BINNING = flags.DEFINE_list(
    "binning", None, "Also train on copies of the noisy images that are binned by these factors, such as 2; for white noise."
)
_VALIDATION_FRACTION = flags.DEFINE_float(
    "validation_fraction", 0.2, "Part of the images, at least one, that is kept out of training to tell how well it goes."
)
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 128, "Network inputs a step.", lower_bound=1)
_MICROBATCHES = flags.DEFINE_integer(
    "microbatches", 1, "Parts of a batch that train side by side, each with batch statistics of its own.", lower_bound=1
)
_PATCH_SIZE = flags.DEFINE_integer("patch_size", 40, "Side of the training crops.", lower_bound=1)
_EPOCHS = flags.DEFINE_integer("epochs", 50, "Epochs; the one flag that may change when a run is resumed.", lower_bound=1)
_PATIENCE = flags.DEFINE_integer(
    "patience",
    None,
    "Stop after so many epochs in a row that did not improve the validation loss, and leave the best epoch's weights.",
    lower_bound=1,
)
_STEPS_PER_EPOCH = flags.DEFINE_integer(
    "steps_per_epoch", None, "Steps an epoch; enough for 8,000 patches by default.", lower_bound=1
)
_OPTIMIZER = flags.DEFINE_enum(
    "optimizer", "adam", ["adam", "muon"], "muon makes orthogonal updates of the convolutions but the last, and learns faster."
)
_LEARNING_RATE = flags.DEFINE_float("learning_rate", 1e-3, "Learning rate at the start.")
_SCHEDULE = flags.DEFINE_enum("schedule", "step", ["step", "cosine", "constant"], "How the learning rate falls.")
_WARMUP = flags.DEFINE_integer("warmup", 0, "Steps in which --schedule=cosine first rises from zero.", lower_bound=0)
_MILESTONES = flags.DEFINE_list("milestones", ["30"], "Epochs after which --schedule=step multiplies the rate by --decay.")
_DECAY = flags.DEFINE_float("decay", 0.2, "Factor of --schedule=step.")
_EMA = flags.DEFINE_float(
    "ema", 0.0, "Momentum of the weights' moving average that is validated and saved, less in short runs; 0: none."
)
_PRECISION = flags.DEFINE_enum("precision", "float32", ["float32", "bfloat16"], "Of all layers but the last.")
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the frozen noise, crops, recorruptions and initial weights.", lower_bound=0)
_NUM_RECORRUPTIONS = flags.DEFINE_integer(
    "num_recorruptions",
    None,
    "Draws T of the closing evaluation; by default 0 for networks that learn a range of levels, 8 for others.",
    lower_bound=0,
)

_RUN_FLAGS = (
    _DATASET,
    _IMAGES,
    _SINGLE_IMAGE,
    _TEST_DATASET,
    _DATA_DIR,
    _MANUAL_DIR,
    _MODEL,
    _DEPTH,
    _FEATURES,
    _BATCH_NORM,
    _NEAR_ZERO_START,
    _SIGMA,
    _TEST_SIGMA,
    _SIGMA_ERROR,
    _ALPHA,
    _OBJECTIVE,
    _ANTITHETIC,
    _TEACHER,
    _INIT,
    _SCALES,
    _BINNING,
    _VALIDATION_FRACTION,
    _BATCH_SIZE,
    _MICROBATCHES,
    _PATCH_SIZE,
    _EPOCHS,
    _PATIENCE,
    _STEPS_PER_EPOCH,
    _OPTIMIZER,
    _LEARNING_RATE,
    _SCHEDULE,
    _WARMUP,
    _MILESTONES,
    _DECAY,
    _EMA,
    _PRECISION,
    _SEED,
    _NUM_RECORRUPTIONS,
)


def main(argv):
    del argv
    workdir = pathlib.Path(_WORKDIR.value or default_workdir(sys.argv))

    from r2r_tf import evaluation_files, placement, settings, training

    values = {flag.name: flag.value for flag in _RUN_FLAGS}
    values["images"] = tuple(values["images"]) if values["images"] else None
    values["scales"] = numbers("scales", values["scales"], float)
    values["binning"] = numbers("binning", values["binning"], int) if values["binning"] else None
    values["sigma_error"] = numbers("sigma_error", values["sigma_error"], float)
    values["milestones"] = numbers("milestones", values["milestones"], int)
    chosen = settings.Settings(**values)
    placement.share_cores(chosen.microbatches)
    result = training.run(chosen, workdir)
    if result is None:
        print(f"{workdir} is finished already; more --epochs would continue it.")
        return
    if result["test"]:
        print(evaluation_files.table(result["test"]))
    if chosen.images:
        inputs = " ".join(chosen.images)
        print(f"Clean them: python -m tools.denoise {inputs} --model={workdir} --output_dir={workdir / 'denoised'}")
    print(f"Finished: {workdir}. Curves and pictures: tensorboard --logdir={workdir}")


def default_workdir(argv):
    """runs/<name>, the name being that of the flag file on the command line, else 'train'."""
    for argument, following in zip(argv, [*argv[1:], ""]):
        name, _, value = argument.lstrip("-").partition("=")
        if name == "flagfile" and argument.startswith("-"):
            return pathlib.Path("runs") / pathlib.Path(value or following).stem
    return pathlib.Path("runs") / "train"


def numbers(name, texts, kind):
    """The flag's comma-separated numbers."""
    from r2r_tf.errors import InputError

    try:
        return tuple(kind(text) for text in texts)
    except ValueError:
        raise InputError(f"--{name} must be numbers separated by commas. Received: {','.join(texts)}") from None


if __name__ == "__main__":
    command.run(main, "The same command again resumes after the last finished epoch.")
