"""The peers of the suite own_images: CAREamics' Noise2Void and deepinv's R2R, trained on noisy pictures alone for some seconds.

Needs careamics or deepinv and nothing of r2r_tf.

Usage: python own_images.py n2v|r2r PICTURES.npy SECONDS,SECONDS... NOISE PREFIX
  PICTURES.npy: [S, Y, X] float32. NOISE, which r2r is told: gaussian:SIGMA or poisson:GAIN, in the pictures' values.
  Writes PREFIXSECONDS.npy, the estimates at each of the ascending times of one training; the clock stands still meanwhile.
  Prints version and, for each time, the training steps.
"""

import contextlib
import importlib.metadata
import json
import sys
import tempfile
import time

import numpy as np

BATCH, PATCH = 8, 64
PACKAGES = {"n2v": "careamics", "r2r": "deepinv"}


def noise2void(pictures, marks, noise, save):
    """CAREamics with its default network, augmentations, optimizer and schedule."""
    del noise
    import careamics
    from careamics.config.factories import create_n2v_config
    from lightning.pytorch.callbacks import Callback

    class Checkpoints(Callback):
        """Keeps the weights at every mark, and ends the training at the last."""

        def __init__(self, folder):
            self.folder, self.spent, self.steps = folder, 0.0, []

        def on_train_start(self, *_):
            self.start = time.perf_counter()

        def on_train_batch_end(self, trainer, *_):
            seconds = time.perf_counter() - self.start - self.spent
            if len(self.steps) < len(marks) and seconds >= marks[len(self.steps)]:
                begin = time.perf_counter()
                trainer.save_checkpoint(f"{self.folder}/{marks[len(self.steps)]}.ckpt")
                self.steps.append(trainer.global_step)
                self.spent += time.perf_counter() - begin
            trainer.should_stop = len(self.steps) == len(marks)

    with tempfile.TemporaryDirectory() as folder:
        config = create_n2v_config(
            experiment_name="own", data_type="array", axes="SYX", patch_size=[PATCH, PATCH], batch_size=BATCH, num_epochs=100_000
        )
        kept = Checkpoints(folder)
        options = {"work_dir": folder, "enable_progress_bar": False}
        careamics.CAREamist(config, callbacks=[kept], **options).train(train_data=pictures)
        for mark in marks:
            estimates, _ = careamics.CAREamist(checkpoint_path=f"{folder}/{mark}.ckpt", **options).predict(
                pictures, data_type="array", axes="SYX"
            )
            save(mark, np.reshape(estimates, pictures.shape))
    return kept.steps


def recorrupted(pictures, marks, noise, save):
    """deepinv's loss with its default alpha and draws, its U-Net of three scales, Adam, on random patches, flipped and turned."""
    import deepinv
    import torch

    torch.manual_seed(0)
    family, strength = noise.split(":")
    model = {"gaussian": deepinv.physics.GaussianNoise, "poisson": deepinv.physics.PoissonNoise}[family](float(strength))
    physics = deepinv.physics.Denoising(model)
    loss = deepinv.loss.R2RLoss(noise_model=model)
    network = loss.adapt_model(deepinv.models.UNet(in_channels=1, out_channels=1, scales=3))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    random, spent, steps, done = np.random.default_rng(0), 0.0, 0, []
    # its binomial draws refuse counts below nought, which a Gaussian never sees
    pictures = np.maximum(pictures, 0) if family == "poisson" else pictures
    start = time.perf_counter()
    while len(done) < len(marks):
        batch = np.stack([_patch(pictures, random) for _ in range(BATCH)])
        y = torch.from_numpy(batch)[:, None]
        network.train()
        optimizer.zero_grad()
        loss(network(y, physics, update_parameters=True), y, physics, network).mean().backward()
        optimizer.step()
        steps += 1
        if time.perf_counter() - start - spent >= marks[len(done)]:
            begin = time.perf_counter()
            network.eval()
            with torch.no_grad():
                estimates = [network(torch.from_numpy(picture)[None, None], physics)[0, 0].numpy() for picture in pictures]
            save(marks[len(done)], np.stack(estimates))
            done.append(steps)
            spent += time.perf_counter() - begin
    return done


def _patch(pictures, random):
    picture = pictures[random.integers(len(pictures))]
    top, left = (random.integers(size - PATCH + 1) for size in picture.shape)
    patch = np.rot90(picture[top : top + PATCH, left : left + PATCH], random.integers(4))
    return patch[:, :: random.choice([-1, 1])]


def main(method, pictures, marks, noise, prefix):
    train = {"n2v": noise2void, "r2r": recorrupted}[method]
    marks = [float(mark) for mark in marks.split(",")]
    with contextlib.redirect_stdout(sys.stderr):
        steps = train(np.load(pictures), marks, noise, lambda mark, estimates: np.save(f"{prefix}{mark:g}.npy", estimates))
    print(json.dumps({"version": f"{PACKAGES[method]} {importlib.metadata.version(PACKAGES[method])}", "steps": steps}))


if __name__ == "__main__":
    main(*sys.argv[1:])
