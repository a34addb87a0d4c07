"""Loss curves of DnCNN-17 beside PyTorch's, on the same batches from several initial weights: do fast steps learn as much?"""

import pathlib
import statistics
import tempfile

import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

from r2r_tf import atomic, noise
from r2r_tf.backend import tf
from r2r_tf.data import datasets, frozen_images
from r2r_tf.training.callbacks import psnr_of_mse
from tools.benchmark_suites import timing, train, train_worker

BATCH = 32
WINDOW = 10  # steps whose errors are averaged to one point of a curve
VARIANTS = {
    "r2r_tf float32": ("float32", 1),
    "r2r_tf bfloat16": ("bfloat16", 1),
    "r2r_tf bfloat16 in 2 parts": ("bfloat16", 2),
}


def run(repeats, steps, data_dir=None, peer_python=None, figure=None):
    """Trains every variant from every seed and compares the error to the clean patches.

    Args:
      repeats: number of seeds: of the initial weights and of the batches, which all variants share.
      steps: training steps of 32 patches; what is left of them after the last full window is not trained.
      data_dir: where TFDS keeps prepared data.
      peer_python: python that has PyTorch; None for no peer.
      figure: PNG file for the curves; None for none.
    Returns:
      Dict: unit, results (PSNR of the last third of the steps, over the seeds), curves (by variant and seed, dB a WINDOW).
    """
    pictures = datasets.load_pictures(datasets.prepare("skimage_natural", data_dir), "train")
    images = frozen_images.noisy_images(pictures, noise.Gaussian(train_worker.SIGMA), 0)
    steps = steps // WINDOW * WINDOW
    names = [*VARIANTS, *(["torch bfloat16"] if peer_python else [])]
    errors = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        for seed in tqdm(range(repeats), desc="seeds"):
            batches = _draw(images, seed, steps)
            for name, (dtype, parts) in VARIANTS.items():
                errors[name].append(_train(dtype, parts, seed, batches))
            if peer_python:
                path = pathlib.Path(folder) / "batches.npz"
                np.savez(path, **batches)
                errors["torch bfloat16"].append(_train_peer(peer_python, path, seed))
    curves = {name: [[psnr_of_mse(mse) for mse in run] for run in runs] for name, runs in errors.items()}
    if figure:
        _draw_curves(curves, figure)
    last = {name: [psnr_of_mse(statistics.mean(run[-len(run) // 3 :])) for run in runs] for name, runs in errors.items()}
    results = {name: timing.summary(of) for name, of in last.items()}
    return {"unit": "PSNR in dB, last third of the steps", "results": results, "curves": curves}


def _draw(images, seed, steps):
    dataset = train_worker.r2r_batches(images, BATCH, train.PATCH, steps, seed, with_clean=True)
    inputs, both = (np.stack(part) for part in zip(*dataset.as_numpy_iterator(), strict=True))
    return {"inputs": inputs, "targets": both[..., :1], "clean": both[..., 1:]}


def _train(dtype, parts, seed, batches):
    network = train_worker.make_network(dtype, parts, seed)
    targets = np.concatenate([batches["targets"], batches["clean"]], axis=-1)
    dataset = tf.data.Dataset.from_tensor_slices((batches["inputs"], targets))
    # an epoch is a WINDOW: Keras starts its means anew at every epoch
    history = network.fit(dataset, epochs=len(targets) // WINDOW, steps_per_epoch=WINDOW, verbose=0, shuffle=False)
    return history.history["clean_mse"]


def _train_peer(python, path, seed):
    errors = train.run_json([python, train.PEER, "curve", path, str(seed)], "--peer_python")
    return np.reshape(errors, (-1, WINDOW)).mean(axis=1).tolist()


def _draw_curves(curves, path):
    picture = Figure(figsize=(8, 4.5), layout="constrained")
    axes = picture.subplots()
    for color, (name, runs) in enumerate(curves.items()):
        for number, run in enumerate(runs):
            patches = BATCH * WINDOW * np.arange(1, len(run) + 1)
            axes.plot(patches, run, f"C{color}", linewidth=0.9, label=None if number else name)
    axes.set(xlabel="training patches", ylabel="PSNR at the recorrupted input (dB)", title="a line a seed, same batches for all")
    axes.legend()
    axes.grid(alpha=0.3)
    with atomic.replacing(path) as temporary:
        picture.savefig(temporary, dpi=100)
