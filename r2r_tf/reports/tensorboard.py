"""TensorBoard logs: scalars and image panels of a training run, figures of an evaluation."""

import keras
import numpy as np

from r2r_tf.backend import tf

_PANEL_SIDE = 160

# names of the callbacks' figures -> where TensorBoard shows them
_TAGS = {
    "loss": "loss/train",
    "val_loss": "loss/validation",
    "est_psnr": "psnr/estimated_train",
    "val_est_psnr": "psnr/estimated_validation",
    "val_psnr": "psnr/monitored_validation",
    "learning_rate": "training/learning_rate",
    "patches_per_s": "training/patches_per_s",
}


class TensorBoardLog(keras.callbacks.Callback):
    """Logs an epoch's figures and panels (noisy, denoised, clean from left to right) of the first validation images.

    `denoise` is one pass of the model in training: a function of [B, H, W, C] and of the level of its noise, see `passes`.
    """

    def __init__(self, directory, images, denoise, count=3):
        super().__init__()
        self._directory, self._denoise = str(directory), denoise
        shown = images[:count]
        self._noisy = [_centre(image.noisy) for image in shown]
        levels = [image.noise.level() for image in shown]
        self._levels = [_centre(level)[None] if np.ndim(level) else level for level in levels]
        self._clean = [_centre(image.clean) for image in shown if image.clean is not None]

    def on_train_begin(self, logs=None):
        self._writer = tf.summary.create_file_writer(self._directory)

    def on_test_end(self, logs=None):
        # still with the weights that were validated
        self._panels = list(self._make_panels())

    def on_epoch_end(self, epoch, logs=None):
        with self._writer.as_default(step=epoch + 1):
            for name, tag in _TAGS.items():
                tf.summary.scalar(tag, logs[name])
            for index, panel in enumerate(self._panels):
                tf.summary.image(f"panels/noisy, denoised, clean {index}", panel[None])
        self._writer.flush()

    def on_train_end(self, logs=None):
        self._writer.close()

    def _make_panels(self):
        for index, y in enumerate(self._noisy):
            x_hat = self._denoise(y[None], self._levels[index])[0]
            parts = [y, x_hat] + ([self._clean[index]] if self._clean else [])
            yield np.clip(np.concatenate(parts, axis=1), 0.0, 1.0)


def log_evaluation(directory, scalars, pictures):
    """Writes one step of scalars and pictures.

    Args:
      directory: log directory.
      scalars: dict from tag to number.
      pictures: dict from tag to [H, W, 3 or 4] uint8.
    """
    writer = tf.summary.create_file_writer(str(directory))
    with writer.as_default(step=0):
        for tag, value in scalars.items():
            tf.summary.scalar(tag, value)
        for tag, picture in pictures.items():
            tf.summary.image(tag, picture[None])
    writer.close()


def _centre(image):
    top, left = ((side - min(side, _PANEL_SIDE)) // 2 for side in image.shape[:2])
    return image[top : top + _PANEL_SIDE, left : left + _PANEL_SIDE]
