"""Decibels against seconds: ways to average a trained denoiser's passes, classical denoisers, and plain averaging in PyTorch."""

import pathlib
import re
import tempfile
import time

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from r2r_tf import atomic, noise
from r2r_tf.commands.ablations.report import Stopwatch
from r2r_tf.data import test_sets
from r2r_tf.errors import InputError
from r2r_tf.evaluation import baselines, metrics
from r2r_tf.inference import arrays
from r2r_tf.models import denoisers
from r2r_tf.reports import figures
from r2r_tf.training.precision import DTYPES
from tools.benchmark_suites import timing
from tools.benchmark_suites.train import run_json

PEER = pathlib.Path(__file__).parent.parent / "benchmark_peers" / "torch_infer.py"
_UPRIGHT = {"orientations": 1}
WAYS = {
    **{f"plain T {count}": {"num_recorruptions": count, "antithetic": False, **_UPRIGHT} for count in (1, 2, 4, 8, 16, 50)},
    **{f"antithetic T {count}": {"num_recorruptions": count, **_UPRIGHT} for count in (2, 4, 8, 16, 50)},
    **{f"antithetic, turned T {count}": {"num_recorruptions": count} for count in (2, 4, 8)},
    "f(y)": {"num_recorruptions": 0},
    "f(y), turned": {"num_recorruptions": 0, "orientations": 8},
}


# of networks beside the first
_WITHOUT_DRAWS = ("f(y)", "f(y), turned")


def run(repeats, model, dataset, sigma, max_images, data_dir, manual_dir, peer_python=None, figure=None, cases=None):
    """Times and scores every way on every image, one after the other, in rounds.

    Args:
      repeats: rounds.
      model: list of what `denoisers.load` takes: the first in all ways, and by the peer, for which it must be a chain of
        convolutions such as DnCNN; the others without draws.
      dataset, data_dir, manual_dir, max_images: as in `test_sets.load_test_set`.
      sigma: in grey levels.
      peer_python: python that has PyTorch; None for no peer.
      figure: PNG file, or None.
      cases: regular expression of the cases' names, see `timing.select`.
    Returns:
      Dict: unit, results (seconds for an image), decibels of each case, seconds_per_megapixel, ratio to the peer.
    """
    level = noise.gaussian_from_grey_levels(str(sigma))
    first, *others = model
    by_precision = {precision: denoisers.load(first, precision) for precision in DTYPES}
    channels = by_precision["float32"].form.channels
    test = test_sets.load_test_set(dataset, level, channels, data_dir=data_dir, manual_dir=manual_dir, max_images=max_images)
    decibels, ways = {}, {}
    for name, method in baselines.chosen(with_bm3d=has_bm3d()).items():
        ways[name] = _case(test, decibels, name, lambda y, method=method: method(y, level.sigma))
    own = {
        f"{way}, {precision}": (denoiser, options)
        for precision, denoiser in by_precision.items()
        for way, options in WAYS.items()
        if precision == "bfloat16" or way in ("antithetic T 8", "antithetic, turned T 8", "f(y)")
    }
    for other in others:
        denoiser = denoisers.load(other, "bfloat16")
        own |= {f"{pathlib.Path(other).name}: {way}, bfloat16": (denoiser, WAYS[way]) for way in _WITHOUT_DRAWS}
    for name, (denoiser, options) in own.items():
        ways[name] = _case(
            test,
            decibels,
            name,
            lambda y, denoiser=denoiser, options=options: arrays.denoise(
                y, denoiser, sigma=level.sigma, channel_axis=-1, **options
            ),
        )
    with tempfile.TemporaryDirectory() as folder:
        if peer_python:
            job = write_job(by_precision["float32"], test, level.sigma, pathlib.Path(folder))
            for precision in DTYPES:
                name = f"PyTorch, plain T 50, {precision}"
                ways[name] = _peer_case(
                    test, decibels, name, [peer_python, PEER, job, job.with_name("result.npz"), 50, precision]
                )
        results = timing.interleave(timing.select(ways, cases), repeats)
    megapixels = np.mean([image.noisy.shape[0] * image.noisy.shape[1] for image in test.images]) / 1e6
    report = {
        "unit": "seconds an image",
        "results": results,
        "decibels": decibels,
        "megapixels_an_image": float(megapixels),
        "images": len(test.names),
        "dataset": test.dataset,
        "sigma": sigma,
    }
    if any(name.startswith("PyTorch") for name in results):
        report |= against_peer(results, decibels)
    if figure:
        draw(results, decibels, f"{test.dataset}, sigma {sigma:g}, {pathlib.Path(first).name}", figure)
    return report


