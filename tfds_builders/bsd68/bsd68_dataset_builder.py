"""BSD68: the 68 gray test images of the Berkeley set, 481x321 and 321x481."""

from tfds_builders import upstream


class Builder(upstream.GrayPngBuilder):
    """The 68 gray test images; one split, `test`."""

    SPLIT = "test"
