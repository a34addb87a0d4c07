"""The noise of a batch of patches: what each family knows of its images, gathered at the places that the patches are from."""

import numpy as np

from r2r_tf.backend import tf
from r2r_tf.data import sampling


class Take:
    """Turns lists over images into functions from corners (as from `sampling.random_corners`) to tensors over patches."""

    def __init__(self, patch_size):
        self._size = patch_size

    def numbers(self, values):
        """[B, 1, 1, 1] of a number for each image."""
        table = tf.constant(values, tf.float32)
        return lambda corners: tf.gather(table, corners[0])[:, None, None, None]

    def maps(self, values):
        """[B, p, p, C] of a map [H, W, C] for each image."""
        pixels = sampling.pack(values)
        return lambda corners: sampling.gather(pixels, corners, self._size)

    def filters(self, kernels):
        """The function z -> z filtered, of a kernel [k, k, C, C] for each image; equal ones are kept once."""
        distinct = {id(kernel): kernel for kernel in kernels}
        numbers = {key: number for number, key in enumerate(distinct)}
        margin = len(kernels[0]) - 1
        responses = tf.constant(np.stack([sampling.response(kernel, self._size + margin) for kernel in distinct.values()]))
        number_of_image = tf.constant([numbers[id(kernel)] for kernel in kernels])

        def at(corners):
            own = tf.gather(responses, tf.gather(number_of_image, corners[0]))
            return lambda z: sampling.filtered(z, own, margin)

        return at


def of_images(images, patch_size):
    """Function from corners to the `noise.ImageNoise` of the patches.

    Args:
      images: list of `FrozenImage`, whose noises are all of one family.
      patch_size: side of the patches.
    """
    noises = [image.noise for image in images]
    return type(noises[0]).of_patches(noises, Take(patch_size))
