"""BSD400: the 400 gray training images of DnCNN, 180x180."""

import tensorflow_datasets as tfds

from tfds_builders import upstream


class Builder(tfds.core.GeneratorBasedBuilder):
    """BSD400: the 400 gray training images of DnCNN, 180x180; one split, `train`."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}

    def _info(self):
        return upstream.gray_info(self)

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(upstream.download(self, dl_manager))}

    def _generate_examples(self, paths):
        yield from upstream.gray_examples(paths)
