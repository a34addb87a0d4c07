"""The ablation tables: prefixes of one set of draws, resuming, error bars, trainings that are reused."""

import itertools
import json
import math

import numpy as np
import pytest
from conftest import mean_denoiser

import r2r_tf
from r2r_tf import noise
from r2r_tf.commands.ablations import (
    alpha,
    equal_time,
    levels,
    levers,
    prediction,
    recorruptions,
    report,
    sigma_error,
    trainings,
)
from r2r_tf.commands.ablations import networks as networks_table
from r2r_tf.data import test_sets
from r2r_tf.errors import InputError
from r2r_tf.evaluation import metrics
from r2r_tf.models import denoisers, networks
from r2r_tf.reports import figures

SIGMA = 25 / 255


@pytest.fixture(scope="module")
def denoiser():
    return mean_denoiser(SIGMA)


@pytest.fixture(scope="module")
def tests(data_dir):
    return [
        test_sets.load_test_set("skimage_natural", noise.Gaussian(SIGMA), 1, data_dir=data_dir, max_images=2, seed=seed)
        for seed in (0, 1)
    ]


@pytest.mark.slow
def test_draws_are_prefixes_and_those_of_denoise(denoiser, tests):
    rows = recorruptions.cases(denoiser, tests, None, seed=5, counts=(1, 2, 4))[1].measure()
    psnr = {(row["series"], row["x"]): row["psnr"] for row in rows}
    x, y = tests[0].images[1].clean, tests[0].images[1].noisy
    assert set(psnr) > {("noisy input", 0), ("non-local means", 0), ("f(y)", 0), ("antithetic", 4), ("plain", 1)}
    assert ("antithetic", 1) not in psnr
    kinds = {"plain": (False, 1), "antithetic": (True, 1), "turned": (True, None), "f(y), turned": (True, 8)}
    for series, count in (*itertools.product(("plain", "antithetic", "turned"), (2, 4)), ("plain", 1), ("f(y), turned", 0)):
        antithetic, turns = kinds[series]
        options = {
            "num_recorruptions": count,
            "antithetic": antithetic,
            "orientations": turns,
            "channel_axis": -1,
            "seed": (5, 1),
        }
        assert psnr[series, count] == pytest.approx(metrics.psnr(x, r2r_tf.denoise(y, denoiser, **options)), abs=1e-4)
    assert psnr["noisy input", 0] == pytest.approx(metrics.psnr(x, y, clip=False))
    assert psnr["f(y)", 0] == pytest.approx(metrics.psnr(x, r2r_tf.denoise(y, denoiser, num_recorruptions=0, channel_axis=-1)))
    # a mean is linear: both of a pair give f(y) itself, and plain draws leave noise
    assert psnr["antithetic", 2] == pytest.approx(psnr["f(y)", 0], abs=1e-3) and psnr["plain", 2] < psnr["f(y)", 0] - 0.05


@pytest.mark.slow
def test_levels_are_those_of_the_images(denoiser, data_dir):
    """Each level has images of its own, and the denoiser and the baselines hear it."""
    tests_of_levels = {
        level: [test_sets.load_test_set("skimage_natural", noise.Gaussian(level / 255), 1, data_dir=data_dir, max_images=1)]
        for level in (10, 60)
    }
    cases = levels.cases(denoiser, tests_of_levels, None, seed=3, num_recorruptions=2)
    assert len({case.key for case in cases}) == 2
    rows = {(row["series"], row["x"]): row["psnr"] for case in cases for row in case.measure()}
    for level, (test,) in tests_of_levels.items():
        x, y = test.images[0].clean, test.images[0].noisy
        assert rows["noisy input", level] == pytest.approx(-20 * math.log10(level / 255), abs=0.1)
        x_hat = r2r_tf.denoise(y, denoiser, sigma=level / 255, num_recorruptions=2, orientations=1, channel_axis=-1, seed=(3, 0))
        assert rows["T = 2", level] == pytest.approx(metrics.psnr(x, x_hat))
        assert rows["non-local means", level] > rows["noisy input", level] + 2


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
    assert report.aggregate(rows[:2])[0]["psnr_error"] is None


