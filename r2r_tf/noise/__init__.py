"""Noise: how a noisy image y arises from a clean image x, and how it is recorrupted. One file for each family, see `model`.

A family's module has a dict `FAMILIES` from the names in stored files to its classes; a new module is found by itself.
"""

import importlib
import pkgutil

from r2r_tf.errors import InputError
from r2r_tf.noise.binomial import Binomial
from r2r_tf.noise.gamma import Gamma
from r2r_tf.noise.gaussian import GREY_LEVELS, Gaussian, GaussianRange, from_grey_levels, gaussian_from_grey_levels
from r2r_tf.noise.model import Draws, ImageNoise, NoiseModel, SeededDraws, mean_level
from r2r_tf.noise.poisson import Poisson
from r2r_tf.noise.poisson_gaussian import PoissonGaussian

__all__ = [
    "FAMILIES",
    "GREY_LEVELS",
    "Binomial",
    "Draws",
    "Gamma",
    "Gaussian",
    "GaussianRange",
    "ImageNoise",
    "NoiseModel",
    "Poisson",
    "PoissonGaussian",
    "SeededDraws",
    "from_grey_levels",
    "from_json",
    "from_text",
    "gaussian_from_grey_levels",
    "mean_level",
]

FAMILIES = {
    name: family
    for module in pkgutil.iter_modules(__path__)
    for name, family in getattr(importlib.import_module(f"{__name__}.{module.name}"), "FAMILIES", {}).items()
}


def from_json(spec):
    """The noise model that `to_json` wrote.

    Raises:
      InputError: the name is unknown.
    """
    if spec.get("name") not in FAMILIES:
        raise InputError(f"This version knows the noise models {', '.join(FAMILIES)}. Received: name={spec.get('name')!r}")
    return FAMILIES[spec["name"]].from_json(spec)


def from_text(text):
    """The noise model of a flag such as 'gaussian,sigma=5-55': a family and its parameters.

    Raises:
      InputError: no such family, or parameters that it does not have; the message ends "Received: noise=...".
    """
    name, *parts = text.split(",")
    known = [key for key, family in FAMILIES.items() if hasattr(family, "from_text")]
    if name not in known or not all("=" in part for part in parts):
        raise InputError(
            f"noise must be one of {', '.join(known)} with its parameters, such as gaussian,sigma=25. Received: noise={text!r}"
        )
    return FAMILIES[name].from_text(dict(part.split("=", 1) for part in parts))
