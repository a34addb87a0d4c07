"""What an evaluation leaves: scores, summary, figures, TensorBoard logs, the table as text, and a page to look at."""

import numpy as np

from r2r_tf import atomic
from r2r_tf.inference import passes
from r2r_tf.reports import figures, html_page, tensorboard


def best_median_worst(rows):
    """Dict from 'best', 'median' and 'worst' to the row number with that PSNR."""
    order = np.argsort([-row["psnr"] for row in rows], kind="stable")
    return {"best": int(order[0]), "median": int(order[len(order) // 2]), "worst": int(order[-1])}


def write(output_dir, rows, summary, *, images, estimates):
    """Writes the files of an evaluation, whose histograms are there, summary.json last."""
    atomic.write_csv(output_dir / "scores.csv", rows)
    cases = [(title, images[i].clean, images[i].noisy, estimates[i], rows[i]) for title, i in best_median_worst(rows).items()]
    figures.examples(cases, output_dir / "examples.png")
    scalars = {
        f"test_{key}/{name.replace(' ', '_')}": value
        for name, means in summary["methods"].items()
        for key, value in means.items()
    }
    pictures = {f"test/{name}": figures.read_png(output_dir / f"{name}.png") for name in ("examples", "histograms")}
    tensorboard.log_evaluation(output_dir / "tensorboard", scalars, pictures)
    atomic.write_json(output_dir / "summary.json", summary)


def write_calibration(output_dir, rows):
    """Writes calibration.csv and calibration.png.

    Args:
      output_dir: `pathlib.Path`.
      rows: as from `calibration.measure`.
    """
    atomic.write_csv(output_dir / "calibration.csv", rows)
    figures.calibration(rows[:-1], output_dir / "calibration.png")


def write_report(output_dir, rows, summary, *, images, estimates):
    """Writes report.html: the table, and before and after of every image beside its figures."""
    pictures = []
    for row, image, x_hat in zip(rows, images, estimates, strict=True):
        before = f"noisy {row['psnr_noisy']:.2f} dB, SSIM {row['ssim_noisy']:.3f}"
        after = f"denoised {row['psnr']:.2f} dB, SSIM {row['ssim']:.3f}"
        pictures.append(html_page.pair(row["image"], f"{before}; {after}", image.noisy, x_hat))
    scores = [{"method": name, **means} for name, means in summary["methods"].items()]
    notes = [head(summary), summary["protocol"], summary["command"]]
    atomic.write_text(output_dir / "report.html", html_page.page("Evaluation", notes, pictures, scores))


def table(summary):
    """The summary as text: one line per method."""
    keys = list(next(iter(summary["methods"].values())))
    titles = {"psnr": "PSNR (dB)", "ssim": "SSIM", "legacy_ssim": "legacy SSIM", "seconds": "s/image"}
    lines = [head(summary), f"{'':16s}" + "".join(f"{titles[key]:>14s}" for key in keys)]
    lines += [f"{name:16s}" + "".join(f"{means[key]:14.4f}" for key in keys) for name, means in summary["methods"].items()]
    return "\n".join(lines + by_setting(summary))


def by_setting(summary):
    """Lines with the mean PSNR of each method for each setting; none where the data set does not tell settings."""
    rows = summary.get("by_setting") or {}
    if len(rows) < 2:
        return []
    width, names = max(map(len, rows)) + 2, list(summary["methods"])
    lines = [f"{'PSNR (dB)':{width}s}" + "".join(f"{name:>18s}" for name in names)]
    return lines + [f"{setting:{width}s}" + "".join(f"{own[name]:18.2f}" for name in names) for setting, own in rows.items()]


def head(summary):
    """What was evaluated, in one line."""
    real = "nothing told of the noise" if summary.get("blind") else "real noise"
    noise_of_images = real if summary["sigma"] is None else f"sigma {summary['sigma']:g}"
    spent = "" if summary["target_se"] is None else f" at most, {summary['mean_draws']:.1f} on average"
    return (
        f"{summary['dataset']}, split {summary['split']}, {summary['images']} images, {noise_of_images}, "
        f"{passes.in_words(summary)}{spent}"
    )
