"""Figures as PNG files: training curves, histograms of scores, and the best, median and worst picture."""

import re

import matplotlib.image
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from r2r_tf import atomic, image_files
from r2r_tf.estimation.correlation import covariance_of


def curves(history, path):
    """Losses, PSNRs and the learning rate over the epochs.

    Args:
      history: list of dicts, one per epoch, as in history.csv.
      path: PNG file.
    """
    epochs = [row["epoch"] for row in history]
    figure = Figure(figsize=(13, 3.8), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    for name, label in (("loss", "training"), ("val_loss", "validation")):
        left.plot(epochs, [row[name] for row in history], label=label, marker=_marker(history))
    left.set(title="loss on noisy targets", xlabel="epoch")
    for name, label in (
        ("est_psnr", "estimated, training"),
        ("val_est_psnr", "estimated, validation"),
        ("val_psnr", "monitored, validation"),
    ):
        middle.plot(epochs, [row[name] for row in history], label=label, marker=_marker(history))
    middle.set(title="PSNR at the recorrupted input (dB)", xlabel="epoch")
    right.plot(epochs, [row["learning_rate"] for row in history], marker=_marker(history))
    right.set(title="learning rate", xlabel="epoch")
    for axes in (left, middle):
        axes.legend()
    for axes in (left, middle, right):
        axes.grid(alpha=0.3)
    save(figure, path)


def histograms(scores, path):
    """Histograms of PSNR and SSIM over the images.

    Args:
      scores: dict from label to a list of dicts with psnr and ssim, one per image.
      path: PNG file.
    """
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    axes = figure.subplots(1, 2)
    for plot, name, title in ((axes[0], "psnr", "PSNR (dB)"), (axes[1], "ssim", "SSIM")):
        values = {label: [row[name] for row in rows] for label, rows in scores.items()}
        bins = np.histogram_bin_edges(np.concatenate(list(values.values())), bins=30)
        for label, own in values.items():
            plot.hist(own, bins, label=f"{label}, mean {np.mean(own):.3f}", alpha=0.6)
        plot.set(title=title, ylabel="images")
        plot.legend()
    save(figure, path)


def noise(model, path):
    """Level over brightness of each channel, gain over activity, and correlation by lag within each channel.

    Args:
      model: `noise.camera.CameraNoise`.
      path: PNG file.
    """
    lags = covariance_of(model.kernel)
    channels = lags.shape[-1]
    colours = ("tab:red", "tab:green", "tab:blue") if channels == 3 else ("black",) * channels
    figure = Figure(figsize=(9 + 3 * channels, 3.6), layout="constrained")
    left, middle, *rest = figure.subplots(1, 2 + channels, width_ratios=[1.6, 1.6, *[1] * channels])
    for channel, colour in enumerate(colours):
        left.plot(model.brightness * 255, model.sigma[:, channel] * 255, color=colour, marker=".")
    left.set(title="standard deviation in flat areas", xlabel="brightness (grey levels)", ylabel="grey levels", ylim=(0, None))
    middle.plot(model.activity, model.gain, color="black", marker=".")
    middle.set(title="times as strong in structure", xlabel="gradient, by the noise's standard deviation", ylim=(0, None))
    for axes in (left, middle):
        axes.grid(alpha=0.3)
    reach = len(lags) // 2
    for channel, (axes, colour) in enumerate(zip(rest, colours, strict=True)):
        image = axes.imshow(lags[..., channel, channel], cmap="RdBu_r", vmin=-1, vmax=1, extent=[-reach - 0.5, reach + 0.5] * 2)
        axes.set_title("correlation by lag (pixels)" if channels == 1 else f"correlation, channel {channel}", color=colour)
    figure.colorbar(image, ax=rest)
    save(figure, path)


def variance_laws(curves, path, most=12):
    """Variance of the noise over brightness, a panel for each picture, with the line of counting noise where it is such.

    Args:
      curves: list of (name, `noise_cells.Points` or None, `laws.Law` or None), in the values of the files.
      path: PNG file.
      most: pictures that are shown.
    """
    curves = [curve for curve in curves if curve[1] is not None][:most]
    if not curves:
        return
    columns = min(4, len(curves))
    figure = Figure(figsize=(0.4 + 3.2 * columns, 2.9 * -(-len(curves) // columns)), layout="constrained")
    panels = figure.subplots(-(-len(curves) // columns), columns, squeeze=False).ravel()
    for axes in panels[len(curves) :]:
        axes.axis("off")
    for axes, (name, points, law) in zip(panels, curves, strict=False):
        variance_panel(axes, points, law)
        axes.set_title(name if len(name) <= 30 else f"{name[:14]}...{name[-13:]}", fontsize="medium")
    save(figure, path)


def variance_panel(axes, points, law):
    """Variance of the noise over brightness, with the line of a law unless that is None; arguments as in `variance_laws`."""
    # of smooth noise the finest scale, which the points are from, shows a part
    seen = np.median(points.variance / law.variance(points.brightness)) if law is not None and law.smooth else 1.0
    axes.plot(points.brightness, points.variance / seen, "o", color="black", markersize=4)
    if law is not None:
        ends = np.linspace(points.brightness[0], points.brightness[-1])
        axes.plot(ends, law.variance(ends), color="tab:red", label=re.sub(", (variance|standard deviation) ", "\n", str(law)))
        axes.legend(fontsize="small", frameon=False)
    axes.set(xlabel="brightness m", ylabel="variance", ylim=(0, None))
    axes.grid(alpha=0.3)


def calibration(rows, path):
    """The true error over the deviation between passes, beside the line where both are equal.

    Args:
      rows: dicts with deviation and error, as from `calibration.measure`.
      path: PNG file.
    """
    deviations, errors = ([row[name] for row in rows] for name in ("deviation", "error"))
    figure = Figure(figsize=(5, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.loglog(deviations, errors, marker="o", label="a tenth of the pixels each")
    axes.loglog(deviations, deviations, color="gray", linestyle="--", label="error = deviation")
    axes.set(xlabel="standard deviation between passes (grey levels)", ylabel="root mean square error (grey levels)")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    save(figure, path)


def examples(cases, path):
    """One row per case: clean, noisy, denoised, with the figures under each.

    Args:
      cases: list of (title, clean, noisy, x_hat, row), images [H, W, C] on the [0, 1] scale.
      path: PNG file.
    """
    heights = [3.6 * clean.shape[0] / clean.shape[1] + 0.5 for _, clean, *_ in cases]
    figure = Figure(figsize=(11, sum(heights)), layout="constrained")
    grid = figure.subplots(len(cases), 3, height_ratios=heights, squeeze=False)
    for line, (title, clean, noisy, x_hat, row) in zip(grid, cases, strict=True):
        captions = (
            f"clean: {row['image']} ({title})",
            f"noisy: {row['psnr_noisy']:.2f} dB, SSIM {row['ssim_noisy']:.3f}",
            f"denoised: {row['psnr']:.2f} dB, SSIM {row['ssim']:.3f}",
        )
        for axes, image, caption in zip(line, (clean, noisy, x_hat), captions, strict=True):
            axes.imshow(np.clip(image, 0, 1).squeeze(), cmap="gray", vmin=0, vmax=1)
            axes.set_xlabel(caption)
            axes.set(xticks=[], yticks=[])
    save(figure, path, dpi=150)


def side_by_side(pictures, path):
    """Pictures [H, W, C] of one size on the [0, 1] scale beside each other, pixel by pixel."""
    strip = np.concatenate([np.broadcast_to(np.clip(one, 0, 1), (*one.shape[:2], 3)) for one in pictures], axis=1)
    image_files.write_new(path, np.round(255 * strip).astype(np.uint8)[None])


def read_png(path):
    """A figure's pixels, [H, W, 3] uint8, for TensorBoard."""
    return np.round(matplotlib.image.imread(path)[..., :3] * 255).astype(np.uint8)


def _marker(history):
    """A single epoch makes no line: show its point."""
    return "o" if len(history) == 1 else None


def save(figure, path, dpi=100):
    """Writes a figure, whole or not at all."""
    with atomic.replacing(path) as temporary:
        figure.savefig(temporary, dpi=dpi)
