"""Test images with what is known of their noise."""

from typing import NamedTuple

import numpy as np

from r2r_tf import noise
from r2r_tf.data import datasets, frozen_images
from r2r_tf.errors import InputError
from r2r_tf.noise import NoiseModel

_PAIRS = 12


class TestSet(NamedTuple):
    """Test images and what was said of them.

    Attributes:
      dataset: name with configuration.
      split: TFDS split expression.
      names: of the images.
      images: list of `FrozenImage` with clean ones.
      noise: noise model of the noisy ones, which the denoiser and the baselines are told; None for real noise of which nothing
        is told: the denoiser finds its own, and each baseline gets the level that is best on `training_pairs`.
      noise_seed: of the simulated noise.
      training_pairs: clean and noisy images of the data set's training part, where `noise` is None and there is one.
      settings: what the data set says that each image was taken with, None where it does not.
      rescaled: whether clean and noisy images were rescaled one by one, so that estimates are fitted before they are scored.
    """

    dataset: str
    split: str
    names: list
    images: list
    noise: NoiseModel | None
    noise_seed: int
    training_pairs: list | None = None
    settings: list | None = None
    rescaled: bool = False

    @property
    def sigma(self):
        """Root mean square of the noise over the images, [0, 1] scale; None where nothing is told."""
        if self.noise is None:
            return None
        levels = [noise.mean_level(image.noise) for image in self.images]
        return levels[0] if self.noise.white else float(np.sqrt(np.mean(np.square(levels))))

    def level(self, index):
        """Root mean square of the noise of one image."""
        return noise.mean_level(self.images[index].noise)


def load_test_set(
    dataset,
    noise_model,
    channels,
    *,
    split="test",
    data_dir=None,
    manual_dir=None,
    max_images=None,
    seed=0,
    trained_for=None,
    blind=False,
):
    """Prepares and loads a test set; clean images get the frozen noise of their place in the data set and this seed.

    Args:
      dataset, split, data_dir, manual_dir, max_images: as in `datasets.prepare` and `datasets.load_pictures`.
      noise_model: noise model of the test images; None for real noise, or for that of `trained_for`.
      channels: what the network takes; None for any.
      seed: of the noise.
      trained_for: noise model of the denoiser.
      blind: nothing is told of the noise, simulated or not: `TestSet.noise` and `TestSet.training_pairs` are None.
    Returns:
      `TestSet`.
    Raises:
      InputError: no noise level, no such data, no clean images, or other channels.
    """
    builder = datasets.prepare(dataset, data_dir, manual_dir)
    pictures = datasets.load_pictures(builder, split, max_images)
    if any(picture.clean is None for picture in pictures):
        raise InputError(f"{dataset} has no clean images to score against. Choose another data set.")
    if channels is not None and pictures[0].clean.shape[-1] != channels:
        raise InputError(
            f"{dataset} has {pictures[0].clean.shape[-1]} channel(s) and the model takes {channels}: choose another data set "
            "(skimage_natural has the configurations gray and rgb) or another model."
        )
    pairs, simulated = None, any(picture.noisy is None for picture in pictures)
    if simulated:
        noise_model = noise_model or trained_for
        if noise_model is None or noise_model.levels == "range":
            raise InputError("`sigma` is needed: the model's file does not name the one noise level that it was trained for.")
    elif noise_model is None and not blind:
        pairs = _training_pairs(builder)
    images = frozen_images.noisy_images(pictures, noise_model, seed)
    return TestSet(
        datasets.full_name(builder),
        split,
        [picture.name for picture in pictures],
        images,
        None if blind else noise_model,
        seed,
        pairs,
        [picture.setting for picture in pictures] if any(picture.setting for picture in pictures) else None,
        getattr(builder, "RESCALED", False),
    )


def _training_pairs(builder):
    """Up to a dozen pairs, spread over the training part; None where there is none."""
    pictures = datasets.load_pictures(builder, "train") if "train" in builder.info.splits else []
    pictures = [picture for picture in pictures if picture.clean is not None]
    return [(picture.clean, picture.noisy) for picture in pictures[:: -(-len(pictures) // _PAIRS)]] if pictures else None
