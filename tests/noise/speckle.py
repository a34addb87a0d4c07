"""A family of noise in one file, as a user would add it: speckle of two looks, y = x g with g ~ Gamma(2, 1/2).

At alpha = 1 it is recorrupted exactly by a uniform draw w: y_hat = 2 y (1 - w) and y_tilde = 2 y w are independent speckles of
one look. Nothing here is normal.
"""

import dataclasses

import numpy as np

from r2r_tf.errors import InputError


@dataclasses.dataclass(frozen=True)
class Speckle:
    """A `NoiseModel` and, once it has seen an image, its `ImageNoise`.

    Attributes:
      power: mean of y^2 over the image; a number, or a tensor [B, 1, 1, 1].
      strength: what `scaled` has multiplied the noise by; recorruption makes it the square root of two.
    """

    power: float = 0.0
    strength: float = 1.0

    family, levels, white, estimator, reach = "speckle", "one", False, None, 0
    polynomial = None

    def draw(self, u):
        return self

    def at(self, y):
        return Speckle(float(np.mean(np.square(y))), self.strength)

    def with_level(self, y, sigma):
        return self.at(y)

    def inside(self, sigma):
        return sigma

    def scaled(self, factor):
        return dataclasses.replace(self, strength=self.strength * factor)

    def to_json(self):
        return {"name": "speckle"}

    @classmethod
    def from_json(cls, spec):
        return cls()

    @classmethod
    def from_text(cls, parameters):
        if parameters != {"looks": "2"}:
            raise InputError(f"speckle has two looks. Received: {parameters}")
        return cls()

    def sample(self, x, draws):
        exponentials = [-np.log(np.maximum(draws.uniform(number), 1e-7)) for number in (0, 1)]
        return x * (exponentials[0] + exponentials[1]) / 2

    def recorrupt(self, y, draws, alpha):
        w = draws.uniform()
        return 2 * y * (1 - w), 2 * y * w

    def level(self):
        return self.strength * (self.power / 3) ** 0.5

    def mean_variance(self):
        return self.power / 3  # E[y^2] = 3/2 x^2, and the variance of y is x^2 / 2

    def target_variance(self, alpha):
        return 2 * self.mean_variance()

    def binned(self, k):
        raise InputError("`binning` is for white noise. Leave it out.")

    def crop(self, rows, columns):
        return self

    @staticmethod
    def of_patches(noises, take):
        powers = take.numbers([noise.power for noise in noises])
        return lambda corners: Speckle(powers(corners))
