"""BSD400: the 400 gray training images of DnCNN, 180x180."""

from tfds_builders import upstream


class Builder(upstream.GrayPngBuilder):
    """The 400 gray training images of DnCNN; one split, `train`."""

    SPLIT = "train"
