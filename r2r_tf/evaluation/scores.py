"""Evaluation: a denoiser on a test set, image by image, beside the noisy input and classical denoisers."""

import functools
import pathlib
import sys
import time

import numpy as np
from tqdm import tqdm

from r2r_tf import atomic, noise
from r2r_tf.estimation import laws
from r2r_tf.evaluation import baselines, metrics
from r2r_tf.evaluation import files as evaluation_files
from r2r_tf.inference import arrays, defaults, found_law, whole_images
from r2r_tf.reports import figures

NOISY = "noisy input"
PROTOCOL = "PSNR and SSIM per image on the estimate clipped to [0, 1] (noisy input unclipped), data range 1, then averaged"

FITTED = "; each estimate fitted to its reference first, reference = g x + o, for both files were rescaled"


def evaluate(
    denoiser,
    test,
    output_dir,
    *,
    alpha=None,
    num_recorruptions=None,
    antithetic=True,
    orientations=None,
    seed=0,
    legacy_ssim=False,
    with_bm3d=False,
    target_se=None,
    report=False,
    by_image=False,
    command="",
):
    """Scores a denoiser and the baselines, writes scores.csv, summary.json, histograms.png, examples.png and TensorBoard logs.

    Args:
      denoiser: `denoisers.Denoiser`.
      test: `test_sets.TestSet`.
      output_dir: where the files go.
      alpha, num_recorruptions, antithetic, orientations: as in `arrays.denoise`.
      seed: of the recorruptions.
      legacy_ssim: add the column `legacy_ssim`, see `metrics.legacy_ssim`.
      with_bm3d: add the row BM3D.
      target_se: as in `whole_images.denoise_to_precision`, num_recorruptions being the most; each image's draws are a column.
      report: also write report.html, which shows all images.
      by_image: take the shipped weights that each image calls for, used as they are used best; denoiser is the general one.
      command: what summary.json says that it was made by.
    Returns:
      The summary, a dict that is what summary.json holds.
    Raises:
      InputError: arguments out of range.
    """
    if target_se is not None and num_recorruptions is None:
        num_recorruptions = whole_images.MOST_RECORRUPTIONS
    average = defaults.plan(
        denoiser, alpha=alpha, num_recorruptions=num_recorruptions, antithetic=antithetic, orientations=orientations
    )

    atomic.writable_folder(output_dir)
    spent = {}

    def network(index):
        options = {"model": None if by_image else denoiser, "noise": test.noise, "alpha": alpha}
        options |= {"channel_axis": -1, "seed": (seed, index)}
        y = test.images[index].noisy
        if target_se is None:
            draws = {"num_recorruptions": num_recorruptions, "antithetic": antithetic, "orientations": orientations}
            return arrays.denoise(y, **options, **draws)
        draws = {"num_recorruptions": average.num_recorruptions, "orientations": average.orientations}
        x_hat, errors, counts = whole_images.denoise_to_precision(y, target_se, **options, **draws)
        spent[index] = {"draws": sum(counts) / len(counts), "standard_error": max(errors)}
        return x_hat

    classical = baselines.chosen(with_bm3d)
    # told the level or the law where it is known, else the level that is best on training pairs, else what each image tells
    pairs, polynomial = test.training_pairs, test.noise and test.noise.polynomial

    @functools.cache
    def law_of(index):
        return laws.of_polynomial(polynomial) if polynomial else found_law.of_pages([test.images[index].noisy])

    best = {name: baselines.best_level(method, pairs) for name, method in classical.items()} if pairs else {}
    methods = {NOISY: lambda index: test.images[index].noisy}
    for name, method in classical.items():
        if polynomial or (test.noise is None and not pairs):
            methods[name] = lambda index, method=method: baselines.by_law(method, test.images[index].noisy, law_of(index))
        else:
            methods[name] = lambda index, method=method, level=best.get(name): method(
                test.images[index].noisy, level or test.level(index)
            )
    scores, estimates = score_methods({**methods, "model": network}, test, legacy_ssim)
    means = {name: {key: float(np.mean([row[key] for row in score])) for key in score[0]} for name, score in scores.items()}
    rows = [
        {
            "image": name,
            **{key: value for key, value in own.items() if key != "seconds"},
            "psnr_noisy": raw["psnr"],
            "ssim_noisy": raw["ssim"],
            **spent.get(index, {}),
        }
        for index, (name, own, raw) in enumerate(zip(test.names, scores["model"], scores[NOISY], strict=True))
    ]
    summary = {
        "methods": means,
        "dataset": test.dataset,
        "split": test.split,
        "images": len(rows),
        "sigma": round(test.sigma * noise.GREY_LEVELS, 6) if test.noise else None,
        "blind": test.noise is None and not pairs,
        "sigma_of_baselines": {name: _grey_levels(best.get(name, test.sigma)) for name in classical},
        "by_setting": _by_setting(scores, test.settings) if test.settings else None,
        **average._asdict(),
        "target_se": target_se,
        "mean_draws": float(np.mean([own["draws"] for own in spent.values()])) if spent else None,
        "seeds": {"noise_seed": test.noise_seed, "recorruption_seed": seed},
        "model_sha256": None if by_image else denoiser.sha256,
        "protocol": PROTOCOL + (FITTED if test.rescaled else ""),
        "command": command,
    }
    output_dir = pathlib.Path(output_dir)
    figures.histograms({"noisy": scores[NOISY], "denoised": scores["model"]}, output_dir / "histograms.png")
    evaluation_files.write(output_dir, rows, summary, images=test.images, estimates=estimates)
    if report:
        evaluation_files.write_report(output_dir, rows, summary, images=test.images, estimates=estimates)
    return summary


def score_methods(methods, test, legacy_ssim=False):
    """Runs every method on every image.

    Args:
      methods: dict from name to a function of the image's index that returns an estimate; that of `NOISY` is not clipped.
      test: `test_sets.TestSet`.
      legacy_ssim: also compute that figure.
    Returns:
      (dict from method to a list of dicts psnr, ssim, [legacy_ssim,] seconds; list of the last method's estimates).
    """
    figures_of = {"psnr": metrics.psnr, "ssim": metrics.ssim}
    if legacy_ssim:
        figures_of["legacy_ssim"] = metrics.legacy_ssim
    scores, estimates = {name: [] for name in methods}, []
    for method in methods.values():
        method(0)  # the first call also compiles; keep that out of the timing
    bar = tqdm(test.names, unit=" images", desc="evaluating", mininterval=1 if sys.stderr.isatty() else 30)
    for index, _ in enumerate(bar):
        x = test.images[index].clean
        for name, method in methods.items():
            start = time.perf_counter()
            x_hat = method(index)
            seconds = time.perf_counter() - start
            x_hat = metrics.fitted(x, x_hat) if test.rescaled else x_hat
            row = {key: figure(x, x_hat, clip=name != NOISY) for key, figure in figures_of.items()}
            scores[name].append({**row, "seconds": seconds})
        estimates.append(x_hat)
    return scores, estimates


def _by_setting(scores, settings):
    """Dict from setting to dict from method to mean PSNR."""
    return {
        setting: {
            name: float(np.mean([row["psnr"] for row, own in zip(rows, settings, strict=True) if own == setting]))
            for name, rows in scores.items()
        }
        for setting in dict.fromkeys(settings)
    }


def _grey_levels(sigma):
    return None if sigma is None else round(sigma * noise.GREY_LEVELS, 6)
