"""Networks: one file each, whose function of the same name builds a functional Keras model of built-in layers.

They take [B, H, W, C] and return the same shape; those that are told the noise level take it as one more channel,
[B, H, W, C + 1].
What a network can be told of its form (`depth`, `features`, ...) are its function's arguments.
"""

import importlib
import inspect
import pkgutil

from r2r_tf.errors import InputError

NAMES = tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def build(name, **options):
    """The network of that name.

    Args:
      name: one of `NAMES`.
      **options: arguments of its function.
    Raises:
      InputError: no such network; the message ends "Received: model=...".
    """
    if name not in NAMES:
        raise InputError(f"model must be one of {', '.join(NAMES)}. Received: model={name!r}")
    return _function(name)(**options)


def accepts(name, option):
    """Whether the network of that name has an argument of that name."""
    return option in inspect.signature(_function(name)).parameters


def _function(name):
    # Keras is imported with the first network, not with the list of names
    return getattr(importlib.import_module(f"{__name__}.{name}"), name)
