"""Noise of cameras: correlated between pixels and channels, of a level that depends on brightness and on what is in the picture.

Images are [H, W, C] float32 NumPy arrays, [0, 1] scale.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import scipy.fft
import scipy.ndimage

from r2r_tf.errors import InputError
from r2r_tf.noise.model import AdditiveGaussian, mean_level

# of the pilot; wide enough that a pixel's own noise has little weight in it
_PILOT_WIDTH = 4.0
_PILOT_RADIUS = 16
# of the gradients that tell structure from flat areas, and of their mean around a pixel
_GRADIENT_WIDTH, _GRADIENT_RADIUS = 2.0, 8
_ACTIVITY_WIDTH, _ACTIVITY_RADIUS = 3.0, 12
# how far around a pixel its level depends on the image
_REACH = max(_PILOT_RADIUS, _GRADIENT_RADIUS + _ACTIVITY_RADIUS)


@dataclasses.dataclass(frozen=True)
class Correlated(AdditiveGaussian):
    """Noise of one image, n = S z with S = diag(sigma) K: white draws, filtered, then scaled pixel by pixel; Sigma = S S^T.

    Recorruption with A = alpha S, B = S / alpha has A B^T = Sigma: it is exact, and is the general form of the paper's equation
    (6), whatever K. White draws in place of K z are not.

    Attributes:
      sigma: standard deviation of each pixel, an array that broadcasts against the image.
      kernel: [k, k, C, C], the filter K; squares sum to 1 over all but the last axis, so that sigma is what it says.
      told: what a network is told of it, in units of sigma.
    """

    sigma: np.ndarray
    kernel: np.ndarray
    told: float = 1.0

    @property
    def margin(self):
        """How many more rows and columns z needs than the noise has: the filter takes real neighbours, nothing is wrapped."""
        return len(self.kernel) - 1

    def from_normal(self, z):
        """n [..., H, W, C] from standard normal draws [..., H + margin, W + margin, C]."""
        return self.sigma * filtered(z, self.kernel)

    def level(self):
        """What a network is told: standard deviations, roots of the channels' mean variance, times told, [H, W, 1] float32."""
        return (self.told * np.sqrt(np.mean(np.square(self.sigma), axis=-1, keepdims=True))).astype(np.float32)

    def mean_variance(self):
        """Noise variance of a pixel, averaged over pixels and channels."""
        return float(np.mean(np.square(self.sigma)))

    def scaled(self, factor):
        """The same noise, `factor` times as strong."""
        return dataclasses.replace(self, sigma=self.sigma * factor)

    def binned(self, k):
        """Correlated noise does not fall by k.

        Raises:
          InputError: always.
        """
        raise InputError("`binning` is for white noise, and this is a camera's, which is correlated. Leave it out.")

    def crop(self, rows, columns):
        """The noise of a part of the image, given as slices."""
        return dataclasses.replace(self, sigma=self.sigma[rows, columns])

    @staticmethod
    def of_patches(noises, take):
        """`CorrelatedPatches`; images may share their kernels."""
        sigmas, levels = take.maps([noise.sigma for noise in noises]), take.maps([noise.level() for noise in noises])
        filters, margin = take.filters([noise.kernel for noise in noises]), noises[0].margin
        return lambda corners: CorrelatedPatches(sigmas(corners), levels(corners), filters(corners), margin)


@dataclasses.dataclass(frozen=True)
class CorrelatedPatches(AdditiveGaussian):
    """`Correlated` for a batch of patches.

    Attributes:
      sigma: [B, p, p, C].
      told: the level, [B, p, p, 1].
      filter: function of z [B, p + margin, p + margin, C] that returns [B, p, p, C].
      margin: as in `Correlated`.
    """

    sigma: object
    told: object
    filter: Callable
    margin: int

    def from_normal(self, z):
        """n [B, p, p, C]."""
        return self.sigma * self.filter(z)

    def level(self):
        """[B, p, p, 1]."""
        return self.told

    def scaled(self, factor):
        """The same noise, `factor` times as strong."""
        return dataclasses.replace(self, sigma=self.sigma * factor, told=self.told * factor)


@dataclasses.dataclass(frozen=True)
class CameraNoise:
    """Noise of one setting of a camera.

    Attributes:
      brightness: [K] rising knots, [0, 1] scale.
      sigma: [K, C] standard deviations there in flat areas, linear between, constant outside.
      kernel: as in `Correlated`.
      activity: [L] rising knots, as `activity` has it.
      gain: [L] how many times as strong the noise is there, linear between, constant outside. Cameras smooth flat areas.
      told: what networks are told of it, in units of its standard deviation: not 1 for noise of another coarseness than that
        which they expect.
    """

    brightness: np.ndarray
    sigma: np.ndarray
    kernel: np.ndarray
    activity: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(1))
    gain: np.ndarray = dataclasses.field(default_factory=lambda: np.ones(1))
    told: float = 1.0

    family, levels, white, estimator, reach = "camera", "map", False, "spectrum", _REACH
    polynomial = None

    def draw(self, u):
        """Itself."""
        del u
        return self

    def at(self, y):
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
        return Correlated(level * gain[..., None].astype(np.float32), self.kernel, self.told)

    def with_level(self, y, sigma):
        """The same law, of the root mean square sigma over an image. How much structure counts depends on the scale."""
        model = self
        for _ in range(5):
            model = model.scaled(sigma / max(mean_level(model.at(y)), 1e-9))
        return model

    def own_part(self):
        """Which part of a pixel's noise is of its own draw, 1 for white noise."""
        middle = len(self.kernel) // 2
        return float(np.square(np.diagonal(self.kernel[middle, middle])).sum() / np.square(self.kernel).sum())

    def inside(self, sigma):
        """sigma itself: any strength is one of this law."""
        return sigma

    def scaled(self, factor):
        """The same law, `factor` times as strong."""
        return dataclasses.replace(self, sigma=self.sigma * factor)

    def gray(self):
        """The law of the mean of the channels. What is told of it stays that of the channels.

        The filter takes brightness apart from differences of colours, as estimated ones do: brightness is a white draw, filtered.
        """
        channels = self.kernel.shape[-1]
        kernel = self.kernel.sum(axis=(2, 3), keepdims=True) / channels
        part = float(np.sqrt(np.square(kernel).sum()))
        sigma = self.sigma.mean(axis=1, keepdims=True) * part / np.sqrt(channels)
        told = self.told * np.sqrt(np.mean(np.square(self.sigma)) / np.mean(np.square(sigma)))
        return dataclasses.replace(self, sigma=sigma, kernel=kernel / part, told=float(told))

    def flat_level(self, y):
        """What the noise's standard deviation would be if the image [H, W, C] were flat at each pixel, [H, W, C] float32."""
        return self.level_at(scipy.ndimage.gaussian_filter(y, (_PILOT_WIDTH, _PILOT_WIDTH, 0), radius=_PILOT_RADIUS))

    def level_at(self, pilot):
        """Standard deviation in flat areas for an image [..., C] that tells the brightness, [..., C] float32."""
        channels = [np.interp(pilot[..., c], self.brightness, self.sigma[:, c]) for c in range(pilot.shape[-1])]
        return np.stack(channels, axis=-1).astype(np.float32)

    def to_json(self):
        """The model as a dict."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {"name": "camera", **{name: np.asarray(value, np.float64).round(7).tolist() for name, value in values.items()}}

    @classmethod
    def from_json(cls, spec):
        """Undoes `to_json`."""
        return cls(**{name: np.asarray(value, np.float32) for name, value in spec.items() if name != "name"})


FAMILIES = {"camera": CameraNoise}


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
