"""Evaluation: a denoiser on a test set, image by image, beside the noisy input and classical denoisers."""

import csv
import pathlib
import time

import numpy as np
from tqdm import tqdm

from r2r_tf import atomic, baselines, command, datasets, figures, inference, metrics, noise, pipeline, summaries
from r2r_tf.errors import InputError

PROTOCOL = "PSNR and SSIM per image on the estimate clipped to [0, 1] (noisy input unclipped), data range 1, then averaged"


def evaluate(
    denoiser,
    dataset,
    output_dir,
    split="test",
    data_dir=None,
    manual_dir=None,
    sigma=None,
    alpha=None,
    num_recorruptions=8,
    antithetic=True,
    max_images=None,
    seed=0,
    legacy_ssim=False,
):
    """Scores a denoiser and the baselines, writes scores.csv, summary.json, histograms.png, examples.png and TensorBoard logs.

    Args:
      denoiser: `model_files.Denoiser`.
      dataset, split, data_dir, manual_dir: test images; clean ones get the frozen noise of this data set, split and seed.
      output_dir: where the files go.
      sigma: noise of the test images in grey levels of 255; None for the noise that the network was trained for.
      alpha, num_recorruptions, antithetic: as in `inference.denoise`.
      max_images: only the first of the split.
      seed: of the test images' noise and of the recorruptions.
      legacy_ssim: add the column `legacy_ssim`, see `metrics.legacy_ssim`.
    Returns:
      The summary, a dict that is what summary.json holds.
    Raises:
      InputError: no such data, no noise level, channels that do not fit, or arguments out of range.
    """
    output_dir = pathlib.Path(output_dir)
    noise_model = noise.gaussian_from_grey_levels(sigma) if sigma is not None else denoiser.noise
    if noise_model is None:
        raise InputError("--sigma is needed: the model's file does not say what noise it was trained for.")
    inference.draws(denoiser, np.zeros((1, 8, 8, 1)), noise_model.sigma, alpha, num_recorruptions, antithetic)
    builder = datasets.prepare(dataset, data_dir, manual_dir)
    pictures = datasets.load_pictures(builder, split, max_images)
    if pictures[0].clean is None:
        raise InputError(f"{dataset} has no clean images to score against. Choose another data set.")
    if pictures[0].clean.shape[-1] != denoiser.network.input_shape[-1]:
        raise InputError(
            f"{dataset} has {pictures[0].clean.shape[-1]} channel(s) and the model takes {denoiser.network.input_shape[-1]}: "
            "choose another data set (skimage_natural has the configurations gray and rgb) or another model."
        )
    source = f"{datasets.full_name(builder)}/{split}"
    images = pipeline.noisy_images(pictures, noise_model, seed, source)

    def network(y, sigma):
        return inference.denoise(
            y,
            denoiser,
            sigma=sigma,
            alpha=alpha,
            num_recorruptions=num_recorruptions,
            antithetic=antithetic,
            seed=seed,
            channel_axis=-1,
        )

    methods = {"noisy input": baselines.identity, **baselines.BASELINES, "model": network}
    names = [picture.name for picture in pictures]
    scores, estimates = score_methods(methods, images, names, noise_model.sigma, legacy_ssim)
    rows = [
        {"image": name, **own, **{f"{key}_noisy": raw[key] for key in ("psnr", "ssim")}}
        for name, own, raw in zip(names, scores["model"], scores["noisy input"], strict=True)
    ]
    rows = [{key: value for key, value in row.items() if key != "seconds"} for row in rows]
    _, used_alpha, used_draws, _ = inference.draws(
        denoiser, images.noisy[0][None], noise_model.sigma, alpha, num_recorruptions, antithetic
    )
    summary = {
        "methods": {
            name: {key: float(np.mean([row[key] for row in score])) for key in score[0]} for name, score in scores.items()
        },
        "dataset": datasets.full_name(builder),
        "split": split,
        "images": len(rows),
        "sigma": round(noise_model.sigma * noise.GREY_LEVELS, 6),
        "num_recorruptions": used_draws,
        "antithetic": antithetic,
        "alpha": used_alpha,
        "seeds": {"noise_seed": seed, "recorruption_seed": seed},
        "model_sha256": denoiser.sha256,
        "protocol": PROTOCOL,
        "command": command.command_line(),
    }
    write(output_dir, rows, summary, images, estimates)
    return summary


def score_methods(methods, images, names, sigma, legacy_ssim=False):
    """Runs every method on every image.

    Args:
      methods: dict from name to a function of (y, sigma) that returns an estimate; the first one's estimate is the noisy input.
      images: `pipeline.Images` with clean ones.
      names: of the images, for the progress bar.
      sigma: noise standard deviation, [0, 1] scale.
      legacy_ssim: also compute that figure.
    Returns:
      (dict from method to a list of dicts psnr, ssim, [legacy_ssim,] seconds; list of the last method's estimates).
    """
    scores, estimates = {name: [] for name in methods}, []
    for method in methods.values():
        method(images.noisy[0], sigma)  # the first call also compiles; keep that out of the timing
    for image_name, y, x in zip(tqdm(names, unit="image", desc="evaluating", mininterval=1), images.noisy, images.clean):
        for name, method in methods.items():
            start = time.perf_counter()
            x_hat = method(y, sigma)
            seconds = time.perf_counter() - start
            clip = method is not baselines.identity
            figures_of = {
                "psnr": metrics.psnr,
                "ssim": metrics.ssim,
                **({"legacy_ssim": metrics.legacy_ssim} if legacy_ssim else {}),
            }
            scores[name].append({**{key: figure(x, x_hat, clip) for key, figure in figures_of.items()}, "seconds": seconds})
        estimates.append(x_hat)
    return scores, estimates


def write(output_dir, rows, summary, images, estimates):
    """Writes the files of an evaluation, summary.json last."""
    with atomic.replacing(output_dir / "scores.csv") as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    figures.histograms(rows, output_dir / "histograms.png")
    order = np.argsort([-row["psnr"] for row in rows])
    chosen = {"best": order[0], "median": order[len(order) // 2], "worst": order[-1]}
    cases = [(title, images.clean[i], images.noisy[i], estimates[i], rows[i]) for title, i in chosen.items()]
    figures.examples(cases, output_dir / "examples.png")
    scalars = {
        f"test_{key}/{name.replace(' ', '_')}": value
        for name, means in summary["methods"].items()
        for key, value in means.items()
    }
    pictures = {f"test/{name}": figures.read_png(output_dir / f"{name}.png") for name in ("examples", "histograms")}
    summaries.log_evaluation(output_dir / "tensorboard", scalars, pictures)
    atomic.write_json(output_dir / "summary.json", summary)


def table(summary):
    """The summary as text: one line per method."""
    keys = list(next(iter(summary["methods"].values())))
    titles = {"psnr": "PSNR (dB)", "ssim": "SSIM", "legacy_ssim": "legacy SSIM", "seconds": "s/image"}
    head = (
        f"{summary['dataset']}, split {summary['split']}, {summary['images']} images, sigma {summary['sigma']:g}, "
        f"T {summary['num_recorruptions']}{' antithetic' if summary['antithetic'] else ''}, alpha {summary['alpha']:g}"
    )
    lines = [head, f"{'':16s}" + "".join(f"{titles[key]:>14s}" for key in keys)]
    lines += [f"{name:16s}" + "".join(f"{means[key]:14.4f}" for key in keys) for name, means in summary["methods"].items()]
    return "\n".join(lines)
