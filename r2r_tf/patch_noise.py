"""Noise for patches inside tf.data: draws like the noise of the images that they are from, white or correlated."""

import numpy as np

from r2r_tf import sampling
from r2r_tf.backend import tf
from r2r_tf.camera_noise import Correlated


def sampler(noises, patch_size, seed, role):
    """What draws noise for the patches of a step.

    Args:
      noises: noise model of each image, all of one kind.
      patch_size: side of the patches.
      seed, role: of the draws.
    Returns:
      Function of (step, corners as from `sampling.random_corners`, patches [B, p, p, C]) that returns (a fresh draw from the
      noise of each patch [B, p, p, C], the noise's level [B, 1, 1, 1] or [B, p, p, 1]).
    """
    z_seed = sampling.key(seed, f"{role} z")
    if isinstance(noises[0], Correlated):
        return _correlated(noises, patch_size, z_seed)
    levels = tf.constant([noise.sigma for noise in noises], tf.float32)

    def draw(step, corners, patches):
        level = tf.gather(levels, corners[0])[:, None, None, None]
        return level * sampling.standard_normal(tf.shape(patches), z_seed, step), level

    return draw


def _correlated(noises, patch_size, z_seed):
    kernels = {id(noise.kernel): noise.kernel for noise in noises}
    numbers = {key: number for number, key in enumerate(kernels)}
    margin = noises[0].margin
    side = patch_size + margin
    responses = tf.constant(np.stack([sampling.response(kernel, side) for kernel in kernels.values()]))
    number_of_image = tf.constant([numbers[id(noise.kernel)] for noise in noises])
    sigmas, levels = (sampling.pack(maps) for maps in ([n.sigma for n in noises], [n.level() for n in noises]))

    def draw(step, corners, patches):
        count, channels = tf.shape(patches)[0], patches.shape[-1]
        z = sampling.standard_normal([count, side, side, channels], z_seed, step)
        z = tf.ensure_shape(z, [None, side, side, channels])
        noise = sampling.filtered(z, tf.gather(responses, tf.gather(number_of_image, corners[0])), margin)
        return sampling.gather(sigmas, corners, patch_size) * noise, sampling.gather(levels, corners, patch_size)

    return draw
