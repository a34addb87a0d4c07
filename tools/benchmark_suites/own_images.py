"""Ours, CAREamics' Noise2Void and deepinv's R2R, trained for the same seconds on the same noisy pictures; shipped weights, BM3D.

Ours are the commands that README gives, started as users start them: their seconds include the start of Python, the estimate of
the noise and the choice of the epoch. The peers' begin when their training does. Nobody's estimates count. Ours and Noise2Void
are told nothing; deepinv and BM3D are told the noise.
"""

import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import skimage.io
from matplotlib.figure import Figure

from r2r_tf import atomic, noise
from r2r_tf.data import datasets, frozen_images
from r2r_tf.errors import InputError
from r2r_tf.estimation import laws
from r2r_tf.evaluation import baselines, metrics
from r2r_tf.evaluation.scores import NOISY
from r2r_tf.inference import found_law
from tools.benchmark_suites import timing, train

MARKS = (60, 120, 240)  # seconds of training
PICTURES, SIDE = 12, 320
TRIALS = (20, 100)  # steps whose seconds tell how many fit into a mark
SIGMA, PEAK = 25 / 255, 30
PEER = pathlib.Path(__file__).parent.parent / "benchmark_peers" / "own_images.py"
PEERS = {"n2v": "CAREamics N2V", "r2r": "deepinv R2R, told the noise"}
OURS, NEW = "r2r-train, told nothing", "r2r-train --init=, new weights, told nothing"


def run(manual_dir, data_dir, peer_python=None, cases=None, figure=None):
    """Trains and scores everything on each data set.

    Args:
      manual_dir, data_dir: as in `datasets.prepare`.
      peer_python: python that has careamics and deepinv; None for no peer.
      cases: regular expression for the names of the data sets; None for all.
      figure: PNG file for the learning curves; None for none.
    Returns:
      Dict: unit, results (PSNR of all pictures by data set, method and seconds), ssim, steps, versions.
    """
    sources = timing.select({"white 25": _white, "peak 30": _counting, "W2S": _micrographs}, cases)
    report = {"unit": "PSNR in dB, after seconds", "results": {}, "ssim": {}, "steps": {}, "versions": {}}
    curves = {}
    for name, source in sources.items():
        clean, noisy, told = source(data_dir, manual_dir)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            estimates = _not_trained(noisy, told, folder) | _ours(folder, report["steps"], name)
            for method, title in PEERS.items() if peer_python else ():
                estimates |= _peer(peer_python, method, title, noisy, told or _misfit(clean, noisy), folder, report, name)
        for (title, seconds), x_hats in estimates.items():
            scores = [_scores(x, x_hat, told is None, title) for x, x_hat in zip(clean, x_hats, strict=True)]
            psnr, ssim = (statistics.mean(values) for values in zip(*scores, strict=True))
            label = f"{name}: {title}" + (f", {seconds:.0f} s" if seconds else "")
            report["results"][label], report["ssim"][label] = timing.summary([psnr]), ssim
            curves.setdefault(name, {}).setdefault(title, []).append((seconds, psnr))
            print(f"{label}: {psnr:.2f} / {ssim:.3f}", file=sys.stderr, flush=True)
    if figure:
        _draw(curves, figure)
    return report


def _white(data_dir, manual_dir):
    return _simulated(noise.Gaussian(SIGMA), data_dir, manual_dir)


def _counting(data_dir, manual_dir):
    return _simulated(noise.Poisson(1 / PEAK), data_dir, manual_dir)


def _simulated(model, data_dir, manual_dir):
    pictures = datasets.load_pictures(datasets.prepare("bsd68", data_dir, manual_dir), "test", PICTURES)
    pictures = [picture._replace(clean=picture.clean[:SIDE, :SIDE]) for picture in pictures]
    images = frozen_images.noisy_images(pictures, model, 0)
    return [image.clean[..., 0] for image in images], [image.noisy[..., 0] for image in images], model


def _micrographs(data_dir, manual_dir):
    pictures = datasets.load_pictures(datasets.prepare("w2s", data_dir, manual_dir), "test", PICTURES)
    clean, noisy = ([getattr(picture, kind)[:SIDE, :SIDE, 0] for picture in pictures] for kind in ("clean", "noisy"))
    return clean, noisy, None


def _not_trained(noisy, told, folder):
    """The input, BM3D (for micrographs, with what each tells) and the shipped weights, by (title, 0 seconds)."""
    (folder / "in").mkdir()
    for number, y in enumerate(noisy):
        skimage.io.imsave(folder / "in" / f"{number:03d}.tif", y, check_contrast=False)
    return {
        (NOISY, 0): noisy,
        ("BM3D, told the noise" if told else "BM3D", 0): [_matched(y[..., np.newaxis], told)[..., 0] for y in noisy],
        ("r2r-denoise, told nothing", 0): _denoised(folder),
    }


