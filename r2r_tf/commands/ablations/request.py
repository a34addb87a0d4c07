"""What a table is asked for."""

from collections.abc import Callable
from typing import NamedTuple

from r2r_tf.models.denoisers import Denoiser


class Request(NamedTuple):
    """What the command line says.

    Attributes:
      model: pretrained name, path, or name of a network to train; None where the table has its own.
      denoiser: the loaded model; None where the table trains what it tests.
      tests: list of `test_sets.TestSet`, one for each noise seed.
      tests_at: function from a level in grey levels to such a list.
      tests_of: function from a `noise.NoiseModel` to such a list.
      runs_dir: where the run directories of trainings are.
      recipe: dict of what all trainings share, for `trainings.recipe`.
      seed, alpha, patches, minutes, precision, bm3d: as the flags of those names.
    """

    model: str | None
    denoiser: Denoiser | None
    tests: list
    tests_at: Callable
    tests_of: Callable
    runs_dir: str
    recipe: dict
    seed: int
    alpha: float | None
    patches: int
    minutes: float
    precision: str
    bm3d: bool

    def recipe_of_patches(self):
        """What all trainings of a number of patches share."""
        return {**self.recipe, "network": self.model, "patches": self.patches, "precision": self.precision}
