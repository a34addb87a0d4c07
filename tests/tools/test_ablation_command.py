"""The command of the ablation tables: the files that it leaves, and the flags that it refuses."""

import csv
import functools
import json

import pytest
from conftest import mean_denoiser, run_command

from r2r_tf.commands.ablations import prediction
from r2r_tf.models import denoisers

pytestmark = pytest.mark.slow


def test_command(data_dir, tmp_path, monkeypatch):
    monkeypatch.setattr(prediction, "cases", functools.partial(prediction.cases, strides=(40,), num_recorruptions=2))
    denoiser = mean_denoiser(25 / 255)
    denoisers.save(tmp_path / "run", denoiser.network, {"alpha": 0.5, "noise": denoiser.noise.to_json()})
    arguments = ["--table=prediction", f"--model={tmp_path / 'run'}", f"--data_dir={data_dir}", "--max_images=1", "--num_seeds=2"]
    process = run_command("tools.ablation", *arguments, f"--output_dir={tmp_path / 'out'}")
    assert "whole image" in process.stdout and "+-" in process.stdout
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"prediction.csv", "prediction.json", "prediction.png", "prediction.jsonl", "tensorboard"}
    with (tmp_path / "out" / "prediction.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["seeds"] == "2" and float(rows[0]["psnr"]) > 20
    record = json.loads((tmp_path / "out" / "prediction.json").read_text())
    assert (
        record["model_sha256"]
        and record["command"].startswith("python -m r2r_tf.commands.ablation --table=prediction")
        and record["noise_seeds"] == [0, 1]
    )


def test_bad_flags(tmp_path):
    messages = {
        ("--table=alpha", "--model=some/run"): "a network to train",
        ("--table=levers", "--model=ffdnet", "--alpha=0.3"): "--alpha is not used by --table=levers",
        ("--table=prediction",): "--model is needed",
        ("--table=alpha", "--model=ffdnet", "--split=train+test"): "--split must be test",
        ("--table=levels", "--model=unet-awgn", "--sigma=25"): "--sigma is not used by --table=levels",
        ("--table=prediction", "--model=some/run"): "some/run",
    }
    for arguments, message in messages.items():
        process = run_command("tools.ablation", *arguments, f"--data_dir={tmp_path}", check=False)
        assert process.returncode == 1 and message in process.stderr
