"""Evaluation: rows, summary and files agree with a direct computation; the whole road from one command."""

import csv
import json
import re

import numpy as np
import pytest
import tensorflow as tf
from conftest import run_command

from r2r_tf import noise
from r2r_tf.data import datasets, frozen_images, test_sets
from r2r_tf.errors import InputError
from r2r_tf.evaluation import files as evaluation_files
from r2r_tf.evaluation import metrics, scores
from r2r_tf.inference import arrays
from r2r_tf.models import denoisers, networks

SIGMA = 25 / 255


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A model on disk: a residual network that takes away a little of the high frequencies."""
    folder = tmp_path_factory.mktemp("run")
    network = networks.build("dncnn", depth=2, features=2)
    highpass = np.full((3, 3), -1 / 9)
    highpass[1, 1] += 1
    first = np.stack([highpass, -highpass], axis=-1)[:, :, None, :]
    last = np.zeros((3, 3, 2, 1))
    last[1, 1, :, 0] = (0.8, -0.8)
    network.set_weights([first, last])
    card = {"alpha": 0.5, "antithetic": True, "noise": noise.Gaussian(SIGMA).to_json(), "channels": 1, "value_range": [0, 1]}
    denoisers.save(folder, network, card)
    return folder


def load(data_dir, dataset="skimage_natural", sigma=SIGMA, **options):
    return test_sets.load_test_set(dataset, noise.Gaussian(sigma), options.pop("channels", 1), data_dir=data_dir, **options)


@pytest.fixture(scope="module")
def evaluated(run_folder, data_dir, tmp_path_factory):
    out, denoiser = tmp_path_factory.mktemp("evaluation"), denoisers.load(run_folder)
    test = load(data_dir, seed=5)
    return out, scores.evaluate(denoiser, test, out, num_recorruptions=4, seed=5, legacy_ssim=True, command="python"), denoiser


@pytest.mark.slow
def test_rows_are_what_a_direct_computation_gives(evaluated, data_dir):
    out, summary, denoiser = evaluated
    with (out / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["image", "psnr", "ssim", "legacy_ssim", "psnr_noisy", "ssim_noisy"]
    pictures = datasets.load_pictures(datasets.make_builder("skimage_natural", data_dir), "test")
    for index, (row, picture) in enumerate(zip(rows, pictures, strict=True)):
        y = frozen_images.add_frozen_noise(picture.clean, noise.Gaussian(SIGMA), 5, source=picture.source, index=index)
        # every image has recorruptions of its own
        x_hat = arrays.denoise(y, denoiser, num_recorruptions=4, seed=(5, index))
        assert row["image"] == picture.name
        assert float(row["psnr"]) == pytest.approx(metrics.psnr(picture.clean, x_hat), abs=1e-6)
        assert float(row["ssim_noisy"]) == pytest.approx(metrics.ssim(picture.clean, y, clip=False), abs=1e-6)
        assert float(row["psnr_noisy"]) == pytest.approx(-20 * np.log10(SIGMA), abs=0.05)
    assert summary["methods"]["model"]["psnr"] == pytest.approx(np.mean([float(row["psnr"]) for row in rows]))


def test_best_median_worst():
    rows = [{"psnr": value} for value in (25.0, 31.0, 28.0, 27.0, 30.0)]
    assert evaluation_files.best_median_worst(rows) == {"best": 1, "median": 2, "worst": 0}
    assert evaluation_files.best_median_worst(rows[:1]) == {"best": 0, "median": 0, "worst": 0}


def test_summary_names_what_a_table_needs(evaluated):
    out, summary, denoiser = evaluated
    assert json.loads((out / "summary.json").read_text()) == summary
    assert list(summary["methods"]) == ["noisy input", "non-local means", "wavelet", "total variation", "model"]
    assert summary["dataset"] == "skimage_natural/gray" and summary["split"] == "test" and summary["images"] == 3
    assert summary["sigma"] == 25 and summary["num_recorruptions"] == 4 and summary["alpha"] == 0.5 and summary["antithetic"]
    assert summary["seeds"] == {"noise_seed": 5, "recorruption_seed": 5} and summary["model_sha256"] == denoiser.sha256
    assert summary["command"] == "python"
    text = evaluation_files.table(summary)
    assert "PSNR (dB)" in text and "legacy SSIM" in text and len(text.splitlines()) == 7


def test_every_method_denoises_and_the_noisy_row_does_not(evaluated):
    _, summary, _ = evaluated
    figures = {name: means["psnr"] for name, means in summary["methods"].items()}
    assert figures["noisy input"] == pytest.approx(20.17, abs=0.03)
    assert all(figures[name] > figures["noisy input"] + 3 for name in figures if name != "noisy input")


def test_figures_and_logs_are_there(evaluated):
    out, _, _ = evaluated
    for name in ("histograms.png", "examples.png"):
        assert (out / name).read_bytes().startswith(b"\x89PNG")
    tags = set()
    for file in (out / "tensorboard").iterdir():
        for event in tf.compat.v1.train.summary_iterator(str(file)):
            tags |= {value.tag for value in event.summary.value}
    assert {"test_psnr/model", "test_ssim/noisy_input", "test/examples", "test/histograms"} <= tags


@pytest.mark.slow
def test_evaluate_command(run_folder, data_dir, tmp_path):
    process = run_command(
        "tools.evaluate",
        f"--model={run_folder}",
        f"--data_dir={data_dir}",
        "--sigma=15",
        "--max_images=1",
        "--num_recorruptions=1",
        "--noantithetic",
        f"--output_dir={tmp_path / 'out'}",
    )
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["sigma"] == 15 and summary["images"] == 1 and not summary["antithetic"] and summary["num_recorruptions"] == 1
    assert summary["command"].startswith("python -m r2r_tf.commands.evaluate --model=") and "noisy input" in process.stdout


@pytest.mark.slow
def test_gray_networks_take_colours_one_by_one(data_dir, tmp_path):
    """By the command; its figure is that of three gray pictures."""
    arguments = ("--model=unet-awgn", "--dataset=skimage_natural/rgb", "--sigma=25", "--max_images=1", "--orientations=1")
    run_command("tools.evaluate", *arguments, f"--data_dir={data_dir}", f"--output_dir={tmp_path}")
    summary = json.loads((tmp_path / "summary.json").read_text())
    test = test_sets.load_test_set("skimage_natural/rgb", noise.Gaussian(25 / 255), None, data_dir=data_dir, max_images=1)
    y, x = test.images[0].noisy, test.images[0].clean
    planes = [arrays.denoise(y[..., c], "unet-awgn", sigma=25 / 255, orientations=1) for c in range(3)]
    expected = metrics.psnr(x, np.stack(planes, axis=-1), clip=True)
    assert summary["methods"]["model"]["psnr"] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("--num_recorruptions=3",), "even"),
        (("--split=dev",), "'dev'"),
        (("--sigma=loud",), "loud"),
        (("--alpha=-1",), "alpha"),
    ],
)
def test_bad_input(run_folder, data_dir, tmp_path, arguments, message):
    out = tmp_path / "out"
    places = (f"--model={run_folder}", f"--data_dir={data_dir}", f"--output_dir={out}")
    process = run_command("tools.evaluate", *places, *arguments, check=False)
    assert process.returncode == 1 and re.search(message, process.stderr) and not out.exists()


def test_unknown_noise_is_asked_for(data_dir):
    with pytest.raises(InputError, match="`sigma` is needed"):
        test_sets.load_test_set("skimage_natural", None, 1, data_dir=data_dir)


@pytest.mark.release
@pytest.mark.parametrize("dataset", ("bsd68", "polyu"))
def test_real_data_can_be_evaluated(manual_dir, real_data_dir, run_folder, tmp_path, dataset):
    denoiser, channels = denoisers.load(run_folder), 1
    if dataset == "polyu":
        network, channels = networks.build("dncnn", channels=3, depth=2, features=2), 3
        denoiser = denoisers.Denoiser(network, 0.5, noise.Gaussian(4 / 255))
    test = load(real_data_dir, dataset, denoiser.noise.sigma, channels=channels, manual_dir=manual_dir, max_images=2)
    summary = scores.evaluate(denoiser, test, tmp_path, num_recorruptions=0)
    assert summary["images"] == 2
    expected = {"bsd68": 20.17, "polyu": 36.0}[dataset]
    assert summary["methods"]["noisy input"]["psnr"] == pytest.approx(expected, abs=3.0)


@pytest.mark.slow
def test_nothing_told_of_counting_noise(data_dir, tmp_path):
    """`blind` takes what is known away from the denoiser and from the classical ones; figures by setting follow the images."""
    test = load(data_dir, blind=True, max_images=2)
    assert test.noise is None and test.training_pairs is None
    rng = np.random.default_rng(0)
    images = [image._replace(noisy=np.float32(rng.poisson(20 * image.clean) / 20)) for image in test.images]
    test = test._replace(images=images, settings=["a", "b"])
    summary = scores.evaluate(denoisers.load("unet-awgn"), test, tmp_path, orientations=1)
    noisy = summary["methods"]["noisy input"]["psnr"]
    assert summary["blind"] and summary["sigma"] is None
    assert all(means["psnr"] > noisy + 5 for name, means in summary["methods"].items() if name != "noisy input")
    assert summary["methods"]["model"]["psnr"] > noisy + 9
    middle = np.mean([summary["by_setting"][setting]["model"] for setting in "ab"])
    assert middle == pytest.approx(summary["methods"]["model"]["psnr"])
    text = evaluation_files.table(summary)
    assert "nothing told of the noise" in text and "\na  " in text


def test_rescaled_files_are_fitted_first(data_dir, tmp_path):
    """Estimates in other units than their references score as if in the same."""
    test = load(data_dir, blind=True, max_images=1)
    moved = [image._replace(noisy=np.float32(0.5 * image.noisy + 0.2)) for image in test.images]
    own, other = (
        scores.score_methods({"noisy input": lambda index, images=images: images[index].noisy}, test._replace(**changes))[0]
        for images, changes in ((test.images, {"rescaled": True}), (moved, {"images": moved, "rescaled": True}))
    )
    assert own["noisy input"][0]["psnr"] == pytest.approx(other["noisy input"][0]["psnr"], abs=1e-3)
