"""Noise from noisy images alone: its level, how that depends on brightness, and its correlation.

Images are [H, W, C] or, where said, [H, W]; floats on the [0, 1] scale.
"""

from r2r_tf.estimation.camera import camera_noise, level_factor, pooled_noise
from r2r_tf.estimation.strength import of_image
from r2r_tf.estimation.white import chen2015, wavelet, white_level

__all__ = ["camera_noise", "chen2015", "level_factor", "of_image", "pooled_noise", "wavelet", "white_level"]
