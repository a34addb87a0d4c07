"""The ablation tables: prefixes of one set of draws, resuming, error bars, trainings that are reused."""

import csv
import json
import math

import keras
import numpy as np
import pytest
from conftest import run_python

import r2r_tf
from r2r_tf import evaluation, metrics, model_files, noise
from r2r_tf.ablations import alpha, levers, prediction, recorruptions, report, sigma_error
from r2r_tf.errors import InputError

SIGMA = 25 / 255


@pytest.fixture(scope="module")
def denoiser():
    """A 3x3 mean: alpha 0.5, and noise of its own."""
    inputs = keras.Input((None, None, 1))
    mean = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False)
    network = keras.Model(inputs, mean(inputs))
    mean.set_weights([np.full((3, 3, 1, 1), 1 / 9, np.float32)])
    return model_files.Denoiser(network, 0.5, noise.Gaussian(SIGMA))


@pytest.fixture(scope="module")
def tests(data_dir):
    return [
        evaluation.load_test_set("skimage_natural", noise.Gaussian(SIGMA), 1, data_dir=data_dir, max_images=2, seed=seed)
        for seed in (0, 1)
    ]


def test_draws_are_prefixes_and_those_of_denoise(denoiser, tests):
    rows = recorruptions.cases(denoiser, tests, None, seed=5, counts=(1, 2, 4))[1].measure()
    psnr = {(row["series"], row["x"]): row["psnr"] for row in rows}
    x, y = tests[0].images.clean[1], tests[0].images.noisy[1]
    assert set(psnr) > {("noisy input", 0), ("non-local means", 0), ("f(y)", 0), ("antithetic", 4), ("plain", 1)}
    assert ("antithetic", 1) not in psnr
    for series, count in (("plain", 1), ("plain", 4), ("antithetic", 2), ("antithetic", 4)):
        options = {"num_recorruptions": count, "antithetic": series == "antithetic", "channel_axis": -1, "seed": (5, 1)}
        assert psnr[series, count] == pytest.approx(metrics.psnr(x, r2r_tf.denoise(y, denoiser, **options)), abs=1e-4)
    assert psnr["noisy input", 0] == pytest.approx(metrics.psnr(x, y, clip=False))
    assert psnr["f(y)", 0] == pytest.approx(metrics.psnr(x, r2r_tf.denoise(y, denoiser, num_recorruptions=0, channel_axis=-1)))
    # a mean is linear: both of a pair give f(y) itself, and plain draws leave noise
    assert psnr["antithetic", 2] == pytest.approx(psnr["f(y)", 0], abs=1e-3) and psnr["plain", 2] < psnr["f(y)", 0] - 0.05


def test_interrupted_collection_goes_on(tmp_path):
    measured = []

    def case(number, fails=False):
        def measure():
            if fails:
                raise KeyboardInterrupt
            measured.append(number)
            return [{"series": "s", "x": 1, "psnr": float(number), "ssim": 0.5, "seconds": 0.1}]

        return report.Case(("a", number), number % 2, measure)

    path = tmp_path / "table.jsonl"
    with pytest.raises(KeyboardInterrupt):
        report.collect([case(0), case(1), case(2, fails=True)], path, {"sigma": 25})
    with path.open("a") as file:
        file.write('{"key": ["a", 2], "ro')  # what a killed process leaves
    rows = report.collect([case(i) for i in range(4)], path, {"sigma": 25})
    assert measured == [0, 1, 2, 3] and [row["psnr"] for row in rows] == [0.0, 1.0, 2.0, 3.0]
    assert report.collect([case(i) for i in range(4)], path, {"sigma": 25}) == rows and len(measured) == 4
    with pytest.raises(InputError, match="other settings"):
        report.collect([case(0)], path, {"sigma": 50})


def test_error_bars_are_over_seeds():
    rows = [
        {"series": "s", "x": 1, "seed": seed, "psnr": 20.0 + seed + image, "ssim": 0.5, "seconds": 1.0}
        for seed in range(3)
        for image in (0, 1)
    ]
    (line,) = report.aggregate(rows)
    assert line["psnr"] == pytest.approx(21.5) and line["psnr_error"] == pytest.approx(1 / math.sqrt(3))
    assert line["images"] == 2 and line["seeds"] == 3
    assert math.isnan(report.aggregate(rows[:2])[0]["psnr_error"])


def test_whole_image_and_patches(denoiser, tests):
    rows = prediction.cases(denoiser, tests[:1], None, seed=0, num_recorruptions=2, strides=(40,))[0].measure()
    x, y = tests[0].images.clean[0], tests[0].images.noisy[0]
    options = {"num_recorruptions": 2, "channel_axis": -1, "seed": (0, 0)}
    expected = [r2r_tf.denoise(y, denoiser, **options), r2r_tf.kernel_denoise(y, denoiser, **options, stride=40)]
    assert [row["series"] for row in rows] == ["whole image", "patches, stride 40"]
    assert [row["psnr"] for row in rows] == pytest.approx([metrics.psnr(x, x_hat) for x_hat in expected])
    assert rows[0]["psnr"] > rows[1]["psnr"] + 1  # a mean filter sees zeros around every patch


