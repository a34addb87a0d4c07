"""Weights for colour pictures of cameras, applied to gray ones: colours that are all alike, of which brightness counts."""

import dataclasses
import functools

import keras
from keras import ops

_MOST_KEPT = 2


def fitting(denoiser, channels):
    """The denoiser for pictures of so many channels: another for gray ones where this one is for colour pictures of cameras.

    Args:
      denoiser: `denoisers.Denoiser`.
      channels: of the pictures.
    """
    is_for_colour = denoiser.form.takes_level and denoiser.form.channels == 3 and hasattr(denoiser.noise, "gray")
    return for_gray(denoiser) if channels == 1 and is_for_colour else denoiser


@functools.lru_cache(maxsize=_MOST_KEPT)
def for_gray(denoiser):
    """A denoiser for gray pictures, of one for colour pictures that is told the level of a camera's noise.

    Args:
      denoiser: `denoisers.Denoiser` of three channels whose noise model has a law of gray pictures, as a camera's has.
    """
    inputs = keras.Input((None, None, 2), name="noisy_and_level")
    gray, level = inputs[..., :1], inputs[..., 1:]
    colours = denoiser.network(ops.concatenate([gray, gray, gray, level], axis=-1))
    network = keras.Model(inputs, ops.mean(colours, axis=-1, keepdims=True))
    return dataclasses.replace(denoiser, network=network, noise=denoiser.noise.gray())
