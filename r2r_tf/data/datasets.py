"""From a TFDS name to pictures in memory: prepares the data set on demand, and says at once when it cannot.

Pictures are [H, W, C] float32 on the [0, 1] scale, in the order in which the data set stores them.
"""

import pathlib
import pkgutil
import sys
import urllib.error
import urllib.request
from importlib import import_module
from typing import NamedTuple

import numpy as np

import tfds_builders
from r2r_tf.backend import tf
from r2r_tf.errors import InputError

# a folder each, found by itself
BUILDERS = tuple(sorted(found.name for found in pkgutil.iter_modules(tfds_builders.__path__) if found.ispkg))
_REACH_TIMEOUT_S = 5


class Picture(NamedTuple):
    """One example: `clean` may be missing, `noisy` is set where the data set itself holds the noise.

    `source` (data set, configuration and the file of the split) and `index` say which stored example it is, however the split
    was spelled. `setting` is the camera and its ISO value, or the microscope and its sample, where the data set tells them.
    """

    name: str
    clean: np.ndarray | None
    noisy: np.ndarray | None
    source: str
    index: int
    setting: str | None = None


def make_builder(dataset, data_dir=None):
    """The TFDS builder of a name such as 'bsd68', 'skimage_natural/rgb' or any other TFDS data set of images.

    Raises:
      InputError: no such data set.
    """
    import tensorflow_datasets as tfds

    for name in BUILDERS:
        import_module(f"tfds_builders.{name}.{name}_dataset_builder")
    try:
        return tfds.builder(dataset, data_dir=data_dir, try_gcs=False)
    except (tfds.core.DatasetNotFoundError, ValueError, AssertionError) as error:
        raise InputError(
            f"`dataset` must be one of {', '.join(BUILDERS)}, or another TFDS name. Received: {dataset!r} ({_first_line(error)})"
        ) from None


def prepare(dataset, data_dir=None, manual_dir=None):
    """Downloads and prepares a data set unless its data directory holds it already.

    Args:
      dataset: TFDS name.
      data_dir: where TFDS keeps prepared data; None for its default, ~/tensorflow_datasets.
      manual_dir: folder with `BSD400/`, `BSD68/`, `PolyU/` and so on. If given, only it is used; its files are verified as
        downloads are.
    Returns:
      The builder, prepared.
    Raises:
      InputError: unknown name, missing or altered files, no network.
    """
    import requests
    import tensorflow_datasets as tfds
    from tensorflow_datasets.core.download import DownloadError, download_manager

    if not sys.stderr.isatty():
        tfds.disable_progress_bar()  # one line per file in a log
    builder = make_builder(dataset, data_dir)
    if builder.is_prepared():
        return builder
    if manual_dir is not None:
        _check_manual_files(builder, pathlib.Path(manual_dir).expanduser())
    elif builder.url_infos:
        _check_reachable(next(iter(builder.url_infos)), dataset)
    config = tfds.download.DownloadConfig(manual_dir=manual_dir, try_download_gcs=False, override_max_simultaneous_downloads=16)
    try:
        builder.download_and_prepare(download_config=config)
    except (DownloadError, requests.RequestException) as error:
        raise InputError(f"Downloading {dataset} failed: {_first_line(error)}. Run the same command again to go on.") from None
    except download_manager.NonMatchingChecksumError as error:
        raise InputError(f"A file of {dataset} is not the published one: {' '.join(str(error).split())}") from None
    return builder


def load_pictures(builder, split, max_images=None):
    """The pictures of a split, in stored order.

    Args:
      builder: a prepared builder whose features are `image` (clean), or `noisy` and perhaps `clean`.
      split: TFDS split expression such as 'test', 'train+test' or 'train[:10]'.
      max_images: stop after this many.
    Returns:
      A list of `Picture`.
    Raises:
      InputError: no such split, no such features, or no pictures.
    """
    import tensorflow_datasets as tfds

    if not {"image", "noisy"} & set(builder.info.features):
        raise InputError(
            f"Data set {builder.name} must have the feature 'image' (clean) or 'noisy' (and perhaps 'clean'). "
            f"Received: {', '.join(builder.info.features)}"
        )
    try:
        # one file after the other keeps the stored order
        examples = builder.as_dataset(split=split, read_config=tfds.ReadConfig(interleave_cycle_length=1))
        places = [
            (pathlib.PurePath(part.filename).name, part.skip + number)
            for part in builder.info.splits[split].file_instructions
            for number in range(part.take)
        ]
    except (ValueError, KeyError) as error:
        raise InputError(
            f"`split` must name a part of {builder.name} ({', '.join(builder.info.splits)}). "
            f"Received: {split!r} ({_first_line(error)})"
        ) from None
    if max_images is not None:
        examples = examples.take(max_images)
    # with max_images the places are more than the examples
    pictures = [
        _picture(example, f"{full_name(builder)}/{file}", index)
        for example, (file, index) in zip(tfds.as_numpy(examples), places, strict=False)
    ]
    if not pictures:
        raise InputError(f"Split {split!r} of {builder.name} holds no picture.")
    return pictures


def full_name(builder):
    """The builder's name with its configuration, such as 'skimage_natural/gray'."""
    return f"{builder.name}/{builder.builder_config.name}" if builder.builder_config else builder.name


def _picture(example, source, index):
    name = example["name"].decode() if "name" in example else f"{index:06d}"
    clean, noisy = (_unit_range(example[key]) if key in example else None for key in ("clean", "noisy"))
    if "image" in example:
        clean = _unit_range(example["image"])
    setting = f"{example['camera'].decode()} ISO {example['iso']}" if {"camera", "iso"} <= set(example) else None
    setting = example["setting"].decode() if "setting" in example else setting
    return Picture(name, clean, noisy, source, index, setting)


def _unit_range(image):
    return tf.image.convert_image_dtype(image, tf.float32).numpy()


def _check_manual_files(builder, manual_dir):
    for info in (builder.url_infos or {}).values():
        if not (manual_dir / info.filename).is_file():
            raise InputError(
                f"`manual_dir` must be a folder that holds every file of {builder.name}: {info.filename} is missing in "
                f"{manual_dir}. Add it, or leave the flag out to download the data."
            )


def _check_reachable(url, dataset):
    """One quick request first: TFDS would try every file for minutes."""
    try:
        urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=_REACH_TIMEOUT_S).close()
    except urllib.error.HTTPError as error:
        raise InputError(
            f"{dataset} cannot be downloaded: {url} answers with status {error.code}. Give `manual_dir`, a folder with the "
            "upstream files."
        ) from None
    except OSError as error:
        raise InputError(
            f"{dataset} has to be downloaded and its server does not answer ({getattr(error, 'reason', error)}). Connect to the "
            "network, or give `manual_dir`, a folder with the upstream files."
        ) from None


def _first_line(error):
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