@pytest.fixture
def tiny(data_dir):
    """A recipe of seconds."""
    return {
        "dataset": "skimage_natural",
        "data_dir": data_dir,
        "manual_dir": None,
        "sigma": "25",
        "patches": 4000,
        "depth": 3,
        "features": 8,
        "steps_per_epoch": 30,
        "patch_size": 24,
    }


def test_alpha_table_trains_once(tests, tmp_path, tiny, monkeypatch):
    monkeypatch.setattr(alpha, "ALPHAS", (0.5, 0.1))
    written = []
    for repetition in range(2):
        rows = report.collect(
            alpha.cases(tests[:1], 0, tmp_path / "runs", network="ffdnet", **tiny), tmp_path / f"{repetition}.jsonl", {}
        )
        table = report.aggregate(rows)
        assert [(row["series"], row["x"]) for row in table] == [
            (series, x) for series in ("antithetic", "plain") for x in (0.5, 0.1)
        ]
        written.append([path.stat().st_mtime_ns for path in sorted((tmp_path / "runs").glob("*/model.keras"))])
    assert len(written[0]) == 4 and written[0] == written[1]
    cards = [json.loads(path.read_text()) for path in sorted((tmp_path / "runs").glob("*/model.json"))]
    assert sorted((card["antithetic"], card["alpha"]) for card in cards) == [(False, 0.1), (False, 0.5), (True, 0.1), (True, 0.5)]


def test_levers_take_equal_time(tests, tmp_path, tiny, monkeypatch):
    """Each recipe's steps come from its own measured speed; a quarter of a second each."""
    names = ["plain", "plain + antithetic pairs", "all"]
    chosen = {name: levers.recipes()[name] for name in names}
    monkeypatch.setattr(levers, "recipes", lambda: chosen)
    del tiny["patches"], tiny["steps_per_epoch"]
    cases = levers.cases(tests[:1], 0, tmp_path / "runs", 1 / 240, network="ffdnet", **tiny)
    table = report.aggregate(report.collect(cases, tmp_path / "table.jsonl", {}))
    assert [row["series"] for row in table] == names
    for name, row in zip(names, table, strict=True):
        run = json.loads((tmp_path / "runs" / name.replace(" ", "_") / "run.json").read_text())
        card = json.loads((tmp_path / "runs" / name.replace(" ", "_") / "model.json").read_text())
        assert run["finished_epochs"] == 5 and card["patches"] == row["x"]
    everything = levers.recipes()["all"]
    assert everything["batch_size"] == 32 and everything["antithetic"] and everything["near_zero_start"]


def test_recipes_of_the_levers():
    recipes = levers.recipes()
    for name, lever in levers.LEVERS.items():
        assert {**recipes["plain"], **lever} == recipes[f"plain + {name}"]
        assert {**recipes[f"all without {name}"], **lever} == recipes["all"] != recipes[f"all without {name}"]


def test_wrong_levels(denoiser, tests, tmp_path, tiny, monkeypatch):
    """A given denoiser hears wrong levels; a network's name is trained with them, too."""
    given = report.aggregate(report.collect(sigma_error.cases("x.keras", denoiser, tests, 0, tmp_path), tmp_path / "g.jsonl", {}))
    assert [row["x"] for row in given] == pytest.approx([-20, -10, 0, 10, 20]) and {row["series"] for row in given} == {"at test"}
    monkeypatch.setattr(sigma_error, "ERRORS", (0.0, 0.5))
    cases = sigma_error.cases("ffdnet", None, tests[:1], 0, tmp_path / "runs", **tiny)
    trained = report.aggregate(report.collect(cases, tmp_path / "t.jsonl", {}))
    assert len(trained) == 5 and {path.name for path in (tmp_path / "runs").iterdir()} == {
        "ffdnet_sigma25_error+0",
        "ffdnet_sigma25_error+50",
        "ffdnet_sigma25_error-10_+10",
    }
    by_case = {(row["series"], row["x"]): row["psnr"] for row in trained}
    assert by_case["at test", 0.0] == pytest.approx(by_case["in training and at test", 0.0])
    with pytest.raises(InputError, match="a network to train"):
        alpha.cases(tests, 0, tmp_path, network="gan", **tiny)


def test_command(data_dir, denoiser, tmp_path):
    model_files.save(tmp_path / "run", denoiser.network, {"alpha": 0.5, "noise": denoiser.noise.to_json()})
    arguments = ["--table=prediction", f"--model={tmp_path / 'run'}", f"--data_dir={data_dir}", "--max_images=1", "--num_seeds=2"]
    process = run_python("-m", "tools.ablation", *arguments, f"--output_dir={tmp_path / 'out'}")
    assert "whole image" in process.stdout and "±" in process.stdout
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"prediction.csv", "prediction.json", "prediction.png", "prediction.jsonl", "tensorboard"}
    with (tmp_path / "out" / "prediction.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["seeds"] == "2" and float(rows[0]["psnr"]) > 20
    record = json.loads((tmp_path / "out" / "prediction.json").read_text())
    assert record["model_sha256"] and "tools.ablation" in record["command"] and record["noise_seeds"] == [0, 1]
    wrong = run_python("-m", "tools.ablation", "--table=alpha", f"--model={tmp_path / 'run'}", check=False)
    assert wrong.returncode == 1 and "a network to train" in wrong.stderr and "Traceback" not in wrong.stderr
