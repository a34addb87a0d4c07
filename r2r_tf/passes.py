"""Passes of a network over recorrupted images, and their mean.

Arrays are NumPy, float32, [0, 1] scale. Draws are `fields`, keyed by seed, image and number, so an estimate with few draws is a
prefix of one with more, and a window of an image gets the draws that it has in the whole.
"""

import itertools
from typing import NamedTuple

import numpy as np

from r2r_tf import fields, orientations, patches, recorruption
from r2r_tf.errors import InputError
from r2r_tf.models import structure

# pixels of one call of the network: DnCNN then takes some 0.5 GB
_MAX_PIXELS = 1 << 19


class Average(NamedTuple):
    """What an estimate is the mean of: passes over y + alpha z_t, t = 1..T, or, for T = 0, over y itself.

    Attributes:
      alpha: of the recorruption.
      num_recorruptions: T.
      antithetic: draws in pairs z, -z; T is then even.
      orientations: the passes go through so many of the eight orientations of the image in turn; for T = 0 their number.
    """

    alpha: float
    num_recorruptions: int
    antithetic: bool = True
    orientations: int = 1


class Pass(NamedTuple):
    """One pass over an image: the number of its z, the sign of that (0: y itself), and the image's orientation."""

    number: int
    sign: int
    orientation: int = 0


def passes_of(average):
    """The passes that an `Average` is the mean of, as a list of `Pass`."""
    if not average.num_recorruptions:
        return [Pass(0, 0, orientation) for orientation in range(average.orientations)]
    return [
        Pass(draw // 2, 1 - 2 * (draw % 2), draw % average.orientations)
        if average.antithetic
        else Pass(draw, 1, draw % average.orientations)
        for draw in range(average.num_recorruptions)
    ]


def in_words(summary):
    """Such as 'T 8 antithetic in 8 orientations, alpha 0.5' or 'f(y) in 8 orientations'.

    Args:
      summary: dict that holds the fields of an `Average`, those with defaults if they differ from them.
    """
    average = Average(**{key: value for key, value in summary.items() if key in Average._fields})
    turns = f" in {average.orientations} orientations" if average.orientations > 1 else ""
    if not average.num_recorruptions:
        return f"f(y){turns}"
    return f"T {average.num_recorruptions}{' antithetic' if average.antithetic else ''}{turns}, alpha {average.alpha:g}"


def averaged_estimate(network, y, noises, average, seed, origin=(0, 0)):
    """The mean over the passes for each image.

    Args:
      network: `keras.Model`.
      y: [B, H, W, C] float32.
      noises: noise model of each image.
      average: `Average`.
      seed: a number or a tuple of numbers.
      origin: row and column of y in the images that it is a window of.
    Returns:
      [B, H, W, C] float32.
    """
    return mean_and_deviation(network, y, noises, average, seed, origin)[0]


def mean_and_deviation(network, y, noises, average, seed, origin=(0, 0), first_image=0):
    """The mean over the passes for each image, and the standard deviation between them, 0 for a single pass.

    Args:
      network, y, noises, average, seed, origin: as in `averaged_estimate`.
      first_image: number of the first image; numbers tell the images' draws apart.
    Returns:
      ([B, H, W, C], [B, H, W, C]) float32.
    """
    own = passes_of(average)
    jobs = [(image, one) for image in range(len(y)) for one in own]
    mean, squares, counts = np.zeros(y.shape), np.zeros(y.shape), np.zeros(len(y), int)
    results = outputs(network, y, noises, average.alpha, jobs, seed, origin, first_image)
    for (image, _), output in zip(jobs, results, strict=True):
        # Welford's recurrence: no difference of large sums
        counts[image] += 1
        change = output - mean[image]
        mean[image] += change / counts[image]
        squares[image] += change * (output - mean[image])
    return mean.astype(np.float32), np.sqrt(squares / max(1, len(own) - 1)).astype(np.float32)


def outputs(network, y, noises, alpha, jobs, seed, origin=(0, 0), first_image=0):
    """Yields f(y + sign alpha z) for each job, some at a time through the network.

    Args:
      network, y, noises, seed, origin, first_image: as in `mean_and_deviation`.
      alpha: of the recorruption.
      jobs: list of (number of the image, `Pass`).
    Yields:
      [H, W, C] float32.
    """
    chunk = max(1, _MAX_PIXELS // (y.shape[1] * y.shape[2]))
    with_level, multiple = structure.takes_level(network), structure.side_multiple(network)

    def network_input(image, one):
        """The recorrupted image, with its noise level as one more channel where the network wants it, padded, turned."""
        noise, noisy = noises[image], y[image]
        if one.sign:
            rows, columns = ((first, first + side + noise.margin) for first, side in zip(origin, y.shape[1:3], strict=True))
            z = fields.window((*np.atleast_1d(seed), first_image + image, one.number), rows, columns, y.shape[3])
            noisy = noisy + np.float32(alpha * one.sign) * noise.sample(z)
        if with_level:
            level = noise.level() * recorruption.input_gain(one.sign * alpha)
            noisy = np.concatenate([noisy, np.broadcast_to(np.float32(level), noisy[..., :1].shape)], axis=-1)
        return orientations.turned(padded(noisy[None], multiple)[0], one.orientation)

    for start in range(0, len(jobs), chunk):
        part = jobs[start : start + chunk]
        # turned images may have another shape
        for _, group in itertools.groupby(part, lambda job: orientations.keeps_shape(job[1].orientation)):
            group = list(group)
            estimates = network.predict_on_batch(np.stack([network_input(*job) for job in group]))
            for (_, one), estimate in zip(group, np.asarray(estimates, np.float32), strict=True):
                yield orientations.turned_back(estimate, one.orientation)[: y.shape[1], : y.shape[2]]


def one_pass(network, inputs, level=None):
    """f of a batch, whatever the network wants: the noise level as one more channel, sides that are a multiple of its strides.

    Args:
      network: `keras.Model`.
      inputs: [B, H, W, C] float32; reflected at the lower and right border where sides have to grow.
      level: standard deviation of the noise in the inputs, for networks that are told it: a number, or [B] or [B, H, W, 1].
    Returns:
      [B, H, W, C] float32.
    Raises:
      InputError: a network that is told the level is not.
    """
    if structure.takes_level(network):
        if level is None:
            raise InputError("This network is told the noise level: give sigma.")
        level = np.asarray(level, np.float32)
        level = level if level.ndim == 4 else level.reshape(-1, 1, 1, 1)
        inputs = np.concatenate([inputs, np.broadcast_to(level, (*inputs.shape[:3], 1))], axis=-1)
    estimates = network.predict_on_batch(padded(inputs, structure.side_multiple(network)))
    return np.asarray(estimates, np.float32)[:, : inputs.shape[1], : inputs.shape[2]]


def padded(inputs, multiple):
    """[B, H, W, C] with sides that are multiples, reflected at the lower and right border where they have to grow."""
    if all(side % multiple == 0 for side in inputs.shape[1:3]):
        return inputs
    rows, columns = (patches.reflected(side, multiple) for side in inputs.shape[1:3])
    return inputs[:, rows][:, :, columns]
