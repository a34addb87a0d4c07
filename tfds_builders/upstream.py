"""What the downloading builders share: verified files, configurations that leave one out, gray PNG files of the Berkeley sets."""

import pathlib

import tensorflow_datasets as tfds


def download(builder, dl_manager):
    """Fetches every file of the builder's checksums.tsv, verified by size and SHA-256; a dict from file name to local path."""
    urls = {pathlib.PurePath(info.filename).name: url for url, info in builder.url_infos.items()}
    return dl_manager.download(urls)


def download_by_folder(builder, dl_manager):
    """`download` of files that have the same name in several folders: a dict from folder to a dict from file name to path."""
    urls = {}
    for url, info in builder.url_infos.items():
        path = pathlib.PurePath(info.filename)
        urls.setdefault(path.parent.name, {})[path.name] = url
    return dl_manager.download(urls)


def leave_out_configs(names):
    """A builder's configurations that leave one of these out: `without_<name>`, trained without it, tested on it."""
    text = "Trained without {0}, tested on it."
    return [tfds.core.BuilderConfig(name=f"without_{name.lower()}", description=text.format(name)) for name in names]


def left_out(builder, names):
    """Which of these the builder's configuration leaves out; None for another configuration."""
    return {f"without_{name.lower()}": name for name in names}.get(builder.builder_config.name)


class GrayPngBuilder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """One split of gray PNG files: features `image` ([H, W, 1] uint8) and `name` (file name without suffix), sorted by name."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}
    SPLIT: str

    def _info(self):
        features = {"image": tfds.features.Image(shape=(None, None, 1), encoding_format="png"), "name": tfds.features.Text()}
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features), disable_shuffling=True)

    def _split_generators(self, dl_manager):
        return {self.SPLIT: self._generate_examples(download(self, dl_manager))}

    def _generate_examples(self, paths):
        for name, path in sorted(paths.items()):
            yield name, {"image": path, "name": pathlib.PurePath(name).stem}
