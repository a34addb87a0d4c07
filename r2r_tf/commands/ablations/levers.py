"""What makes a short training better at equal time: each choice alone added to the plain recipe, then all, then all but one."""

from r2r_tf.commands.ablations import equal_time
from r2r_tf.commands.ablations.equal_time import LOG_X, X_TITLE

__all__ = ["FLAGS", "LOG_X", "X_TITLE", "of_request", "recipes", "trains"]

FLAGS = frozenset({"model", "sigma", "minutes"})
# the R2R paper's training, whose learning rate falls after 3/5 of the time
PLAIN = {
    "antithetic": False,
    "ema": 0.0,
    "schedule": "step",
    "milestones": (3,),
    "decay": 0.2,
    "batch_size": 128,
    "optimizer": "adam",
    "precision": "float32",
    "near_zero_start": False,
}
LEVERS = {
    "near-zero last layer": {"near_zero_start": True},
    "antithetic pairs": {"antithetic": True},
    "averaged weights": {"ema": 0.999},
    "cosine schedule": {"schedule": "cosine", "milestones": (), "decay": 1.0},
    "batch of 8": {"batch_size": 8},
    "Muon": {"optimizer": "muon"},
    "bfloat16": {"precision": "bfloat16"},
}
# beside the sum of all: what else might be better
VARIANTS = {
    "batch of 16": {"batch_size": 16},
    "batch of 32": {"batch_size": 32},
    "patches of 64 pixels, batch of 4": {"patch_size": 64, "batch_size": 4},
    "alpha 1": {"alpha": 1.0},
    "alpha 0.3": {"alpha": 0.3},
    "learning rate 2e-3": {"learning_rate": 2e-3},
    "learning rate 5e-4": {"learning_rate": 5e-4},
    "momentum of the average 0.99": {"ema": 0.99},
    "warm-up of 200 steps": {"warmup": 200},
    "copies binned by 2": {"binning": (2,)},
    "copies binned by 2 and 3": {"binning": (2, 3)},
    "copies binned by 2, 3 and 4": {"binning": (2, 3, 4)},
    "copies binned by 2, 3 and 4, momentum of the average 0.99": {"binning": (2, 3, 4), "ema": 0.99},
}


def recipes():
    """Dict from name to the settings that it changes."""
    everything = {**PLAIN, **{key: value for lever in LEVERS.values() for key, value in lever.items()}}
    return {
        "plain": PLAIN,
        **{f"plain + {name}": {**PLAIN, **lever} for name, lever in LEVERS.items()},
        "all": everything,
        **{
            f"all without {name}": {**everything, **{key: value for key, value in PLAIN.items() if key in lever}}
            for name, lever in LEVERS.items()
        },
        **{f"all, {name}": {**everything, **variant} for name, variant in VARIANTS.items()},
    }


def trains(model):
    """Whether the table trains what it tests."""
    del model
    return True


def of_request(request):
    """`equal_time.cases` of the recipes."""
    return equal_time.cases(
        recipes(), request.tests, request.seed, request.runs_dir, request.minutes, **request.recipe, network=request.model
    )
