"""What the downloading builders share: every file that checksums.tsv lists, verified; and the gray PNG form of the Berkeley sets."""

import pathlib

import tensorflow_datasets as tfds


def download(builder, dl_manager):
    """Fetches every file of the builder's checksums.tsv, verified by size and SHA-256; a dict from file name to local path."""
    urls = {pathlib.PurePath(info.filename).name: url for url, info in builder.url_infos.items()}
    return dl_manager.download(urls)


def gray_info(builder):
    """`DatasetInfo` with features `image` ([H, W, 1] uint8) and `name` (file name without suffix)."""
    features = {"image": tfds.features.Image(shape=(None, None, 1), encoding_format="png"), "name": tfds.features.Text()}
    return builder.dataset_info_from_configs(features=tfds.features.FeaturesDict(features), disable_shuffling=True)


def gray_examples(paths):
    """Yields (key, example) of gray PNG files, in the order of their names."""
    for name, path in sorted(paths.items()):
        yield name, {"image": path, "name": pathlib.PurePath(name).stem}
