"""Exports a denoiser for use without r2r_tf, and checks what was written in its own runtime against Keras.

Usage: r2r-export --model=NAME_OR_PATH --format=saved_model|onnx --output=PATH
"""

import pathlib
import sys

from absl import flags

from r2r_tf.commands import command

FLAGS = flags.FlagValues()
_MODEL = flags.DEFINE_string("model", None, "Pretrained name, run directory or .keras file.", flag_values=FLAGS)
_FORMAT = flags.DEFINE_enum(
    "format",
    "saved_model",
    ["saved_model", "onnx"],
    "saved_model: for TensorFlow and TensorFlow Serving, with the average over draws and PNG bytes; onnx: one pass.",
    flag_values=FLAGS,
)
_OUTPUT = flags.DEFINE_string("output", None, "The folder of a SavedModel, or the ONNX file.", flag_values=FLAGS)
_OVERWRITE = flags.DEFINE_boolean("overwrite", False, "Replace what is at --output.", flag_values=FLAGS)
flags.mark_flags_as_required(["model", "output"], flag_values=FLAGS)

# of one pass in float32 from Keras
_TOLERANCE = 1e-4
_GROUPS = {
    "Used most": ("model", "format", "output", "overwrite"),
}


def _run(typed):
    from r2r_tf.errors import InputError
    from r2r_tf.inference import export
    from r2r_tf.models import denoisers

    output = pathlib.Path(_OUTPUT.value)
    if output.exists() and not _OVERWRITE.value:
        raise InputError(f"{output} is there already: give another --output, or --overwrite.")
    denoiser = denoisers.load(_MODEL.value)
    if _FORMAT.value == "onnx":
        export.export_onnx(denoiser.network, output)
        run = export.onnx_runner(output)
    else:
        # the graph's own draws are white: one pass for other noise
        alpha = denoiser.alpha if denoiser.noise is None or denoiser.noise.white else 0.0
        export.export_saved_model(denoiser.network, output, 0.5 if alpha is None else alpha)
        run = export.saved_model_runner(output)
    difference = export.largest_difference(denoiser.network, run)
    print(f"Files: {output}. Largest difference from Keras: {difference:.1g}")
    if difference > _TOLERANCE:
        raise InputError(f"{output} differs from Keras by {difference:.2g}, which is more than rounding: do not use it.")


def main(argv=None):
    """The command; its words are those of this process by default. Returns the exit code."""
    return command.run(_run, argv, flag_values=FLAGS, groups=_GROUPS)


if __name__ == "__main__":
    sys.exit(main())
