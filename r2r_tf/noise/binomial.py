"""Binomial noise, as of a fixed number of yes-or-no trials a pixel: y = p / l, p ~ Bin(l, x)."""

import dataclasses
import math

import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.noise import thinning

_BELOW_ONE = 0.999999  # a chance of 1 and a draw of 0 make one success, not two


@dataclasses.dataclass(frozen=True)
class Binomial(thinning.OfOneStrength):
    """Binomial noise.

    Attributes:
      trials: l, a whole number; so is l a of the recorruption.
    """

    trials: int

    family = "binomial"

    def at(self, y):
        """`BinomialImage`, whose levels follow the image, smoothed."""
        y = np.asarray(y)
        inside = np.clip(thinning.brightness(y), 0.02, 0.98)
        return BinomialImage(self.trials, inside, float(np.mean(y * (1.0 - y), dtype=np.float64)))

    def with_level(self, y, sigma):
        """That whose variance has the mean sigma^2 over an image, to the nearest whole number."""
        return Binomial(max(2, round(float(np.mean(y * (1.0 - y))) / sigma**2 + 1)))

    def scaled(self, factor):
        """That of l / factor^2 trials."""
        return Binomial(self.trials / factor**2)

    def to_json(self):
        """The model as a dict."""
        return {"name": "binomial", "trials": int(self.trials)}

    @classmethod
    def from_json(cls, spec):
        """Undoes `to_json`."""
        return cls(int(spec["trials"]))

    @classmethod
    def from_text(cls, parameters):
        """From trials."""
        _, low, high = thinning.parameter(parameters, ("trials",), "binomial", "binomial,trials=20")
        if low != high or low != int(low) or low < 2:
            raise InputError(f"binomial noise has a whole number of trials, 2 or more. Received: trials={parameters['trials']}")
        return cls(int(low))


@dataclasses.dataclass(frozen=True)
class BinomialImage(thinning.OfImage):
    """Binomial noise of one image, one window, or a batch of patches.

    Attributes:
      trials: l.
      brightness: what the level follows, [..., H, W, 1], above 0 and below 1.
      spread: mean of y (1 - y) over the whole image.
    """

    trials: int
    brightness: np.ndarray
    spread: float

    def sample(self, x, draws):
        """y = p / l."""
        return draws.binomial(np.full_like(x, self.trials), np.clip(x, 0.0, 1.0)) / self.trials

    def recorrupt(self, y, draws, alpha):
        """By thinning: of the l trials l a go to the target, drawn one by one without putting any back.

        Raises:
          InputError: l a is not a whole number from 1 to l - 1 (tensors are not checked); alpha = 1 halves an even number.
        """
        taken = self._taken(alpha)
        left, successes = y * self.trials, 0.0 * y
        for number in range(round(self.trials) - 1):
            chance = _BELOW_ONE * left / (self.trials - number)
            success = (chance + 1.0 - draws.uniform(number)) // 1.0  # 1 where the draw is below the chance
            more = taken - number - 0.5
            success = success * (more + abs(more)) / (2.0 * abs(more))  # none once all are taken
            left, successes = left - success, successes + success
        return thinning.pair(y, successes / self.trials, alpha)

    def _taken(self, alpha):
        taken = self.trials * thinning.share(alpha)
        checked = not getattr(alpha, "shape", ())
        if checked and (abs(taken - round(taken)) > 1e-3 or not 1 <= round(taken) < self.trials):
            raise InputError(
                f"`alpha` must take a whole number of the {self.trials} trials, trials alpha^2 / (1 + alpha^2). Received: {alpha}"
            )
        return taken

    def level(self):
        """sqrt(brightness (1 - brightness) / l), [..., H, W, 1]."""
        return (self.brightness * (1.0 - self.brightness) / self.trials) ** 0.5

    def mean_variance(self):
        """The mean of y (1 - y) over l - 1: unbiased for the variance."""
        return self.spread / (self.trials - 1.0)

    def target_variance(self, alpha):
        """`mean_variance` over a.

        Raises:
          InputError: as `recorrupt`.
        """
        self._taken(alpha)
        return super().target_variance(alpha)

    def scaled(self, factor):
        """That of l / factor^2 trials."""
        return dataclasses.replace(self, trials=self.trials / factor**2)

    def binned(self, k):
        """Means of pixels of other brightness are none.

        Raises:
          InputError: always.
        """
        del k
        raise InputError("`binning` is for noise whose means are of its own family, and binomial noise is not. Leave it out.")

    @staticmethod
    def of_patches(noises, take):
        """All images have the same number of trials."""
        maps, trials = take.maps([noise.brightness for noise in noises]), noises[0].trials
        return lambda corners: BinomialImage(trials, maps(corners), math.nan)


FAMILIES = {"binomial": Binomial}
