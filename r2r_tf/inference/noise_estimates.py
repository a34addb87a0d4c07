"""The noise of an array, as `denoise` finds it: an estimate that reads as a sentence and draws itself."""

import dataclasses

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from r2r_tf import pretrained
from r2r_tf.estimation import laws, noise_cells
from r2r_tf.image_files import content
from r2r_tf.inference import arrays, defaults, levels, stacks
from r2r_tf.reports import figures

_SMALLEST = 64  # side of an image whose variance is looked at over brightness


@dataclasses.dataclass(frozen=True)
class NoiseEstimate:
    """The noise of an image, or of several together.

    Attributes:
      sigma: standard deviation, the root mean square over pixels and images, as `denoise` takes it: a part of the dtype's range
        for whole numbers, else in the values of the array; 0 where no noise was found.
      level: the same in the values of the array.
      kind: 'white', "a camera's", 'no noise', or a law in words such as 'counting noise, variance 2.03 m - 201'.
      law: `laws.Law` in the values of the array, None for noise that is taken as it is.
      weights: name of the shipped weights that `denoise` takes; they are not needed where there is no noise.
      levels: level of each image, and of each of its channels where they are taken one by one.
      points: `noise_cells.Points`: variance over brightness in calm places of the first channel of the first image, in the
        values of the array; None where there are too few.
    """

    sigma: float
    level: float
    kind: str
    law: laws.Law | None
    weights: str
    levels: tuple[float, ...]
    points: noise_cells.Points | None

    def __str__(self) -> str:
        """A sentence."""
        if not self.sigma:
            return "No noise was found."
        own = [f"{level:.3g}" for level in (min(self.levels), max(self.levels))]
        values = own[0] if own[0] == own[1] else f"{own[0]} to {own[1]}"
        kind = {"white": "White noise", "a camera's": "Noise of a camera"}.get(self.kind, self.kind.capitalize())
        return f"{kind}; standard deviation {values}. `denoise` takes the weights {self.weights}."

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draws the variance over brightness, with the law's line.

        Args:
          axes: Matplotlib's; None for the current ones.
        Returns:
          The axes.
        """
        if axes is None:
            from matplotlib import pyplot

            axes = pyplot.gca()
        if self.points is not None:
            figures.variance_panel(axes, self.points, self.law)
        axes.set_title(str(self).split(";")[0].rstrip("."), fontsize="medium")
        return axes


def estimate_noise(array: ArrayLike, *, channel_axis: int | None = None) -> NoiseEstimate:
    """The noise that `denoise` finds in an image or images.

    Args:
      array, channel_axis: as in `denoise`.
    Returns:
      `NoiseEstimate`.
    Raises:
      InputError: no such image, wrong channels.

    >>> y = 100 + 5 * np.random.default_rng(0).standard_normal((128, 128))
    >>> found = estimate_noise(y)
    >>> round(found.sigma), found.kind, found.weights
    (5, 'white', 'unet-awgn-gray')
    >>> print(estimate_noise(np.uint8(np.clip(np.round(y), 0, 255))))  # doctest: +ELLIPSIS
    White noise; standard deviation 5... `denoise` takes the weights unet-awgn-gray.
    """
    denoiser, form = arrays.prepare(array, None, channel_axis, None)
    found = stacks.found_noise(denoiser, form.pixels, form.scale, defaults.plan(denoiser), mask=form.mask)
    width = form.scale.high - form.scale.low
    sigma = float(np.sqrt(np.mean(np.square([own.level for own in found]))))
    first = content.sample_of_page(form.pixels[0])[..., 0]
    known = next((own for own in found if own.level), found[0])
    return NoiseEstimate(
        sigma,
        sigma * width,
        levels.laws_in_words(found),
        known.law,
        pretrained.name_of(denoiser.sha256),
        tuple(float(own.level * width) for own in found),
        noise_cells.points_of(first) if min(first.shape) >= _SMALLEST else None,
    )