def test_whole_image_and_patches(denoiser, tests):
    rows = prediction.cases(denoiser, tests[:1], None, seed=0, num_recorruptions=2, strides=(40,))[0].measure()
    x, y = tests[0].images[0].clean, tests[0].images[0].noisy
    options = {"num_recorruptions": 2, "channel_axis": -1, "seed": (0, 0)}
    expected = [r2r_tf.denoise(y, denoiser, **options), r2r_tf.kernel_denoise(y, denoiser, **options, stride=40)]
    assert [row["series"] for row in rows] == ["whole image", "patches of 40 pixels"]
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
        "patches": 1000,
        "depth": 3,
        "features": 8,
        "steps_per_epoch": 30,
        "patch_size": 24,
    }


@pytest.mark.slow
def test_alpha_table_trains_once(tests, tmp_path, tiny, monkeypatch):
    monkeypatch.setattr(alpha, "ALPHAS", (0.5, 0.1))
    written = []
    for repetition in range(2):
        cases = alpha.cases(tests[:1], 0, tmp_path / "runs", network="ffdnet", **tiny)
        rows = report.collect(cases, tmp_path / f"{repetition}.jsonl", {})
        table = report.aggregate(rows)
        assert [(row["series"], row["x"]) for row in table] == [
            (series, x) for series in ("antithetic", "plain") for x in (0.5, 0.1)
        ]
        written.append([path.stat().st_mtime_ns for path in sorted((tmp_path / "runs").glob("*/model.keras"))])
    assert len(written[0]) == 4 and written[0] == written[1]
    cards = [json.loads(path.read_text()) for path in sorted((tmp_path / "runs").glob("*/model.json"))]
    assert sorted((card["antithetic"], card["alpha"]) for card in cards) == [(False, 0.1), (False, 0.5), (True, 0.1), (True, 0.5)]


def test_trainings_take_equal_time(tests, tmp_path, tiny, monkeypatch):
    """Steps follow the measured speed; a trial that was interrupted, whose second epoch compiles, is measured again."""
    speeds, trials = {8: 100.0, 32: 400.0}, []

    def fake_run(settings, workdir):
        trials.append(workdir)
        workdir.mkdir(parents=True)
        rows = [{"epoch": 1, "patches_per_s": 1.0}, {"epoch": 2, "patches_per_s": speeds[settings.batch_size]}]
        (workdir / "history.csv").write_text(
            "epoch,patches_per_s\n" + "".join(f"{r['epoch']},{r['patches_per_s']}\n" for r in rows)
        )
        (workdir / "run.json").write_text(json.dumps({"finished_epochs": 2}))

    monkeypatch.setattr(equal_time.run, "train", fake_run)
    del tiny["patches"], tiny["steps_per_epoch"]
    recipes = {"few": {"batch_size": 8}, "many": {"batch_size": 32}}
    patches = []
    monkeypatch.setattr(
        trainings, "cases", lambda settings, runs, name, series, x, *rest, **options: patches.append((settings, x)) or []
    )
    for expected_trials in (2, 2, 3):
        equal_time.cases(recipes, tests[:1], 0, tmp_path, 0.5, network="ffdnet", **tiny)
        assert len(trials) == expected_trials
        (few, few_patches), (many, many_patches) = patches[-2:]
        # 30 seconds at 12.5 steps a second, in both cases
        assert few.epochs * few.steps_per_epoch == many.epochs * many.steps_per_epoch == 375
        assert (few_patches, many_patches) == (3000, 12000)
        if expected_trials == 2 and len(patches) == 4:
            (trials[0] / "run.json").write_text("{}")


