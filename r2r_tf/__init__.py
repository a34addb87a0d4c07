"""Recorrupted-to-Recorrupted denoising: learn from noisy images alone (Pang et al., CVPR 2021).

The names below are loaded on first use, so `import r2r_tf` stays light; for type checkers they stand in __init__.pyi.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "InputError": "errors",
    "denoise": "inference.arrays",
    "denoise_to_precision": "inference.whole_images",
    "denoise_zarr": "cluster.arrays",
    "estimate_noise": "inference.noise_estimates",
    "kernel_denoise": "inference.whole_images",
    "load_pretrained": "inference.arrays",
    "map_dask": "cluster.arrays",
    "psnr": "evaluation.metrics",
    "ssim": "evaluation.metrics",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'r2r_tf' has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(f"r2r_tf.{_HOME[name]}"), name)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "tensorflow":
            raise
        from r2r_tf.errors import TENSORFLOW_MISSING

        raise ModuleNotFoundError(TENSORFLOW_MISSING, name="tensorflow") from None


def __dir__() -> list[str]:
    return __all__
