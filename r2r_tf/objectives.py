"""What a network learns from a noisy image: the input it gets, the target it is held against, and what that target's noise adds.

| objective | input | target | loss exceeds the true squared error by |
|---|---|---|---|
| r2r | y_hat | y_tilde | the noise variance of y_tilde |
| n2c | fresh noise on x, or y where noise is real | x | 0 |
| n2n | y | the second noisy copy | its noise variance |
| distill | y_hat, or y for alpha 0 | a teacher's estimate from y | 0 |

n2c may redraw its noise where it is simulated, as DnCNN's training does. In distill, if the teacher's estimate is E[x | y], its
expectation given y + alpha z is E[x | y + alpha z]. A new objective is a class here: pipeline, losses and settings ask it.
"""

import math

from r2r_tf import recorruption
from r2r_tf.errors import InputError


class Objective:
    """What all objectives have.

    Attributes:
      name: of the setting.
      source: the field of `frozen_images.FrozenImage` that is the target, None for a recorrupted one.
      recorrupts: whether alpha recorrupts the input; otherwise inputs are raised for binned copies alone.
      paired: whether z and -z can be used together.
      clean: whether clean images are needed.
      orientations: how many its network's estimate goes through unless told otherwise; None for all.
    """

    name: str
    source: str | None = None
    recorrupts = paired = clean = False
    orientations: int | None = None

    def check_alpha(self, alpha):
        """Raises InputError for an alpha that makes no input."""

    def input_gains(self, alpha, factors):
        """What the input multiplies the noise of each image by: copies binned by k are raised to the noise of whole images."""
        gain = recorruption.input_gain(alpha) if self.recorrupts else 1.0
        return [gain * factor for factor in factors]

    def stored_alpha(self, alpha):
        """The alpha that a network is used with: 0 for one that was trained on unrecorrupted inputs."""
        return alpha if self.recorrupts else 0.0

    def pair(self, patches, noise, draws, alpha, gain):
        """Input and target of a batch.

        Args:
          patches: dict from field of `FrozenImage` to [B, p, p, C].
          noise: `noise.ImageNoise` of the patches.
          draws: `noise.Draws` of the batch.
          alpha, gain: [B, 1, 1, 1], see `input_gains`; alpha is None where no input is raised.
        """
        return raised(patches["noisy"], noise, draws, alpha), patches[self.source]

    def target_variance(self, noise, alpha):
        """Noise variance of a target pixel of one image, averaged over it."""
        del noise, alpha
        return 0.0


class R2R(Objective):
    """Recorrupted pairs: noisy images alone."""

    name, recorrupts, paired = "r2r", True, True

    def check_alpha(self, alpha):
        """alpha is above 0 and finite."""
        recorruption.check_alpha(alpha)

    def pair(self, patches, noise, draws, alpha, gain):
        """y_hat and y_tilde."""
        return noise.recorrupt(patches["noisy"], draws, alpha)

    def target_variance(self, noise, alpha):
        """That of y_tilde."""
        return noise.target_variance(alpha)


class NoisyToClean(Objective):
    """Supervised: noisy images that are real, or whose noise is simulated anew at each step."""

    name, source, clean = "n2c", "clean", True

    def __init__(self, simulated=True):
        self.simulated = simulated

    def pair(self, patches, noise, draws, alpha, gain):
        """A noisy version of the clean patch, and that patch."""
        if not self.simulated:
            return super().pair(patches, noise, draws, alpha, gain)
        return noise.scaled(gain).sample(patches["clean"], draws), patches["clean"]


class NoisyToNoisy(Objective):
    """Noise2Noise: two noisy copies of the same scene."""

    name, source = "n2n", "second"

    def target_variance(self, noise, alpha):
        """That of a noisy copy."""
        return noise.mean_variance()


class Distill(Objective):
    """A student learns the estimates of a teacher, which has seen noisy images alone."""

    name, source, recorrupts = "distill", "taught", True
    orientations = 1  # it has learnt the mean over all

    def check_alpha(self, alpha):
        """alpha is at least 0 and finite."""
        if not 0 <= alpha < math.inf:
            raise InputError(f"`alpha` must be at least 0 and finite. Received: {alpha}")


OBJECTIVES = {objective.name: objective for objective in (R2R(), NoisyToClean(), NoisyToNoisy(), Distill())}


def of_images(name, simulated=True):
    """The objective of a name, for images whose noise is simulated or real."""
    return NoisyToClean(simulated) if name == "n2c" else OBJECTIVES[name]


def raised(y, noise, draws, alpha):
    """y with alpha z more noise; y itself for alpha None."""
    return y if alpha is None else noise.recorrupt(y, draws, alpha)[0]
