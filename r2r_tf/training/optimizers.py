"""Optimizers, Adam and Muon for convolutions, with their learning rates and averages of the weights."""

import re

import keras
from keras import ops

from r2r_tf.training.settings import steps_per_epoch


class ConvolutionMuon(keras.optimizers.Muon):
    """Muon on the kernels of convolutions as matrices [k k C_in, C_out], Adam on all else and on excluded layers.

    An update is the nearest orthogonal matrix to the momentum, scaled to the size of Adam's updates (rms_rate 0.2), so Adam's
    learning rates apply.

    Source: Jordan et al., "Muon", 2024, with the scaling of Liu et al., arXiv 2502.16982. Deviations: Keras's own class leaves
    kernels of four dimensions to Adam.
    """

    def _should_use_adamw(self, variable):
        return len(variable.shape) != 4 or any(re.search(keyword, variable.path) for keyword in self.exclude_layers)

    def _muon_update_step(self, gradient, variable, lr, m):
        self.assign_add(m, (1.0 - self.momentum) * (gradient - m))
        momentum = gradient + self.momentum * (m - gradient) if self.nesterov else m
        matrix = ops.reshape(momentum, (-1, variable.shape[-1]))
        update = self.lr_adjust(self.zeropower_via_newtonschulz5(matrix, self.ns_steps))
        self.assign_sub(variable, ops.cast(lr, variable.dtype) * ops.reshape(update, variable.shape))

    def zeropower_via_newtonschulz5(self, x, steps):
        """Keras's Newton-Schulz iteration, on the small matrix x^T x: a polynomial of it times x is all that it computes."""
        x = x / (ops.norm(x) + 1e-7)
        wide = x.shape[0] < x.shape[1]
        gram = x @ ops.transpose(x) if wide else ops.transpose(x) @ x
        product = identity = ops.eye(gram.shape[0], dtype=x.dtype)
        for _ in range(steps):
            factor = self.muon_a * identity + gram @ (self.muon_b * identity + self.muon_c * gram)
            product = factor @ product
            gram = factor @ gram @ factor
        return product @ x if wide else x @ product


def make(settings, variables):
    """The built optimizer of a run; Muon leaves the last convolution to Adam.

    Args:
      settings: `Settings`.
      variables: the network's trainable variables, in the order of its layers.
    """
    momentum = ema_momentum(settings)
    options = {"use_ema": momentum > 0, "ema_momentum": momentum or 0.99}
    if settings.optimizer == "adam":
        optimizer = keras.optimizers.Adam(make_schedule(settings), **options)
    else:
        last = [variable.path for variable in variables if len(variable.shape) == 4][-1]
        optimizer = ConvolutionMuon(
            make_schedule(settings), weight_decay=None, adam_weight_decay=None, exclude_layers=[f"^{re.escape(last)}$"], **options
        )
    optimizer.build(variables)
    return optimizer


def ema_momentum(settings):
    """`ema`, or less in a short run: an average over more than its last fifth would still hold the untrained weights."""
    return min(settings.ema, max(0.0, 1.0 - 5.0 / (settings.epochs * steps_per_epoch(settings))))


def make_schedule(settings):
    """The learning rate by step: constant, dropping at the milestones, or, after a warm-up, half a cosine down to zero."""
    steps = steps_per_epoch(settings)
    if settings.schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(
            0.0 if settings.warmup else settings.learning_rate,
            max(1, settings.epochs * steps - settings.warmup),
            warmup_target=settings.learning_rate if settings.warmup else None,
            warmup_steps=settings.warmup,
        )
    boundaries = [epoch * steps for epoch in settings.milestones] if settings.schedule == "step" else []
    if not boundaries:
        return settings.learning_rate
    rates = [settings.learning_rate * settings.decay**drops for drops in range(len(boundaries) + 1)]
    return keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, rates)
