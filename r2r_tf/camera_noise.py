"""Noise of cameras: correlated between pixels and channels, of a level that depends on brightness and on what is in the picture.

Images are [H, W, C] float32 NumPy arrays, [0, 1] scale.
"""

from typing import NamedTuple

import numpy as np
import scipy.fft
import scipy.ndimage

# of the pilot; wide enough that a pixel's own noise has little weight in it
_PILOT_WIDTH = 4.0
_PILOT_RADIUS = 16
# of the gradients that tell structure from flat areas, and of their mean around a pixel
_GRADIENT_WIDTH, _GRADIENT_RADIUS = 2.0, 8
_ACTIVITY_WIDTH, _ACTIVITY_RADIUS = 3.0, 12
# how far around a pixel its level depends on the image
_REACH = max(_PILOT_RADIUS, _GRADIENT_RADIUS + _ACTIVITY_RADIUS)


class Correlated(NamedTuple):
    """Noise of one image, n = S z with S = diag(sigma) K: white draws, filtered, then scaled pixel by pixel; Sigma = S S^T.

    Recorruption with A = alpha S, B = S / alpha has A B^T = Sigma: it is exact, and is the general form of the paper's equation
    (6), whatever K. White draws in place of K z are not.

    Attributes:
      sigma: standard deviation of each pixel, an array that broadcasts against the image.
      kernel: [k, k, C, C], the filter K; squares sum to 1 over all but the last axis, so that sigma is what it says.
    """

    sigma: np.ndarray
    kernel: np.ndarray

    @property
    def margin(self):
        """How many more rows and columns z needs than the noise has."""
        return len(self.kernel) - 1

    def sample(self, z):
        """Noise from standard normal draws.

        Args:
          z: [..., H + margin, W + margin, C]: the filter takes real neighbours, nothing is wrapped around.
        Returns:
          n, [..., H, W, C].
        """
        return self.sigma * filtered(z, self.kernel)

    def of_patch(self, rows, columns):
        """The noise of a patch, given as slices."""
        return self._replace(sigma=self.sigma[rows, columns])

    def level(self):
        """Standard deviation of the noise at each pixel, the root of the channels' mean variance, [H, W, 1] float32."""
        return np.sqrt(np.mean(np.square(self.sigma), axis=-1, keepdims=True)).astype(np.float32)

    def scaled(self, factor):
        """The same noise, so many times as strong."""
        return self._replace(sigma=self.sigma * factor)

    def mean_variance(self):
        """Noise variance of a pixel, averaged over pixels and channels."""
        return float(np.mean(np.square(self.sigma)))


