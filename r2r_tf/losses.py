"""Losses on noisy targets, and what they exceed the true error by. Batches are [B, p, p, C], [0, 1] scale."""

from keras import ops

from r2r_tf import recorruption


def pair_loss(y_true, y_pred):
    """Squared error to the noisy target, averaged over channels; channels behind the target's (the clean image) are ignored."""
    return ops.mean(ops.square(y_pred - y_true[..., : y_pred.shape[-1]]), axis=-1)


def clean_error(y_true, y_pred):
    """Squared error to the clean image, for the monitor; 0 where the batch brings none."""
    channels = y_pred.shape[-1]
    if y_true.shape[-1] == channels:
        return ops.zeros(())
    return ops.mean(ops.square(y_pred - y_true[..., channels:]), axis=-1)


def target_variance(objective, noise, alpha):
    """Noise variance of a target pixel: what the loss exceeds the true mean squared error by."""
    if objective == "r2r":
        return recorruption.target_noise_variance(noise, alpha)
    return noise.mean_variance() if objective == "n2n" else 0.0
