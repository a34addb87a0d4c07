"""Weights for colour pictures of cameras, applied to gray ones: colours that are all alike, of which brightness counts."""

import dataclasses
import functools

import keras
import numpy as np
from keras import ops

_MOST_KEPT = 2


@functools.lru_cache(maxsize=_MOST_KEPT)
def for_gray(denoiser):
    """A denoiser for gray pictures, of one for colour pictures that is told the level of a camera's noise.

    Args:
      denoiser: `denoisers.Denoiser` of three channels whose noise is a `CameraNoise`.
    """
    inputs = keras.Input((None, None, 2), name="noisy_and_level")
    gray, level = inputs[..., :1], inputs[..., 1:]
    colours = denoiser.network(ops.concatenate([gray, gray, gray, level], axis=-1))
    network = keras.Model(inputs, ops.mean(colours, axis=-1, keepdims=True))
    return dataclasses.replace(denoiser, network=network, noise=gray_law(denoiser.noise))


def gray_law(law):
    """The `CameraNoise` of the mean of three channels. What is told of it stays that of the channels.

    Args:
      law: `CameraNoise` whose filter takes brightness apart from differences of colours, as estimated ones do: brightness is then
        one white draw, filtered.
    """
    kernel = law.kernel.sum(axis=(2, 3), keepdims=True) / law.kernel.shape[-1]
    part = float(np.sqrt(np.square(kernel).sum()))
    sigma = law.sigma.mean(axis=1, keepdims=True) * part / np.sqrt(law.kernel.shape[-1])
    told = law.told * np.sqrt(np.mean(np.square(law.sigma)) / np.mean(np.square(sigma)))
    return dataclasses.replace(law, sigma=sigma, kernel=kernel / part, told=float(told))
