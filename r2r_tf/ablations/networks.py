"""Which network learns most in equal time? Batches have about equal numbers of pixels."""

BEST = {"optimizer": "muon", "precision": "bfloat16"}
CANDIDATES = {
    "ffdnet 15x64, patches of 40": {"network": "ffdnet", "batch_size": 32},
    "ffdnet 15x64, patches of 64": {"network": "ffdnet", "batch_size": 12, "patch_size": 64},
    "unet 64, patches of 64": {"network": "unet", "batch_size": 12, "patch_size": 64},
    "unet 48, patches of 64": {"network": "unet", "features": 48, "batch_size": 12, "patch_size": 64},
}


def recipes():
    """Dict from name to the settings that it changes."""
    return {name: {**BEST, **changes} for name, changes in CANDIDATES.items()}
