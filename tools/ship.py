"""Copies a finished run's network to the shipped weights, with a card that says what made it and how it scores.

Usage: python -m tools.ship --run=runs/unet --name=unet-awgn --tables=ablations/a,ablations/b --note='Data and licence.'
"""

import json
import pathlib
import shutil

from absl import flags

from r2r_tf import command

_RUN = flags.DEFINE_string("run", None, "Run directory of a finished training.")
_NAME = flags.DEFINE_string("name", None, "Name of the shipped weights.")
_TABLES = flags.DEFINE_list("tables", [], "Directories of tools.ablation --table=recorruptions, whose figures the card repeats.")
_NOTE = flags.DEFINE_string("note", "", "What else the card says: data, licence, limits.")
_DATA_DIR = flags.DEFINE_string("data_dir", None, "Where TFDS keeps prepared data; ~/tensorflow_datasets by default.")
flags.mark_flags_as_required(["run", "name"])
_SHOWN = {"plain": (1, 2, 8, 50), "antithetic": (2, 8, 50)}  # draws T


def main(argv):
    del argv
    from r2r_tf import atomic, inference, metrics, model_files, noise, pretrained, testing_data

    run = pathlib.Path(_RUN.value)
    denoiser = model_files.load(run)
    card = json.loads((run / model_files.CARD_FILE).read_text())
    # a figure that anybody can check without a download: the test repeats it
    level = denoiser.noise.sigma if isinstance(denoiser.noise, noise.Gaussian) else 25 / 255
    test = testing_data.load_test_set("skimage_natural", noise.Gaussian(level), card["channels"], data_dir=_DATA_DIR.value)
    scores = [
        inference.denoise(y, denoiser, sigma=level, num_recorruptions=2, channel_axis=-1, seed=(0, index))
        for index, y in enumerate(test.images.noisy)
    ]
    psnr = [metrics.psnr(x, x_hat) for x, x_hat in zip(test.images.clean, scores, strict=True)]
    folder = pretrained.directory(_NAME.value)
    folder.mkdir(exist_ok=True)
    with atomic.replacing(folder / model_files.NETWORK_FILE) as temporary:
        shutil.copyfile(run / model_files.NETWORK_FILE, temporary)
    check = {
        "dataset": "skimage_natural",
        "sigma": round(255 * level, 3),
        "num_recorruptions": 2,
        "seed": 0,
        "psnr": sum(psnr) / len(psnr),
    }
    atomic.write_json(folder / model_files.CARD_FILE, {**card, "check": check})
    tables = [json.loads((pathlib.Path(path) / "recorruptions.json").read_text()) for path in _TABLES.value]
    atomic.write_text(folder / "card.md", text(_NAME.value, run, card, tables, check))
    print(f"Files: {folder}")


def text(name, run, card, tables, check):
    """The card."""
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
        _NOTE.value,
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
    check = f"{check['psnr']:.2f} dB on scikit-image's test photographs, sigma {check['sigma']:g}, T {check['num_recorruptions']}"
    return "\n".join([*lines, f"Check without a download: {check}.", ""])


def closing_evaluation(summary):
    """What the training printed last, in one line."""
    own = summary["methods"]["model"]
    return [
        f"The training's closing evaluation, {summary['dataset']} {summary['split']}, {summary['images']} images, sigma "
        f"{summary['sigma']:g}, T = {summary['num_recorruptions']}: **{own['psnr']:.2f} dB**, SSIM {own['ssim']:.3f}.",
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
            title = f"**{name}**, {series}" if series in ("f(y)", *_SHOWN) else series
            figures = f"{row['psnr']:.2f} | {row['ssim']:.3f} | {row['seconds']:.2f}"
            lines.append(f"| {title} | {count or ''} | {figures} |")
    return [*lines, "", f"    {table['command']}", ""]


if __name__ == "__main__":
    command.run(main)
