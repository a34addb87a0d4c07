"""Scores a denoiser on a test set beside the noisy input and classical denoisers, and prints the table.

Usage: python -m tools.evaluate --model=runs/awgn50 --dataset=bsd68 --sigma=50 --num_recorruptions=50 --output_dir=DIR
"""

from absl import flags

from r2r_tf import command

_MODEL = flags.DEFINE_string("model", None, "Pretrained name, run directory or .keras file.")
_DATASET = flags.DEFINE_string("dataset", "skimage_natural", "TFDS data set: skimage_natural, bsd68, polyu, ...")
_SPLIT = flags.DEFINE_string("split", "test", "TFDS split, such as test or train+test.")
_DATA_DIR = flags.DEFINE_string("data_dir", None, "Where TFDS keeps prepared data; ~/tensorflow_datasets by default.")
_MANUAL_DIR = flags.DEFINE_string(
    "manual_dir", None, "Folder with BSD400/, BSD68/, PolyU/: take the files from there instead of downloading them."
)
_SIGMA = flags.DEFINE_string("sigma", None, "Noise of the test images in grey levels of 255; the model's own by default.")
_ALPHA = flags.DEFINE_float("alpha", None, "Recorruption strength; the model's own by default.")
_NUM_RECORRUPTIONS = flags.DEFINE_integer("num_recorruptions", 8, "Draws T to average over; 0 for f(y) itself.", lower_bound=0)
_ANTITHETIC = flags.DEFINE_boolean("antithetic", True, "Draw in pairs z, -z.")
_MAX_IMAGES = flags.DEFINE_integer("max_images", None, "Only the first images of the split.", lower_bound=1)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the test images' noise and of the recorruptions.", lower_bound=0)
_LEGACY_SSIM = flags.DEFINE_boolean("legacy_ssim", False, "Add SSIM with uniform windows and data range 2, as in old papers.")
_OUTPUT_DIR = flags.DEFINE_string("output_dir", None, "Where the files go; evaluation/<data set>-sigma<sigma> by default.")
flags.mark_flag_as_required("model")


def main(argv):
    del argv
    from r2r_tf import evaluation, model_files

    output_dir = _OUTPUT_DIR.value or f"evaluation/{_DATASET.value.replace('/', '-')}-sigma{_SIGMA.value or 'own'}"
    summary = evaluation.evaluate(
        model_files.load(_MODEL.value),
        _DATASET.value,
        output_dir,
        split=_SPLIT.value,
        data_dir=_DATA_DIR.value,
        manual_dir=_MANUAL_DIR.value,
        sigma=_SIGMA.value,
        alpha=_ALPHA.value,
        num_recorruptions=_NUM_RECORRUPTIONS.value,
        antithetic=_ANTITHETIC.value,
        max_images=_MAX_IMAGES.value,
        seed=_SEED.value,
        legacy_ssim=_LEGACY_SSIM.value,
    )
    print(evaluation.table(summary))
    print(f"Files: {output_dir}")


if __name__ == "__main__":
    command.run(main)
