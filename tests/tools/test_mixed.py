"""The table mixed: other ways to split mixed noise, and a training for each way."""

import numpy as np
import pytest
from conftest import standard_errors

from r2r_tf import noise
from r2r_tf.commands.ablations import mixed, report, splits
from r2r_tf.data import test_sets

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("family, unbiased", [("poisson_gaussian", True), ("own_variance", True), ("shifted_counts", False)])
def test_splits_of_mixed_noise(family, unbiased):
    """What each way keeps of the theorem, on a flat image of two counts: means, and the correlation of the two noises."""
    gain, read_noise, x = 0.1, 0.3, np.full((1000, 1000, 1), 0.2, np.float32)
    model = {**noise.FAMILIES, **splits.FAMILIES}[family](gain, read_noise * gain)
    y = model.at(x).sample(x, noise.SeededDraws((1,), x.shape))
    y_hat, y_tilde = model.at(x).recorrupt(y, noise.SeededDraws((2,), x.shape), 0.5)
    assert standard_errors(np.square(y - x), gain * 0.2 + (gain * read_noise) ** 2) < 5
    for part in (y_hat, y_tilde):
        # counts below 0 are cut off
        assert (standard_errors(part, 0.2) < 5) == unbiased
    third = standard_errors(np.square(y_hat - x) * (y_tilde - x), 0.0)
    assert third < 5 if family == "poisson_gaussian" else third > 5


@pytest.mark.slow
def test_mixed_noise_table(data_dir, tmp_path, monkeypatch):
    """Each way trains once; files are gone afterwards."""
    monkeypatch.setattr(noise, "FAMILIES", dict(noise.FAMILIES))  # which the table adds to
    one = dict(list(mixed.WAYS.items())[-1:])
    for name, value in {"PEAKS": (10,), "READ_NOISES": (2,), "WAYS": one}.items():
        monkeypatch.setattr(mixed, name, value)
    recipe = {"dataset": "skimage_natural", "data_dir": data_dir, "manual_dir": None, "steps_per_epoch": 4}

    def tests_of(model):
        return [test_sets.load_test_set("skimage_natural", model, 1, data_dir=data_dir, max_images=1)]

    cases = mixed.cases(tests_of, recipe, 32, 0, tmp_path)
    table = report.aggregate(report.collect(cases, tmp_path / "mixed.jsonl", {}))
    psnr = {row["series"].removesuffix(", read noise 2"): row["psnr"] for row in table}
    ways = {*mixed.WAYS, mixed.STABILISED, mixed.AUTO}
    assert set(psnr) > {"noisy input", "non-local means", "unet-awgn, untrained"} | ways and len(table) == 8
    assert all(psnr[way] > psnr["noisy input"] + 5 for way in ways)
    assert len(list(tmp_path.glob("*/model.keras"))) == len(ways) and not list(tmp_path.rglob("*.npy"))
