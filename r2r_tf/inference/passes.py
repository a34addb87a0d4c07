"""Passes of a network over recorrupted images, and their mean.

Arrays are NumPy, float32, [0, 1] scale. Draws are `draws.FieldDraws`, keyed by seed, image and number, so an estimate with few
draws is a prefix of one with more, and a window of an image gets the draws that it has in the whole.
"""

import itertools
from typing import NamedTuple

import numpy as np

from r2r_tf import recorruption
from r2r_tf.errors import InputError
from r2r_tf.inference import draws, orientations, patches

# pixels of one call of the network: DnCNN then takes some 0.5 GB
MOST_PIXELS = 1 << 19


class Average(NamedTuple):
    """What an estimate is the mean of: passes over y + alpha z_t, t = 1..T, or, for T = 0, over y itself.

    Attributes:
      alpha: of the recorruption.
      num_recorruptions: T.
      antithetic: draws in pairs z, -z; T is then even.
      orientations: how many of the eight orientations of the image the passes go through in turn; for T = 0 their number.
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


class Running:
    """Mean and spread of a series of arrays, by Welford's recurrence: no difference of large sums."""

    def __init__(self, shape):
        self.count, self._mean, self._squares = 0, np.zeros(shape), np.zeros(shape)

    def add(self, value):
        """Takes one more array."""
        self.count += 1
        change = value - self._mean
        self._mean += change / self.count
        self._squares += change * (value - self._mean)

    @property
    def mean(self):
        """The mean so far, float32."""
        return self._mean.astype(np.float32)

    @property
    def variance(self):
        """The variance of the values, 0 for one."""
        return self._squares / max(1, self.count - 1)


def averaged_estimate(denoiser, y, noises, average, *, seed, origin=(0, 0), numbers=None):
    """The mean over the passes for each image.

    Args:
      denoiser: `denoisers.Denoiser`.
      y: [B, H, W, C] float32.
      noises: `noise.ImageNoise` of each image.
      average: `Average`.
      seed: a number or a tuple of numbers.
      origin: row and column of y in the images that it is a window of.
      numbers: as in `mean_and_deviation`.
    Returns:
      [B, H, W, C] float32.
    """
    return mean_and_deviation(denoiser, y, noises, average, seed=seed, origin=origin, numbers=numbers)[0]


def mean_and_deviation(denoiser, y, noises, average, *, seed, origin=(0, 0), numbers=None):
    """The mean over the passes for each image, and the standard deviation between them, 0 for a single pass.

    Args:
      denoiser, y, noises, average, seed, origin: as in `averaged_estimate`.
      numbers: of the images, which tell their draws apart; None for 0, 1, ...
    Returns:
      ([B, H, W, C], [B, H, W, C]) float32.
    """
    jobs = [(image, one) for image in range(len(y)) for one in passes_of(average)]
    series = [Running(y.shape[1:]) for _ in y]
    results = outputs(denoiser, y, noises, jobs, alpha=average.alpha, seed=seed, origin=origin, numbers=numbers)
    for (image, _), output in zip(jobs, results, strict=True):
        series[image].add(output)
    return np.stack([own.mean for own in series]), np.sqrt([own.variance for own in series]).astype(np.float32)


def outputs(denoiser, y, noises, jobs, *, alpha, seed, origin=(0, 0), numbers=None):
    """Yields f(y_hat) for each job, y_hat recorrupted by z, by -z or not at all; some at a time through the network.

    Args:
      denoiser, y, noises, seed, origin, numbers: as in `mean_and_deviation`.
      jobs: list of (place of the image in y, `Pass`).
      alpha: of the recorruption.
    Yields:
      [H, W, C] float32.
    """
    chunk = max(1, MOST_PIXELS // (y.shape[1] * y.shape[2]))
    spans = [(start, start + side) for start, side in zip(origin, y.shape[1:3], strict=True)]

    def recorrupted(image, one):
        """(input, its noise's level) of a pass."""
        if not one.sign:
            return y[image], noises[image].level()
        own = draws.FieldDraws((*np.atleast_1d(seed), numbers[image] if numbers else image, one.number), *spans, y.shape[3])
        y_hat, _ = noises[image].recorrupt(y[image], own if one.sign > 0 else own.mirrored(), alpha)
        return y_hat, noises[image].scaled(recorruption.input_gain(alpha)).level()

    for start in range(0, len(jobs), chunk):
        part = jobs[start : start + chunk]
        # turned images may have another shape
        for _, group in itertools.groupby(part, lambda job: orientations.keeps_shape(job[1].orientation)):
            group = list(group)
            inputs, levels = zip(*(recorrupted(*job) for job in group), strict=True)
            yield from apply(denoiser, np.stack(inputs), levels, [one.orientation for _, one in group])


def apply(denoiser, inputs, level=None, turns=None):
    """One pass of the network over a batch, whatever it wants: the level as one more channel, sides that fit its strides.

    Args:
      denoiser: `denoisers.Denoiser`.
      inputs: [B, H, W, C] float32; reflected at the lower and right border where sides have to grow.
      level: standard deviation of the noise in the inputs, for networks that are told it: a number, an array that broadcasts
        against [B, H, W, 1], or a list with a number or a map [H, W, 1] for each.
      turns: orientation of each input on its way through the network, all of which keep its shape or all of which do not; None
        for upright ones.
    Returns:
      [B, H, W, C] float32.
    Raises:
      InputError: a network that is told the level is not.
    """
    if denoiser.form.takes_level:
        if level is None:
            raise InputError("This network is told the noise level: give sigma.")
        if isinstance(level, list | tuple):
            level = np.stack([np.float32(own) if np.ndim(own) else np.full((1, 1, 1), own, np.float32) for own in level])
        inputs = np.concatenate([inputs, np.broadcast_to(np.float32(level), (*inputs.shape[:3], 1))], axis=-1)
    batch = padded(inputs, denoiser.form.multiple)
    if turns:
        batch = np.stack([orientations.turned(image, turn) for image, turn in zip(batch, turns, strict=True)])
    estimates = np.asarray(denoiser.network.predict_on_batch(batch), np.float32)
    if turns:
        estimates = np.stack([orientations.turned_back(image, turn) for image, turn in zip(estimates, turns, strict=True)])
    return estimates[:, : inputs.shape[1], : inputs.shape[2]]


def padded(inputs, multiple):
    """[B, H, W, C] with sides that are multiples, reflected at the lower and right border where they have to grow."""
    if all(side % multiple == 0 for side in inputs.shape[1:3]):
        return inputs
    rows, columns = (patches.reflected(side, multiple) for side in inputs.shape[1:3])
    return inputs[:, rows][:, :, columns]