def _matched(y, told):
    if told and told.family == "gaussian":
        return baselines.block_matching(y, told.sigma)
    return baselines.by_law(baselines.block_matching, y, laws.of_polynomial(told.polynomial) if told else found_law.of_pages([y]))


def _ours(folder, steps, name):
    """The estimates of trainings that end at about each of `MARKS` but the first, and of short ones, by (title, seconds).

    New weights, which learn from these pictures alone, get the steps of the first of these marks.
    """
    line = [(count, _train(folder, OURS, count)) for count in TRIALS]
    for mark in MARKS[1:]:
        (first, begin), (last, end) = line[-2:]
        count = max(1, int(0.95 * (first + (mark - begin) * (last - first) / (end - begin))))
        line.append((count, _train(folder, OURS, count)))
    count = line[len(TRIALS)][0]
    runs = [(OURS, *own) for own in line] + [(NEW, count, _train(folder, NEW, count, "--init="))]
    steps |= {f"{name}: {title}, {seconds:.0f} s": count for title, count, seconds in runs}
    return {(title, seconds): _denoised(folder, f"--model={_run(folder, title, count)}") for title, count, seconds in runs}


def _train(folder, title, steps, *flags):
    """The seconds that `r2r-train` takes for so many steps."""
    start = time.perf_counter()
    options = [f"--images={folder / 'in'}", f"--workdir={_run(folder, title, steps)}", "--epochs=1", f"--steps_per_epoch={steps}"]
    _call("r2r_tf.train", "--flagfile=own_images", *options, *flags)
    return time.perf_counter() - start


def _run(folder, title, steps):
    return folder / f"{'new' if title == NEW else 'run'}{steps}"


def _denoised(folder, *model):
    output = folder / f"out{len(list(folder.iterdir()))}"
    _call("r2r_tf.commands.denoise", str(folder / "in"), f"--output_dir={output}", *model)
    return [skimage.io.imread(path) for path in sorted(output.glob("*_denoised.tif"))]


def _call(module, *arguments):
    process = subprocess.run([sys.executable, "-m", module, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if process.returncode:
        raise InputError(f"{module} {' '.join(arguments)} failed: {process.stderr.strip()[-300:]}")


def _peer(python, method, title, noisy, model, folder, report, name):
    told = f"gaussian:{model.sigma}" if model.family == "gaussian" else f"poisson:{model.gain}"
    pictures, prefix = folder / "pictures.npy", folder / method
    np.save(pictures, np.stack(noisy))
    answer = train.run_json([python, PEER, method, pictures, ",".join(map(str, MARKS)), told, prefix], "--peer_python")
    report["versions"][title] = answer["version"]
    report["steps"] |= {f"{name}: {title}, {mark} s": count for mark, count in zip(MARKS, answer["steps"], strict=True)}
    return {(title, mark): np.load(f"{prefix}{mark}.npy") for mark in MARKS}


def _misfit(clean, noisy):
    """White noise as strong as the pairs say: what deepinv is told of micrographs."""
    misfits = [np.mean((y - metrics.fitted(y, x)) ** 2) for x, y in zip(clean, noisy, strict=True)]
    return noise.Gaussian(float(np.sqrt(np.mean(misfits))))


def _scores(x, x_hat, rescaled, title):
    x_hat, clip = metrics.fitted(x, x_hat) if rescaled else x_hat, title != NOISY
    return metrics.psnr(x, x_hat, clip=clip), metrics.ssim(x, x_hat, clip=clip)


def _draw(curves, path):
    """A plot a data set: trained methods by their seconds, the others as lines across."""
    picture = Figure(figsize=(4 * len(curves), 4.2), layout="constrained")
    for axes, (name, of) in zip(np.ravel(picture.subplots(1, len(curves))), curves.items(), strict=True):
        for color, (title, points) in enumerate(of.items()):
            seconds, psnr = zip(*sorted(points), strict=True)
            if seconds == (0,):
                axes.axhline(psnr[0], color=f"C{color}", linestyle="--", label=title)
            else:
                axes.plot(seconds, psnr, f"C{color}o-", label=title)
        axes.set(xlabel="seconds of training", ylabel="PSNR (dB)", title=name)
        axes.grid(alpha=0.3)
        axes.legend(fontsize="x-small")
    with atomic.replacing(path) as temporary:
        picture.savefig(temporary, dpi=100)
