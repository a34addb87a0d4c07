"""Passes of a network over recorrupted images, and their mean.

Arrays are NumPy, float32, [0, 1] scale. Draws come from NumPy's generator, keyed by seed, image and number, so an estimate with
few draws is a prefix of one with more.
"""

import numpy as np

from r2r_tf import patches, recorruption
from r2r_tf.errors import InputError
from r2r_tf.models import structure

# pixels of one call of the network: DnCNN then takes some 0.5 GB
_MAX_PIXELS = 1 << 19


def averaged_estimate(network, y, noises, alpha, num_recorruptions, antithetic, seed):
    """Mean of f(y + alpha z_t) over T draws for each image; f(y) for T = 0.

    Args:
      network: `keras.Model`.
      y: [B, H, W, C] float32.
      noises, alpha, num_recorruptions, antithetic: as from `inference.draws`.
      seed: a number or a tuple of numbers.
    Returns:
      [B, H, W, C] float32.
    """
    draws = draw_numbers(num_recorruptions, antithetic) if num_recorruptions else [(0, 0)]
    jobs = [(image, *draw) for image in range(len(y)) for draw in draws]
    total = np.zeros(y.shape, np.float64)
    for (image, _, _), output in zip(jobs, outputs(network, y, noises, alpha, jobs, seed), strict=True):
        total[image] += output
    return (total / len(draws)).astype(np.float32)


def draw_numbers(num_recorruptions, antithetic):
    """The draws of an estimate as (number of z, sign): pairs z, -z if antithetic."""
    return [(draw // 2, 1 - 2 * (draw % 2)) if antithetic else (draw, 1) for draw in range(num_recorruptions)]


def outputs(network, y, noises, alpha, jobs, seed):
    """Yields f(y + sign alpha z) for each job, some at a time through the network.

    Args:
      network, y, noises, alpha, seed: as in `averaged_estimate`.
      jobs: list of (image, number of its z, sign); sign 0 is f(y) itself.
    Yields:
      [H, W, C] float32.
    """
    chunk = max(1, _MAX_PIXELS // (y.shape[1] * y.shape[2]))

    def recorrupted(image, number, sign):
        if not sign:
            return y[image]
        noise = noises[image]
        shape = (y.shape[1] + noise.margin, y.shape[2] + noise.margin, y.shape[3])
        z = np.random.default_rng([*np.atleast_1d(seed), image, number]).standard_normal(shape, np.float32)
        return y[image] + np.float32(alpha * sign) * noise.sample(z)

    for start in range(0, len(jobs), chunk):
        part = jobs[start : start + chunk]
        levels = None
        if structure.takes_level(network):
            levels = np.stack([noises[image].level() * recorruption.input_gain(sign * alpha) for image, _, sign in part])
        yield from one_pass(network, np.stack([recorrupted(*job) for job in part]), levels)


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
    height, width = inputs.shape[1:3]
    if structure.takes_level(network):
        if level is None:
            raise InputError("This network is told the noise level: give sigma.")
        level = np.asarray(level, np.float32)
        level = level if level.ndim == 4 else level.reshape(-1, 1, 1, 1)
        inputs = np.concatenate([inputs, np.broadcast_to(level, (*inputs.shape[:3], 1))], axis=-1)
    multiple = structure.side_multiple(network)
    rows, columns = (patches.reflected(side, multiple) for side in (height, width))
    return np.asarray(network.predict_on_batch(inputs[:, rows][:, :, columns]), np.float32)[:, :height, :width]
