"""The card that is shipped with a network: what made it and how it scores."""

import json

from r2r_tf import passes

_SHOWN = {"plain": (1, 2, 8, 50), "antithetic": (2, 8, 50), "turned": (2, 8)}  # draws T


def text(name, note, run, card, tables, check):
    """The card of a finished run's network, Markdown.

    Args:
      name: of the shipped weights.
      note: what else it says: data, licence, limits.
      run: `pathlib.Path` of the run directory.
      card: dict, the run's model.json.
      tables: list of dicts, each a recorruptions.json of `tools.ablation`.
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
    check = f"{check['psnr']:.2f} dB on scikit-image's test photographs, sigma {check['sigma']:g}, T {check['num_recorruptions']}"
    return "\n".join([*lines, f"Check without a download: {check}.", ""])


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
            title = f"**{name}**, {series}" if series in ("f(y)", *_SHOWN) else series
            figures = f"{row['psnr']:.2f} | {row['ssim']:.3f} | {row['seconds']:.2f}"
            lines.append(f"| {title} | {count or ''} | {figures} |")
    return [*lines, "", f"    {table['command']}", ""]