@pytest.mark.parametrize("curves", [False, True])
def test_figure_has_bars_for_recipes_and_lines_for_curves(tmp_path, monkeypatch, curves):
    """A single figure for each series is a bar, the best on top; the noisy input, far below, does not squeeze the others."""
    drawn, own_save = [], figures.save
    monkeypatch.setattr(figures, "save", lambda figure, path: drawn.append(figure) or own_save(figure, path))
    psnr = {"noisy input": 20.0, "all": 28.5, "plain": 27.0, "plain + Muon": 28.0}
    row = {"ssim": 0.8, "psnr_error": None, "ssim_error": None, "seconds": 1.0, "images": 1, "seeds": 1}
    table = [{"series": name, "x": x, "psnr": value, **row} for name, value in psnr.items() for x in ([1, 2] if curves else [1])]
    report.write(table, "levers", "patches", tmp_path, {})
    axes = drawn[0].axes[0]
    if curves:
        assert [line.get_label() for line in axes.get_legend_handles_labels()[0]] == list(psnr)
    else:
        assert [label.get_text() for label in axes.get_yticklabels()] == ["plain", "plain + Muon", "all"]
        assert [bar.get_width() for bar in axes.patches] == [27.0, 28.0, 28.5] and 26 < axes.get_xlim()[0] < 27
        assert [text.get_text() for text in axes.texts] == ["27.00", "28.00", "28.50"]
    assert (tmp_path / "levers.png").read_bytes().startswith(b"\x89PNG")


def test_recipes_of_the_levers():
    recipes = levers.recipes()
    for name, lever in levers.LEVERS.items():
        assert {**recipes["plain"], **lever} == recipes[f"plain + {name}"]
        assert {**recipes[f"all without {name}"], **lever} == recipes["all"] != recipes[f"all without {name}"]


def test_networks_are_trained_alike():
    for name, changes in networks_table.recipes().items():
        settings = trainings.recipe(dataset="bsd400", data_dir=None, manual_dir=None, sigma="5-55", patches=1, seed=0, **changes)
        assert settings.model in name and settings.antithetic and settings.ema == 0.999
        assert f"batch {settings.batch_size} of {settings.patch_size} pixels" in name and settings.optimizer == "muon"


@pytest.mark.slow
def test_wrong_levels_at_test(tests):
    """A network that is told the level hears the wrong one."""
    network = networks.build("ffdnet", depth=2, features=4)
    network.get_layer("conv2").set_weights([np.random.default_rng(0).normal(0, 0.2, (3, 3, 4, 4)), np.zeros(4)])
    told = denoisers.Denoiser(network, 0.5, noise.Gaussian(SIGMA))
    cases = sigma_error.at_test(told, tests[:1], seed=3)
    assert len(cases) == 5 * 2
    x, y = tests[0].images[0].clean, tests[0].images[0].noisy
    psnr = [case.measure()[0]["psnr"] for case in cases[::2]]
    for error, value in zip(sigma_error.ERRORS, psnr, strict=True):
        x_hat = r2r_tf.denoise(y, told, sigma=SIGMA * (1 + error), channel_axis=-1, seed=(3, 0))
        assert value == pytest.approx(metrics.psnr(x, x_hat), abs=1e-4)
    assert np.ptp(psnr) > 1e-3


@pytest.mark.slow
def test_wrong_levels_in_training(tests, tmp_path, tiny, monkeypatch):
    monkeypatch.setattr(sigma_error, "ERRORS", (0.0, 0.5))
    cases = sigma_error.in_training(tests[:1], 0, tmp_path / "runs", network="ffdnet", **tiny)
    table = report.aggregate(report.collect(cases, tmp_path / "t.jsonl", {}))
    assert len(table) == 5
    by_case = {(row["series"], row["x"]): row["psnr"] for row in table}
    assert by_case["at test", 0.0] == pytest.approx(by_case["in training and at test", 0.0])
    runs = {path.parent.name.rsplit("-", 1)[0]: path.read_text().split() for path in (tmp_path / "runs").glob("*/flags.txt")}
    for name, flag in (("error_+0", "0.0"), ("error_+50", "0.5"), ("error_-10_+10", "-0.1,0.1")):
        assert f"--sigma_error={flag}" in runs[f"ffdnet_sigma_25_{name}"]
    with pytest.raises(InputError, match="a network to train"):
        alpha.cases(tests, 0, tmp_path, network="gan", **tiny)


def test_fingerprint_is_of_the_training():
    options = {"dataset": "bsd400", "manual_dir": None, "sigma": "25", "patches": 4000, "seed": 0}
    one, elsewhere, longer = (
        trainings.fingerprint(trainings.recipe("ffdnet", **{"data_dir": None, **options, **changes}))
        for changes in ({}, {"data_dir": "/data"}, {"patches": 8000})
    )
    assert one == elsewhere != longer