def draw(results, decibels, title, path):
    """Decibels over seconds: a line for cases that differ in T alone, with T at its points; a point for each other case.

    Args:
      results, decibels: as from `run`.
      title: of the figure.
      path: PNG file.
    """
    lines = {}
    for name, row in results.items():
        way, draws, precision = re.fullmatch(r"(.*?)(?: T (\d+))?(, \w+)?", name).groups()
        lines.setdefault(way + (precision or ""), []).append((row["median"], decibels[name], draws))
    chart = Figure(figsize=(11, 5.5), layout="constrained")
    axes, colors = chart.subplots(), matplotlib.colormaps["tab20"].colors
    for number, (label, points) in enumerate(lines.items()):
        seconds, own, draws = zip(*sorted(points), strict=True)
        marker = "x" if not label.endswith(tuple(DTYPES)) else "^" if label.startswith("PyTorch") else "o"
        axes.plot(seconds, own, marker=marker, color=colors[number % len(colors)], label=label)
        for point in zip(seconds, own, draws, strict=True):
            if point[2] and len(points) > 1:
                axes.annotate(point[2], point[:2], xytext=(3, -10), textcoords="offset points", fontsize="x-small")
    axes.set(xscale="log", xlabel="seconds an image", ylabel="PSNR (dB)", title=title)
    axes.grid(alpha=0.3, which="both")
    chart.legend(loc="outside right upper", fontsize="small")
    figures.save(chart, path)


def _case(test, decibels, name, method):
    stopwatch = Stopwatch()

    def measure():
        images = [(image.clean, image.noisy) for image in test.images]
        for _, y in images:
            stopwatch.warm_up(y.shape, lambda y=y: method(y))
        start = time.perf_counter()
        estimates = [method(y) for _, y in images]
        seconds = (time.perf_counter() - start) / len(images)
        decibels[name] = _mean_psnr(test, estimates)
        return seconds

    return measure


def _peer_case(test, decibels, name, command):
    def measure():
        seconds = run_json([str(part) for part in command], "--peer_python")["seconds"]
        result = np.load(command[3])
        decibels[name] = _mean_psnr(test, [result[f"estimate{number}"][..., None] for number in range(len(test.names))])
        return float(np.mean(seconds))

    return measure


def _mean_psnr(test, estimates):
    return float(np.mean([metrics.psnr(own.clean, x_hat) for own, x_hat in zip(test.images, estimates, strict=True)]))


def write_job(denoiser, test, sigma, folder):
    """The peer's job; raises InputError for networks that are no chain of convolutions."""
    layers = [layer for layer in denoiser.network.layers if layer.get_weights()]
    if denoiser.form.takes_level or any(len(layer.get_weights()) > 2 for layer in layers):
        raise InputError("--peer_python is for networks that are a chain of convolutions and estimate the noise, such as DnCNN.")
    job = {"sigma": sigma, "alpha": denoiser.alpha}
    for number, layer in enumerate(layers):
        kernel, *bias = layer.get_weights()
        job |= {f"kernel{number}": kernel, f"bias{number}": bias[0] if bias else np.zeros(kernel.shape[-1], np.float32)}
    job |= {f"image{number}": image.noisy[..., 0] for number, image in enumerate(test.images)}
    with atomic.replacing(folder / "job.npz") as temporary:
        np.savez(temporary, **job)
    return folder / "job.npz"


def against_peer(results, decibels):
    """The fastest of our ways to use the same network that is as good as the peer's best, and how many times as fast."""
    peers = {name: row["median"] for name, row in results.items() if name.startswith("PyTorch")}
    peer = min(peers, key=peers.get)
    ours = {
        name: row["median"]
        for name, row in results.items()
        if name.endswith(tuple(DTYPES)) and ":" not in name and name not in peers and decibels[name] >= decibels[peer]
    }
    if not ours:
        return {"peer": peer}
    best = min(ours, key=ours.get)
    return {"peer": peer, "as_good_and_fastest": best, "times_as_fast": peers[peer] / ours[best]}


def has_bm3d():
    try:
        import bm3d  # noqa: F401
    except ModuleNotFoundError:
        return False
    return True
