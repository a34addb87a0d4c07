"""Trains a denoiser on noisy images, or resumes the training.

Usage: r2r-train --flagfile=quickstart [--workdir=DIR] [other flags]

The same command again resumes after the last finished epoch.
"""

import pathlib
import shlex
import sys

from absl import flags

from r2r_tf.commands import command
from r2r_tf.training import flag_texts, settings

FLAGS = flags.FlagValues()
_WORKDIR = flags.DEFINE_string("workdir", None, "Run directory; runs/<name of the flag file> by default.", flag_values=FLAGS)


def define_flags():
    """A flag for each of the `settings.Settings`, as a dict from name to flag."""
    return {name: _define(name, field, flag_texts.kind_of(name)) for name, field in settings.FIELDS.items()}


def _define(name, field, kind):
    """A flag; `kind` is (type, type of its parts if it is a tuple)."""
    text, choices, lower = (field.metadata[key] for key in ("help", "choices", "lower"))
    if choices:
        return flags.DEFINE_enum(name, field.default, list(choices), text, flag_values=FLAGS)
    if kind[0] is tuple:
        return flags.DEFINE_list(name, field.default and [str(part) for part in field.default], text, flag_values=FLAGS)
    if kind[0] is int:
        return flags.DEFINE_integer(name, field.default, text, lower_bound=lower, flag_values=FLAGS)
    define = {str: flags.DEFINE_string, bool: flags.DEFINE_boolean, float: flags.DEFINE_float}[kind[0]]
    return define(name, field.default, text, flag_values=FLAGS)


_SETTINGS = define_flags()
_GROUPS = {
    "Used most": ("images", "workdir", "dataset", "test_dataset", "model", "sigma", "init", "epochs", "precision", "seed"),
    "Data": ("single_image", "data_dir", "manual_dir", "scales", "binning", "validation_fraction", "batch_size", "patch_size"),
    "Network": ("depth", "features", "batch_norm", "near_zero_start"),
    "Noise": ("noise", "test_sigma", "sigma_error", "alpha", "raise_to", "antithetic", "num_recorruptions"),
    "Objective": ("objective", "teacher"),
    "Results": ("saved_model",),
    "Steps": ("steps_per_epoch", "patience", "microbatches", "ema"),
    "Optimizer": ("optimizer", "learning_rate", "schedule", "warmup", "milestones", "decay"),
}


def _run(typed):
    workdir = pathlib.Path(_WORKDIR.value or default_workdir(typed.arguments))

    from r2r_tf.evaluation import files as evaluation_files
    from r2r_tf.training import placement, precision, run

    chosen = settings.Settings(**{name: value_of(name, flag.value) for name, flag in _SETTINGS.items()})
    placement.share_cores(chosen.microbatches)
    if chosen.precision == "bfloat16" and not precision.in_hardware():
        print("This processor does not compute in bfloat16, so training in it is slow: --precision=auto takes float32 here.")
    result = run.train(chosen, workdir, command=typed.line)
    if result is None:
        print(f"{workdir} is finished already; more --epochs would continue it.")
        return
    if result["test"]:
        print(evaluation_files.table(result["test"]))
    if chosen.images:
        inputs = shlex.join(chosen.images)
        places = [f"--model={shlex.quote(str(workdir))}", f"--output_dir={shlex.quote(str(workdir / 'denoised'))}"]
        print(f"Clean them: r2r-denoise {inputs} {' '.join(places)}")
    print(f"Finished: {workdir}. Curves and pictures: tensorboard --logdir={workdir}")


def default_workdir(arguments):
    """runs/<name>, the name being that of the flag file on the command line, else 'train'."""
    for argument, following in zip(arguments, [*arguments[1:], ""]):
        name, _, value = argument.lstrip("-").partition("=")
        if name == "flagfile" and argument.startswith("-"):
            return pathlib.Path("runs") / pathlib.Path(value or following).stem
    return pathlib.Path("runs") / "train"


def value_of(name, value):
    """The value of a setting from that of its flag: lists of texts become tuples of numbers."""
    if value == "" and settings.FIELDS[name].default is None:
        return None  # --test_dataset= takes back what a flag file says
    return flag_texts.tuple_of(name, value) if isinstance(value, list) else value


def main(argv=None):
    """The command; its words are those of this process by default. Returns the exit code."""
    return command.run(
        _run,
        argv,
        flag_values=FLAGS,
        groups=_GROUPS,
        after_interruption="The same command again resumes after the last finished epoch.",
    )


if __name__ == "__main__":
    sys.exit(main())