class CameraNoise(NamedTuple):
    """Noise of one setting of a camera.

    Attributes:
      brightness: [K] rising knots, [0, 1] scale.
      sigma: [K, C] standard deviations there in flat areas, linear between, constant outside.
      kernel: as in `Correlated`.
      activity: [L] rising knots, as `activity` has it.
      gain: [L] how many times as strong the noise is there, linear between, constant outside. Cameras smooth flat areas.
    """

    brightness: np.ndarray
    sigma: np.ndarray
    kernel: np.ndarray
    activity: np.ndarray = np.zeros(1)
    gain: np.ndarray = np.ones(1)

    def of_image(self, y):
        """`Correlated`, the noise of one noisy image; its brightness and structure are taken from the image itself, smoothed.

        The level then depends a little on the noise that it is the level of, so recorruption is not exact any more. For a pixel
        of noise n, sigma = s + s' p with p the noise of the pilot, b = Cov(p, n) / Var(n) and u = n + alpha sigma z, the
        target's noise t = n - sigma z / alpha is still uncorrelated with u, and to first order in s'

          E[t u^2] = 2 s' b s^3 (alpha^2 - 2),

        where independence has 0. For white noise b is 0.01 here, for the correlated noise of cameras some 0.06, for sigma(y) of
        the very pixel 1; s' is a few hundredths. The gain has no such term where the image is flat: it is even in the noise.

        Args:
          y: [H, W, C] noisy image.
        """
        level = self.flat_level(y)
        gain = np.interp(activity(y, level), self.activity, self.gain)
        return Correlated(level * gain[..., None].astype(np.float32), self.kernel)

    def flat_level(self, y):
        """What the noise's standard deviation would be if the image [H, W, C] were flat at each pixel, [H, W, C] float32."""
        return self.level_at(scipy.ndimage.gaussian_filter(y, (_PILOT_WIDTH, _PILOT_WIDTH, 0), radius=_PILOT_RADIUS))

    def of_window(self, read, rows, columns, shape):
        """`Correlated`, the noise of a window of an image, as a part of that of the whole.

        Args:
          read: function of rows and columns, each (first, behind the last), that returns that window [h, w, C] of the image.
          rows, columns: the window.
          shape: of the image.
        """
        (top, wider_rows), (left, wider_columns) = (
            (start - max(0, start - _REACH), (max(0, start - _REACH), min(side, stop + _REACH)))
            for (start, stop), side in zip((rows, columns), shape[:2], strict=True)
        )
        whole = self.of_image(read(wider_rows, wider_columns))
        return whole.of_patch(slice(top, top + rows[1] - rows[0]), slice(left, left + columns[1] - columns[0]))

    def scaled(self, factor):
        """The same noise, so many times as strong."""
        return self._replace(sigma=self.sigma * factor)

    def level_at(self, pilot):
        """Standard deviation in flat areas for an image [..., C] that tells the brightness, [..., C] float32."""
        channels = [np.interp(pilot[..., c], self.brightness, self.sigma[:, c]) for c in range(pilot.shape[-1])]
        return np.stack(channels, axis=-1).astype(np.float32)

    def to_json(self):
        """The model as a dict that `from_json` reads back."""
        arrays = {name: np.asarray(value, np.float64).round(7).tolist() for name, value in self._asdict().items()}
        return {"name": "camera", **arrays}


def from_json(spec):
    """The `CameraNoise` that `to_json` wrote."""
    return CameraNoise(*(np.asarray(spec[name], np.float32) for name in CameraNoise._fields))


def activity(y, level):
    """How much structure there is around each pixel, in units of the noise: 0.1 to 0.2 for noise alone, 5 at strong edges.

    The magnitude of the gradient of the channels' mean, by Gaussian derivatives, and its mean around the pixel.

    Args:
      y: [H, W, C] noisy image.
      level: standard deviation of its noise in flat areas, [H, W, C].
    Returns:
      [H, W] float32.
    """
    gray = y.mean(axis=-1)
    gradients = [
        scipy.ndimage.gaussian_filter(gray, _GRADIENT_WIDTH, order, radius=_GRADIENT_RADIUS) for order in ((1, 0), (0, 1))
    ]
    around = scipy.ndimage.gaussian_filter(np.hypot(*gradients), _ACTIVITY_WIDTH, radius=_ACTIVITY_RADIUS)
    return (around / np.maximum(level.mean(axis=-1), 1e-6)).astype(np.float32)


def filtered(z, kernel):
    """noise[c] = sum over d of kernel[:, :, d, c] convolved with z[d], where the kernel fits into z.

    Args:
      z: [..., H + k - 1, W + k - 1, C].
      kernel: [k, k, C, C].
    Returns:
      [..., H, W, C], of z's dtype.
    """
    sides = z.shape[-3:-1]
    grid = [scipy.fft.next_fast_len(side, real=True) for side in sides]
    spectrum = scipy.fft.rfft2(z, grid, axes=(-3, -2))
    response = scipy.fft.rfft2(kernel, grid, axes=(0, 1))
    full = scipy.fft.irfft2(np.einsum("...hwd,hwdc->...hwc", spectrum, response), grid, axes=(-3, -2))
    first = len(kernel) - 1
    return full[..., first : sides[0], first : sides[1], :].astype(z.dtype)
