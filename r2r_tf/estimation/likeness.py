"""Whether the noise of a picture may be that of a camera, as its JPEG files have it."""

import numpy as np
import scipy.fft

from r2r_tf.estimation import sharpness, spectrum
from r2r_tf.image_files import content

# of noise that is like a model's, the logarithms of its levels in the bands: their range, how far the coarsest may be above those
# next to it, and the finest above the middle, from and to; and how strong it may be
_EVEN, _COARSER, _FINER, _LEVELS = 0.7, 0.9, (-0.4, 0.11), (0.5, 2.0)
# the same of noise in pictures as soft as a camera takes them that were not saved as JPEG at that size; and how soft these are
_SOFT_EVEN, _SOFT_FINER, _SOFT_LEVELS, _SOFT = 0.5, 0.3, (1.0, 6.0), 0.01
# of noise that is finer than structure can be: how far the finest is above the coarse, at least, and above the middle, at most;
# the range; and how strong it is
_RISES, _FINEST, _RANGE, _STRONG = 0.15, 0.6, 0.75, (0.7, 4.0)
# part of the fine coefficients of JPEG's blocks that are nothing, in cameras' files; what is nothing, in grey levels; the blocks'
# side; how many pixels a side are looked at
_BRIGHTNESS = (0.299, 0.587, 0.114)  # of JPEG, from red, green and blue
_NOTHING, _ROUNDED, _JPEG, _MIDDLE = 0.89, 0.7, 8, 320


def is_like(y, model):
    """Whether the noise of a picture may be of a model's kind: about as strong in all bands of brightness, and nothing finer; or
    stronger the finer it is, as structure never is.

    What is no noise of a camera has other spectra: structure is coarse, the rounding of JPEG is fine, and texture that looks like
    noise goes on to the finest frequencies, where cameras, and the JPEG files that they write, leave nothing. Pictures that were
    not saved as JPEG at full size leave something there; those that are soft have no structure there either. Of PolyU's 70 noisy
    training pictures 64 are like the noise that `camera-sharp` knows, of three of other cameras all, of the clean ones of both
    none, as they are and as JPEG of quality 90. Of 50 Berkeley photographs without noise none is, as they are and as JPEG of
    quality 75 and 92, of the same doubled in size and saved at 85 five, of 40 clean pictures of phones saved at 90 twelve.

    Args:
      y: [H, W, C] noisy image, [0, 1] scale.
      model: `CameraNoise`.
    Returns:
      False for pictures that have too few windows, too.
    """
    found = spectrum.band_levels(y, model)
    if found is None:
        return False
    middle, (coarsest, *others) = np.median(found[1:]), found
    finer, level, extent = found[-1] - middle, np.exp(middle), np.ptp(others)
    flat = coarsest - np.median(others[:3]) < _COARSER
    if flat and extent < _SOFT_EVEN and finer < _SOFT_FINER and _SOFT_LEVELS[0] < level < _SOFT_LEVELS[1]:
        if sharpness.sharpness(y) < _SOFT:
            return True
    if _share_of_nothing(y) < _NOTHING:
        return False
    even = flat and extent < _EVEN and _FINER[0] < finer < _FINER[1]
    rises = found[-1] - found[:3].mean() > _RISES and finer < _FINEST and extent < _RANGE
    return bool((even and _LEVELS[0] < level < _LEVELS[1]) or (rises and _STRONG[0] < level < _STRONG[1]))


def _share_of_nothing(y):
    """Part of the fine coefficients of JPEG's blocks that are 0 but for rounding, at the best place of the blocks' grid.

    Args:
      y: [H, W, 3] or [H, W, 1], [0, 1] scale, of a file of 8 bits.
    """
    weights = np.float32(_BRIGHTNESS if y.shape[-1] == len(_BRIGHTNESS) else [1.0])
    brightness = 255 * y[content.middle(y.shape, _MIDDLE)] @ weights
    fine = np.add.outer(np.arange(_JPEG), np.arange(_JPEG)) > _JPEG // 2
    shares = []
    for top, left in np.ndindex(_JPEG, _JPEG):
        part = brightness[top:, left:]
        height, width = (side // _JPEG for side in part.shape)
        blocks = part[: height * _JPEG, : width * _JPEG].reshape(height, _JPEG, width, _JPEG)
        shares.append(np.mean(np.abs(scipy.fft.dctn(blocks, axes=(1, 3), norm="ortho").swapaxes(1, 2)[..., fine]) < _ROUNDED))
    return max(shares)
