"""Recorrupted-to-Recorrupted denoising: learn from noisy images alone (Pang et al., CVPR 2021).

The names below are loaded on first use, so `import r2r_tf` stays light.
"""

import importlib

__version__ = "0.1.0"

_HOME = {
    "InputError": "errors",
    "denoise": "inference",
    "kernel_denoise": "inference",
    "load_pretrained": "inference",
    "psnr": "metrics",
    "ssim": "metrics",
}
__all__ = sorted(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'r2r_tf' has no attribute {name!r}")
    return getattr(importlib.import_module(f"r2r_tf.{_HOME[name]}"), name)


def __dir__():
    return __all__
