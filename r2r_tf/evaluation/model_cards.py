"""The card that is shipped with a network: what made it and how it scores."""

import json

import numpy as np

from r2r_tf import atomic, noise
from r2r_tf.data import test_sets
from r2r_tf.evaluation import metrics
from r2r_tf.inference import arrays, passes
from r2r_tf.models import denoisers

_SHOWN = {"plain": (1, 2, 8, 50), "antithetic": (2, 8, 50), "turned": (2, 8)}  # draws T


def save_checked(folder, network, card, data_dir):
    """Writes a network as it is shipped, in half precision, with `check` in its model.json.

    Args:
      folder, network, card: as in `denoisers.save`.
      data_dir: as in `check`.
    Returns:
      The contents of model.json.
    """
    denoisers.save(folder, network, card, half=True)
    denoiser = denoisers.load(folder)
    card = {**card, "sha256": denoiser.sha256, "check": check(denoiser, data_dir)}
    atomic.write_json(folder / denoisers.CARD_FILE, card)
    return card


def text(name, note, run, card, tables, check):
    """The card of a finished run's network, Markdown.

    Args:
      name: of the shipped weights.
      note: what else it says: data, licence, limits.
      run: `pathlib.Path` of the run directory.
      card: dict, the run's model.json.
      tables: list of dicts, each a recorruptions.json of `r2r-ablation`.
      check: dict, a figure that anybody can check.
    """
    record = json.loads((run / "run.json").read_text())
    first = record["sessions"][0]
    device = f"{first['devices'][0].strip('/')} ({first['platform'].partition('-')[0]})"
    made = [
        f"- {record['trainable_parameters']:,} weights; {card['patches']:,} patches, {card['epochs']} epochs",
        f"- {record['training_seconds'] / 60:.0f} minutes on {device}",
        f"- trained on {card['dataset']} ({record['training_images']} images; {record['validation_images']} to validate), "
        f"objective {card['objective']}, alpha {card['alpha']}, seed {record['seeds']['noise_seed']}",
        f"- commit {first['git_commit']}, Keras {first['versions']['keras']}, SHA-256 of model.keras {card['sha256']}",
    ]
    settings = [
        line for line in (run / "flags.txt").read_text().splitlines() if not line.startswith(("#", "--data_dir", "--manual"))
    ]
    lines = [
        f"# {name}",
        "",
        note,
        "",
        *made,
        "",
        "Trained by `python -m r2r_tf.train` with",
        "",
        "```",
        *settings,
        "```",
        "",
    ]
    if record.get("test"):
        lines += closing_evaluation(record["test"])
    for table in tables:
        lines += draws(name, table)
    what = "noise twice that of its own model" if check["sigma"] is None else f"sigma {check['sigma']:g}"
    check = f"{check['psnr']:.2f} dB on scikit-image's test photographs, {what}, T {check['num_recorruptions']}"
    return "\n".join([*lines, f"Check without a download: {check}.", ""])


def check(denoiser, data_dir=None):
    """A figure that anybody can check without a download: on scikit-image's test photographs, upright, with noise drawn here.

    White noise of the network's level, 25 grey levels for a range, and an antithetic pair; for cameras f(y), and noise twice that
    of their model, since the photographs have some of their own.

    Args:
      denoiser: `denoisers.Denoiser`.
      data_dir: of TFDS.
    Returns:
      Dict: dataset, sigma (grey levels, None for a camera's own), num_recorruptions, seed, psnr, psnr_noisy (mean, dB).
    """
    own = denoiser.noise.levels == "map"
    level = None if own else noise.mean_level(denoiser.noise) if denoiser.noise.levels == "one" else 25 / noise.GREY_LEVELS
    dataset, draws = "skimage_natural/rgb" if denoiser.form.channels == 3 else "skimage_natural", 0 if own else 2
    test = test_sets.load_test_set(dataset, noise.Gaussian(level or 1.0), None, data_dir=data_dir)
    scores = []
    for index, image in enumerate(test.images):
        x, y = image.clean, image.noisy
        if own:
            y = denoiser.noise.scaled(2.0).at(x).sample(x, noise.SeededDraws((0, index), x.shape))
        options = {"sigma": level, "num_recorruptions": draws, "orientations": 1, "channel_axis": -1, "seed": (0, index)}
        scores.append((metrics.psnr(x, arrays.denoise(y, denoiser, **options)), metrics.psnr(x, y)))
    psnr, noisy = (float(value) for value in np.mean(scores, axis=0))
    sigma = None if own else round(noise.GREY_LEVELS * level, 3)
    return {
        "dataset": dataset,
        "sigma": sigma,
        "num_recorruptions": draws,
        "seed": 0,
        "psnr": psnr,
        "psnr_noisy": noisy,
    }


def closing_evaluation(summary):
    """What the training printed last, in one line."""
    own, sigma = summary["methods"]["model"], summary["sigma"]
    noise = "real noise" if sigma is None else f"sigma {sigma:g}"
    return [
        f"The training's closing evaluation, {summary['dataset']} {summary['split']}, {summary['images']} images, {noise}, "
        f"{passes.in_words(summary)}: "
        f"**{own['psnr']:.2f} dB**, SSIM {own['ssim']:.3f}.",
        "",
    ]


def draws(name, table):
    """A table over the draws, as lines, with its command."""
    seeds = ", ".join(map(str, table["noise_seeds"]))
    lines = [
        f"{table['dataset']} {table['split']}, {table['images']} images, sigma {table['sigma']}, noise seeds {seeds}, "
        f"seed of the draws {table['seed']}, {table['precision']}:",
        "",
        "| method | T | PSNR (dB) | SSIM | s/image |",
        "|---|---|---|---|---|",
    ]
    for row in table["table"]:
        series, count = row["series"], row["x"]
        if count in _SHOWN.get(series, (count,)):
            title = f"**{name}**, {series}" if series in ("f(y)", "f(y), turned", *_SHOWN) else series
            figures = f"{row['psnr']:.2f} | {row['ssim']:.3f} | {row['seconds']:.2f}"
            lines.append(f"| {title} | {count or ''} | {figures} |")
    return [*lines, "", f"    {table['command']}", ""]
