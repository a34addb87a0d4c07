"""Other ways to split mixed noise, y = g p + r n, than that of `noise.PoissonGaussian`; for the table mixed alone."""

import dataclasses

from r2r_tf import noise, recorruption
from r2r_tf.noise import poisson_gaussian, thinning


class OwnVariance(noise.PoissonGaussian):
    """Gaussian recorruption with the variance that the pixel itself tells, g y + r^2."""

    family = "own_variance"

    def at(self, y):
        """`OwnVarianceImage`."""
        return _as(OwnVarianceImage, super().at(y))


class ShiftedCounts(noise.PoissonGaussian):
    """Thinning: with the squared read noise in counts, s^2, added, y / g is taken for counts p' ~ P(x / g + s^2)."""

    family = "shifted_counts"

    def at(self, y):
        """`ShiftedCountsImage`."""
        return _as(ShiftedCountsImage, super().at(y))


class OwnVarianceImage(poisson_gaussian.PoissonGaussianImage):
    """`OwnVariance` of one image, one window, or a batch of patches."""

    def recorrupt(self, y, draws, alpha):
        """`recorruption.recorrupt` with a draw of variance max(0, g y + r^2)."""
        variance = self.gain * y + self.read_noise**2
        return recorruption.recorrupt(y, ((variance + abs(variance)) / 2.0) ** 0.5 * draws.normal(), alpha)


class ShiftedCountsImage(poisson_gaussian.PoissonGaussianImage):
    """`ShiftedCounts` of one image, one window, or a batch of patches."""

    def recorrupt(self, y, draws, alpha):
        """The counts max(0, round(y / g + s^2)) are thinned; both parts lose g s^2."""
        shift = (self.read_noise / self.gain) ** 2
        counts = (y / self.gain + shift + 0.5) // 1.0
        counts = (counts + abs(counts)) / 2.0
        pair = thinning.pair(self.gain * counts, self.gain * draws.binomial(counts, thinning.share(alpha)), alpha)
        return tuple(part - self.gain * shift for part in pair)


FAMILIES = {"own_variance": OwnVariance, "shifted_counts": ShiftedCounts}


def _as(kind, image):
    return kind(**{field.name: getattr(image, field.name) for field in dataclasses.fields(image)})
