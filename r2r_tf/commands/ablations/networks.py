"""Which network learns most in equal time, with which batches?"""

from r2r_tf.commands.ablations import equal_time
from r2r_tf.commands.ablations.equal_time import LOG_X, X_TITLE

__all__ = ["FLAGS", "LOG_X", "X_TITLE", "of_request", "recipes", "trains"]

FLAGS = frozenset({"sigma", "minutes"})
BEST = {"optimizer": "muon", "precision": "auto"}
CANDIDATES = {
    "ffdnet 15x64, batch 32 of 40 pixels": {"network": "ffdnet", "batch_size": 32, "patch_size": 40},
    "ffdnet 15x64, batch 12 of 64 pixels": {"network": "ffdnet", "batch_size": 12, "patch_size": 64},
    "ffdnet 15x64, batch 4 of 64 pixels": {"network": "ffdnet", "batch_size": 4, "patch_size": 64},
    "unet 64, batch 12 of 64 pixels": {"network": "unet", "batch_size": 12, "patch_size": 64},
    "unet 64, batch 4 of 64 pixels": {"network": "unet", "batch_size": 4, "patch_size": 64},
    "unet 48, batch 4 of 64 pixels": {"network": "unet", "features": 48, "batch_size": 4, "patch_size": 64},
}


def recipes():
    """Dict from name to the settings that it changes."""
    return {name: {**BEST, **changes} for name, changes in CANDIDATES.items()}


def trains(model):
    """Whether the table trains what it tests."""
    del model
    return True


def of_request(request):
    """`equal_time.cases` of the recipes."""
    return equal_time.cases(recipes(), request.tests, request.seed, request.runs_dir, request.minutes, **request.recipe)
