"""Losses on noisy targets. Batches are [B, p, p, C], [0, 1] scale."""

from keras import ops


def pair_loss(y_true, y_pred):
    """Squared error to the noisy target, averaged over channels; further channels (the clean image) are ignored."""
    return ops.mean(ops.square(y_pred - y_true[..., : y_pred.shape[-1]]), axis=-1)


def clean_error(y_true, y_pred):
    """Squared error to the clean image, for the monitor; 0 where the batch brings none."""
    channels = y_pred.shape[-1]
    if y_true.shape[-1] == channels:
        return ops.zeros(())
    return ops.mean(ops.square(y_pred - y_true[..., channels:]), axis=-1)
