"""BSD68: the 68 gray test images of the Berkeley set, 481x321 and 321x481."""

import tensorflow_datasets as tfds

from tfds_builders import upstream


class Builder(tfds.core.GeneratorBasedBuilder):
    """BSD68: the 68 gray test images of the Berkeley set, 481x321 and 321x481; one split, `test`."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}

    def _info(self):
        return upstream.gray_info(self)

    def _split_generators(self, dl_manager):
        return {"test": self._generate_examples(upstream.download(self, dl_manager))}

    def _generate_examples(self, paths):
        yield from upstream.gray_examples(paths)
