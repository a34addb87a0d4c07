"""What a network wants, told from the network itself: its channels, whether it is told the noise level, which sides fit."""

import functools

_LARGEST_MULTIPLE = 64


def image_channels(network):
    """C of the images that a network takes: what it returns."""
    return network.output_shape[-1]


def is_denoiser(network):
    """Whether a network maps one [B, H, W, C] array, with the noise level as one more channel or without, to that shape."""
    if len(network.inputs) != 1 or len(network.inputs[0].shape) != 4 or len(network.output_shape) != 4:
        return False
    return (
        network.input_shape[-1] in (image_channels(network), image_channels(network) + 1) and side_multiple(network) is not None
    )


def is_homogeneous(network):
    """Whether f(c y, c sigma) = c f(y, sigma) for c > 0: convolutions without biases and normalisation, with ReLU between.

    What such a network has learnt at some levels of the noise holds for others, too, if the contrast of the images varies.
    Source: Mohan et al., "Robust and interpretable blind image denoising via bias-free convolutional neural networks", ICLR 2020.
    """
    return all(len(weight.shape) == 4 for weight in network.weights)


def takes_level(network):
    """Whether the input has one more channel than the images: the standard deviation of the noise in them, [0, 1] scale."""
    return network.input_shape[-1] == image_channels(network) + 1


@functools.lru_cache(maxsize=8)
def side_multiple(network):
    """The smallest power of two of which both sides of an image must be a multiple; None if there is none up to 64.

    A network that works on images reduced by strides or by moving pixels to channels needs sides that these divide. One whose
    input has a fixed size has no say in it: 1.
    """
    if None not in network.input_shape[1:3]:
        return 1
    multiple = 1
    while multiple <= _LARGEST_MULTIPLE:
        # an odd number of multiples: sides that any further halving would not divide
        shape = (1, 3 * multiple, 3 * multiple)
        try:
            fits = tuple(network.compute_output_shape((*shape, network.input_shape[-1]))) == (*shape, image_channels(network))
        except (ValueError, RuntimeError):
            fits = False
        if fits:
            return multiple
        multiple *= 2
    return None
