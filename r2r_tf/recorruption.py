"""Recorruption: from one noisy image y to a training pair (y_hat, y_tilde) whose noises are independent.

With y = x + n, n ~ N(0, Sigma), and matrices A B^T = Sigma, the pair is y_hat = y + A z, y_tilde = y - B z, z ~ N(0, I). Then
Cov(n + A z, n - B z) = Sigma - A B^T = 0, both noises are Gaussian, hence independent, and for any f

  E ||f(y_hat) - y_tilde||^2 = E ||f(y_hat) - x||^2 + trace(Sigma + B B^T).

Plain arithmetic on given draws: NumPy arrays and tensors of any backend alike, [..., H, W, C], [0, 1] scale, not clipped.
Source: Pang et al., "Recorrupted-to-Recorrupted: Unsupervised Deep Learning for Image Denoising", CVPR 2021.
"""

import numpy as np

from r2r_tf.errors import InputError


def check_alpha(alpha):
    """`alpha` as a float > 0.

    Raises:
      InputError: not a finite number above zero; the message ends "Received: alpha=...".
    """
    try:
        value = float(alpha)
    except (TypeError, ValueError):
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise InputError(f"alpha must be a finite number above 0 (the paper's choice is 0.5). Received: alpha={alpha!r}")
    return value


def recorrupt(y, z, alpha):
    """The pair y_hat = y + alpha z, y_tilde = y - z / alpha.

    Args:
      y: [..., H, W, C] noisy image.
      z: a fresh draw from the distribution of y's noise, N(0, Sigma); shaped like y.
      alpha: trade-off, > 0: a small one keeps the input clean and makes the target noisy. A number, or a tensor with one for
        each image, shaped to broadcast against y, which is not checked.
    Returns:
      (y_hat, y_tilde), each shaped like y. Noise covariances (1 + alpha^2) Sigma and (1 + 1/alpha^2) Sigma.
    Raises:
      InputError: alpha <= 0; the message ends "Received: alpha=...".
    Source: Pang et al., CVPR 2021, equation (6) with D = alpha I. Deviations: none.
    """
    alpha = _checked(alpha)
    return y + alpha * z, y - z / alpha


def recorrupt_antithetic(y, z, alpha):
    """Both pairs that z and its mirror image -z make.

    Unbiased: z and -z have the same distribution, so each pair has the distribution of `recorrupt(y, z, alpha)` and, by
    linearity of expectation, the mean of their two losses (or gradients) has its expectation. What the mirror buys is variance:
    every part of the loss gradient that is odd in z, above all the target's own noise -z / alpha multiplied by the gradient at
    y, cancels within the two, given y.

    Args:
      y, z, alpha: as in `recorrupt`.
    Returns:
      ((y + alpha z, y - alpha z), (y - z / alpha, y + z / alpha)): two inputs and their two targets.
    Raises:
      InputError: alpha <= 0.
    Source: `recorrupt` with antithetic variates (Hammersley and Morton, 1956); not in the paper.
    """
    plus, minus = recorrupt(y, z, alpha), recorrupt(y, -z, alpha)
    return (plus[0], minus[0]), (plus[1], minus[1])


def general_factors(sqrt_sigma, d):
    """The matrices A = sqrt(Sigma) D^T and B = sqrt(Sigma) D^-1 of the paper's general form; A B^T = Sigma.

    Args:
      sqrt_sigma: [n, n] any S with S S^T = Sigma.
      d: [n, n] any invertible matrix; alpha I gives `recorrupt`.
    Returns:
      (A, B), each [n, n].
    Raises:
      InputError: d is singular.
    Source: Pang et al., CVPR 2021, equation (6). Deviations: S need not be the symmetric root.
    """
    try:
        inverse = np.linalg.inv(d)
    except np.linalg.LinAlgError:
        raise InputError("D must be invertible. Received: a singular matrix") from None
    return sqrt_sigma @ np.transpose(d), sqrt_sigma @ inverse


def recorrupt_general(y, z, a, b):
    """The pair y_hat = y + A z, y_tilde = y - B z for images as vectors.

    Args:
      y: [..., n] noisy images, flattened.
      z: [..., n] standard normal draws.
      a, b: [n, n] with A B^T = Sigma, as from `general_factors`.
    Returns:
      (y_hat, y_tilde), each shaped like y.
    Source: Pang et al., CVPR 2021, equation (6). Deviations: none.
    """
    return y + z @ np.transpose(a), y - z @ np.transpose(b)


def input_gain(alpha):
    """What recorruption multiplies the standard deviation of an image's noise by: y_hat has sigma sqrt(1 + alpha^2)."""
    return (1.0 + alpha**2) ** 0.5


def alpha_of_gain(gain):
    """The alpha that multiplies the standard deviation of an image's noise by gain >= 1: the inverse of `input_gain`."""
    return (gain**2 - 1.0) ** 0.5


def target_noise_variance(variance, alpha):
    """Noise variance of a pixel of y_tilde, sigma^2 (1 + 1/alpha^2), for noise of variance sigma^2 in y."""
    return variance * (1.0 + 1.0 / _checked(alpha) ** 2)


def _checked(alpha):
    return alpha if getattr(alpha, "shape", ()) else check_alpha(alpha)
