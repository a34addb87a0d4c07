"""Scores a denoiser on a test set beside the noisy input and classical denoisers, and prints the table.

Usage: r2r-evaluate --model=runs/awgn50 --dataset=bsd68 --sigma=50 --num_recorruptions=50
"""

import pathlib
import sys

from absl import flags

from r2r_tf.commands import command

FLAGS = flags.FlagValues()
_MODEL = flags.DEFINE_string(
    "model",
    None,
    "Pretrained name, run directory or .keras file; default: the shipped weights that each gray image calls for.",
    flag_values=FLAGS,
)
_DATASET = flags.DEFINE_string(
    "dataset", "skimage_natural", "TFDS data set: skimage_natural, bsd68, polyu, ...", flag_values=FLAGS
)
_SPLIT = flags.DEFINE_string("split", "test", "TFDS split, such as test or train+test.", flag_values=FLAGS)
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
    "sigma", None, "Noise of the test images in grey levels of 255; by default the model's, or real noise.", flag_values=FLAGS
)
_NOISE = flags.DEFINE_string(
    "noise",
    None,
    "Noise of the test images by its family, such as gaussian,sigma=25; instead of --sigma, for families other than white.",
    flag_values=FLAGS,
)
_BLIND = flags.DEFINE_boolean(
    "blind",
    False,
    "Tell nothing of the noise: the denoiser and the classical ones take what each image itself tells.",
    flag_values=FLAGS,
)
_ALPHA = flags.DEFINE_float("alpha", None, "Recorruption strength; the model's own by default.", flag_values=FLAGS)
_NUM_RECORRUPTIONS = flags.DEFINE_integer(
    "num_recorruptions",
    None,
    "Draws T to average over, 0 for f(y) itself; by default 0 for networks that have learnt a range of levels, 8 for others.",
    lower_bound=0,
    flag_values=FLAGS,
)
_ORIENTATIONS = flags.DEFINE_integer(
    "orientations",
    None,
    "How many of the eight quarter turns and mirror images the passes go through; by default all that they can.",
    lower_bound=1,
    upper_bound=8,
    flag_values=FLAGS,
)
_ANTITHETIC = flags.DEFINE_boolean("antithetic", True, "Draw in pairs z, -z.", flag_values=FLAGS)
_TARGET_SE = flags.DEFINE_float(
    "target_se",
    None,
    "Draw until the standard error of the mean is this, in 255ths: --num_recorruptions draws at most, each image as it needs.",
    flag_values=FLAGS,
)
_REPORT = flags.DEFINE_boolean(
    "report", False, "Also write report.html: before and after of every image, to look at.", flag_values=FLAGS
)
_UNCERTAINTY = flags.DEFINE_boolean(
    "uncertainty",
    False,
    "Also compare the standard deviation between passes with the true error: calibration.csv and .png.",
    flag_values=FLAGS,
)
_MAX_IMAGES = flags.DEFINE_integer("max_images", None, "Only the first images of the split.", lower_bound=1, flag_values=FLAGS)
_SEED = flags.DEFINE_integer(
    "seed", 0, "Seed of the test images' noise and of the recorruptions.", lower_bound=0, flag_values=FLAGS
)
_LEGACY_SSIM = flags.DEFINE_boolean(
    "legacy_ssim", False, "Add SSIM with uniform windows and data range 2, as in old papers.", flag_values=FLAGS
)
_BM3D = flags.DEFINE_boolean("bm3d", False, "Add BM3D, from the package bm3d; some seconds per image.", flag_values=FLAGS)
_PRECISION = flags.DEFINE_enum("precision", "float32", ["float32", "bfloat16"], "Of all layers but the last.", flag_values=FLAGS)
_OUTPUT_DIR = flags.DEFINE_string(
    "output_dir", None, "Where the files go; evaluation/<model>/<data set>-sigma<sigma> by default.", flag_values=FLAGS
)
flags.mark_flag_as_required("model", flag_values=FLAGS)
_GROUPS = {
    "Used most": ("model", "dataset", "sigma", "blind", "precision", "max_images", "output_dir"),
    "Data": ("split", "data_dir", "manual_dir", "noise", "seed"),
    "Draws": ("num_recorruptions", "orientations", "antithetic", "alpha", "target_se"),
    "Also": ("bm3d", "report", "uncertainty", "legacy_ssim"),
}


def _run(typed):
    from r2r_tf import noise, pretrained
    from r2r_tf.data import test_sets
    from r2r_tf.errors import InputError
    from r2r_tf.evaluation import files as evaluation_files
    from r2r_tf.evaluation import scores, uncertainty
    from r2r_tf.inference import defaults, passes
    from r2r_tf.models import denoisers

    by_image = _MODEL.value == "default"
    denoiser = denoisers.load(pretrained.DEFAULTS[1] if by_image else _MODEL.value, _PRECISION.value)
    if by_image and (not _BLIND.value or _UNCERTAINTY.value or _TARGET_SE.value is not None):
        raise InputError("--model=default is for --blind alone: each image then chooses its weights, and how they are used.")
    if _SIGMA.value is not None and _NOISE.value is not None:
        raise InputError("--noise and --sigma both say the noise: leave one out.")
    noise_model = noise.from_text(_NOISE.value) if _NOISE.value else None
    noise_model = noise.gaussian_from_grey_levels(_SIGMA.value) if _SIGMA.value is not None else noise_model
    draws = {
        "alpha": _ALPHA.value,
        "num_recorruptions": _NUM_RECORRUPTIONS.value,
        "antithetic": _ANTITHETIC.value,
        "orientations": _ORIENTATIONS.value,
    }
    average = defaults.plan(denoiser, **draws)
    if _UNCERTAINTY.value and len(passes.passes_of(average)) < 2:
        raise InputError("--uncertainty needs two passes or more: raise --num_recorruptions or --orientations.")
    test = test_sets.load_test_set(
        _DATASET.value,
        noise_model,
        None if denoiser.form.channels == 1 else denoiser.form.channels,  # gray networks take colours one by one
        split=_SPLIT.value,
        data_dir=_DATA_DIR.value,
        manual_dir=_MANUAL_DIR.value,
        max_images=_MAX_IMAGES.value,
        seed=_SEED.value,
        trained_for=denoiser.noise,
        blind=_BLIND.value,
    )
    output_dir = pathlib.Path(_OUTPUT_DIR.value or default_output_dir(_MODEL.value, test))
    summary = scores.evaluate(
        denoiser,
        test,
        output_dir,
        **draws,
        seed=_SEED.value,
        legacy_ssim=_LEGACY_SSIM.value,
        with_bm3d=_BM3D.value,
        target_se=None if _TARGET_SE.value is None else _TARGET_SE.value / 255,
        report=_REPORT.value,
        by_image=by_image,
        command=typed.line,
    )
    print(evaluation_files.table(summary))
    if _UNCERTAINTY.value:
        rows = uncertainty.measure(denoiser, test, average, seed=_SEED.value)
        evaluation_files.write_calibration(output_dir, rows)
        print(uncertainty.sentence(rows))
    print(f"Files: {output_dir}")


def default_output_dir(model, test):
    """evaluation/<model>/<data set>[-sigma<sigma>]."""
    noise = f"-sigma{test.sigma * 255:g}" if test.noise else ""
    return pathlib.Path("evaluation") / pathlib.Path(model).stem / f"{test.dataset.replace('/', '-')}{noise}"


def main(argv=None):
    """The command; its words are those of this process by default. Returns the exit code."""
    return command.run(_run, argv, flag_values=FLAGS, groups=_GROUPS)


if __name__ == "__main__":
    sys.exit(main())
