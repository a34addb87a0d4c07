"""The eight orientations of an image: quarter turns and mirror images.

Natural images are as likely one way as another, a trained network is not quite as good at all of them, and its errors differ: the
mean of estimates in several orientations is better than each. Images are [H, W, C] NumPy arrays.
Source: Timofte et al., "Seven ways to improve example-based single image super resolution", CVPR 2016 ("enhanced prediction").
"""

import numpy as np

# the identity first, then those that keep the shape
_ORDER = (0, 6, 2, 4, 1, 7, 3, 5)
COUNT = len(_ORDER)


def turned(image, number):
    """The image in orientation `number`, 0 to 7; 0 is as it is. The last four exchange height and width."""
    code = _ORDER[number]
    rotated = np.rot90(image, code % 4)
    return rotated[:, ::-1] if code >= 4 else rotated


def turned_back(image, number):
    """Undoes `turned`."""
    code = _ORDER[number]
    return np.rot90(image[:, ::-1] if code >= 4 else image, -(code % 4))


def keeps_shape(number):
    """Whether height and width stay in this orientation."""
    return _ORDER[number] % 2 == 0
