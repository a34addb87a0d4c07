"""Copies a finished run's network to the shipped weights, with a card that says what made it and how it scores.

Usage: python -m tools.ship --run=runs/unet --name=unet-awgn --evaluations=evaluation/a,evaluation/b --note='Data and licence.'
"""

import json
import pathlib
import shutil

from absl import flags

from r2r_tf import command

_RUN = flags.DEFINE_string("run", None, "Run directory of a finished training.")
_NAME = flags.DEFINE_string("name", None, "Name of the shipped weights.")
_EVALUATIONS = flags.DEFINE_list("evaluations", [], "Directories of tools.evaluate, whose figures the card repeats.")
_NOTE = flags.DEFINE_string("note", "", "What else the card says: data, licence, limits.")
_DATA_DIR = flags.DEFINE_string("data_dir", None, "Where TFDS keeps prepared data; ~/tensorflow_datasets by default.")
flags.mark_flags_as_required(["run", "name"])
_ROOT = pathlib.Path(__file__).parent.parent


def main(argv):
    del argv
    from r2r_tf import atomic, evaluation, inference, model_files, noise, pretrained

    run = pathlib.Path(_RUN.value)
    denoiser = model_files.load(run)
    card = json.loads((run / model_files.CARD_FILE).read_text())
    # a figure that anybody can check without a download: the test repeats it
    level = denoiser.noise.sigma if isinstance(denoiser.noise, noise.Gaussian) else 25 / 255
    test = evaluation.load_test_set("skimage_natural", noise.Gaussian(level), card["channels"], data_dir=_DATA_DIR.value)
    scores = [
        inference.denoise(y, denoiser, sigma=level, num_recorruptions=2, channel_axis=-1, seed=(0, index))
        for index, y in enumerate(test.images.noisy)
    ]
    psnr = [evaluation.metrics.psnr(x, x_hat) for x, x_hat in zip(test.images.clean, scores, strict=True)]
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
    summaries = [json.loads((pathlib.Path(path) / "summary.json").read_text()) for path in _EVALUATIONS.value]
    atomic.write_text(folder / "card.md", text(_NAME.value, run, card, summaries, check))
    print(f"Files: {folder}")


def text(name, run, card, summaries, check):
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
    lines = [f"# {name}", "", _NOTE.value, "", *made, "", "Trained by `python -m r2r_tf.train` with", "", "```"]
    lines += [*settings, "```", "", "| data | sigma | T | method | PSNR (dB) | SSIM |", "|---|---|---|---|---|---|"]
    for summary in summaries:
        for method, means in summary["methods"].items():
            draws = summary["num_recorruptions"] if method == "model" else ""
            lines.append(
                f"| {summary['dataset']} {summary['split']}, {summary['images']} images | {summary['sigma']:g} | {draws} | "
                f"{'**' + name + '**' if method == 'model' else method} | {means['psnr']:.2f} | {means['ssim']:.3f} |"
            )
    commands = "\n".join(f"    {summary['command']}" for summary in summaries)
    check = f"{check['psnr']:.2f} dB on scikit-image's test photographs, sigma {check['sigma']:g}, T {check['num_recorruptions']}"
    return "\n".join([*lines, "", "Commands:", "", commands, "", f"Check without a download: {check}.", ""])


if __name__ == "__main__":
    command.run(main)
