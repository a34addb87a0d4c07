"""The suites of `tools.benchmark`: each module's `run` has the flags that it uses for arguments, by their names."""

SUITES = (
    "train",
    "curves",
    "inference",
    "estimators",
    "profile",
    "pipeline",
    "startup",
    "cluster",
    "estimation",
    "found_levels",
    "camera",
    "camera_laws",
    "choices",
    "laws",
    "robustness",
    "fuzz",
    "own_images",
    "treatments",
)
