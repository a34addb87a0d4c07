"""The SavedModel, loaded by a process that never imports r2r_tf, gives what the network gives."""

import base64
import json
import re
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from conftest import ROOT, run_command, run_python
from skimage import io

from r2r_tf.inference import export, passes
from r2r_tf.models import denoisers, networks

SIGMA, ALPHA = 0.1, 0.5

_CLIENT = """
import sys
import numpy as np, tensorflow as tf
folder = sys.argv[1]
loaded = tf.saved_model.load(folder + "/saved_model")
x = np.load(folder + "/x.npy")
out = {"serve": loaded.serve(x), "small": loaded.serve(x[:1, :9, :7])}
for draws in (0, 2, 400):
    out[f"denoise{draws}"] = loaded.denoise(x, tf.constant(0.1), tf.constant(draws))
np.savez(folder + "/out.npz", **{key: value.numpy() for key, value in out.items()})
for name in ("eight", "sixteen"):
    png = open(f"{folder}/{name}.png", "rb").read()
    open(f"{folder}/{name}_out.png", "wb").write(loaded.denoise_png(png, tf.constant(0.1), tf.constant(0))["png_bytes"].numpy())
try:
    loaded.denoise(x, tf.constant(0.1), tf.constant(3))
except tf.errors.InvalidArgumentError as error:
    print("odd:", "even" in str(error))
assert "r2r_tf" not in sys.modules
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    network = networks.build("dncnn", depth=3, features=8)
    network.get_layer("conv3").set_weights([np.random.default_rng(0).normal(0, 0.1, (3, 3, 8, 1))])
    export.export_saved_model(network, folder / "saved_model", ALPHA)
    x = np.random.default_rng(1).random((2, 24, 20, 1)).astype(np.float32)
    np.save(folder / "x.npy", x)
    io.imsave(folder / "eight.png", np.round(x[0, ..., 0] * 255).astype(np.uint8), check_contrast=False)
    io.imsave(folder / "sixteen.png", np.round(x[0, ..., 0] * 65535).astype(np.uint16), check_contrast=False)
    process = run_python("-c", _CLIENT, folder)
    return folder, network, x, dict(np.load(folder / "out.npz")), process.stdout


@pytest.mark.slow
def test_serve_takes_any_shape(exported):
    _, network, x, out, _ = exported
    np.testing.assert_allclose(out["serve"], network(x), atol=1e-5)
    np.testing.assert_allclose(out["small"], network(x[:1, :9, :7]), atol=1e-5)


def test_denoise_averages_inside_the_graph(exported):
    _, network, x, out, stdout = exported
    np.testing.assert_allclose(out["denoise0"], network(x), atol=1e-5)
    seed = tf.random.experimental.stateless_fold_in(tf.constant([0, 0]), 0, "philox")
    z = ALPHA * SIGMA * tf.random.stateless_normal(x.shape, seed, alg="philox")
    np.testing.assert_allclose(out["denoise2"], (network(x + z) + network(x - z)) / 2, atol=1e-5)
    rng = np.random.default_rng(2)
    own = np.stack(
        [
            np.mean([network(x + s * z) for s in (1, -1)], axis=0)
            for z in ALPHA * SIGMA * rng.standard_normal((50, *x.shape), np.float32)
        ]
    )
    error = np.abs(out["denoise400"] - own.mean(axis=0)) / (own.std(axis=0) * np.sqrt(1 / 50 + 1 / 200))
    assert np.mean(error > 3) < 0.02 and error.max() < 7
    assert "odd: True" in stdout


def answer(signature, request):
    """What TensorFlow Serving answers to a request in its column format: tensors by the signature's dtypes, bytes as base64."""
    _, specs = signature.structured_input_signature
    decoded = {name: base64.b64decode(v["b64"]) if isinstance(v, dict) else v for name, v in request["inputs"].items()}
    outputs = signature(**{name: tf.constant(value, specs[name].dtype) for name, value in decoded.items()})
    assert all(name.endswith("_bytes") for name, value in outputs.items() if value.dtype == tf.string)
    return {name: value.numpy() for name, value in outputs.items()}


def test_requests_to_tensorflow_serving(exported):
    """The requests of README, as JSON."""
    folder, network, x, _, _ = exported
    signatures = tf.saved_model.load(str(folder / "saved_model")).signatures
    (one_pass,) = answer(signatures["serving_default"], json.loads(json.dumps({"inputs": {"x": x.tolist()}}))).values()
    np.testing.assert_allclose(one_pass, network(x), atol=1e-5)
    inputs = {"x": x.tolist(), "sigma": SIGMA, "num_recorruptions": 0}
    (averaged,) = answer(signatures["denoise"], json.loads(json.dumps({"inputs": inputs}))).values()
    np.testing.assert_allclose(averaged, network(x), atol=1e-5)
    png = base64.b64encode((folder / "eight.png").read_bytes()).decode()
    inputs = {"png": {"b64": png}, "sigma": SIGMA, "num_recorruptions": 0}
    result = answer(signatures["denoise_png"], json.loads(json.dumps({"inputs": inputs})))
    assert result["png_bytes"] == (folder / "eight_out.png").read_bytes()


def test_the_programs_of_the_docs_make_requests_and_read_answers(exported, tmp_path):
    """Those around the server: what the first prints is answered by the signature, and the second makes the picture of it."""
    folder, *_ = exported
    ask, read = re.findall(r"python -c '(.*?)'", (ROOT / "docs" / "shipping.md").read_text(), re.DOTALL)
    (tmp_path / "noisy.png").write_bytes((folder / "eight.png").read_bytes())
    run = {"cwd": tmp_path, "check": True, "capture_output": True}
    request = json.loads(subprocess.run([sys.executable, "-c", ask], **run).stdout)
    assert request["signature_name"] == "denoise_png"
    signature = tf.saved_model.load(str(folder / "saved_model")).signatures[request["signature_name"]]
    (png,) = answer(signature, request).values()
    # a lone output is not named
    reply = json.dumps({"outputs": {"b64": base64.b64encode(png).decode()}})
    subprocess.run([sys.executable, "-c", read], input=reply.encode(), **run)
    assert io.imread(tmp_path / "clean.png").shape == io.imread(folder / "eight.png").shape


@pytest.mark.slow
def test_network_that_is_told_the_level(tmp_path):
    """The endpoints tell it the level of what they feed it, and lengthen odd sides."""
    network = networks.build("ffdnet", depth=2, features=4)
    network.get_layer("conv2").set_weights([np.random.default_rng(0).normal(0, 0.2, (3, 3, 4, 4)), np.zeros(4)])
    export.export_saved_model(network, tmp_path / "saved_model", ALPHA)
    loaded, sigma = tf.saved_model.load(str(tmp_path / "saved_model")), tf.constant(SIGMA)
    x = np.random.default_rng(1).random((2, 9, 11, 1)).astype(np.float32)
    np.testing.assert_allclose(loaded.serve(x, sigma), passes.apply(denoisers.Denoiser(network), x, SIGMA), atol=1e-5)
    np.testing.assert_allclose(
        loaded.denoise(x, sigma, tf.constant(0)), passes.apply(denoisers.Denoiser(network), x, SIGMA), atol=1e-5
    )
    seed = tf.random.experimental.stateless_fold_in(tf.constant([0, 0]), 0, "philox")
    z = (ALPHA * SIGMA * tf.random.stateless_normal(x.shape, seed, alg="philox")).numpy()
    level = SIGMA * np.sqrt(1 + ALPHA**2)
    expected = (
        passes.apply(denoisers.Denoiser(network), x + z, level) + passes.apply(denoisers.Denoiser(network), x - z, level)
    ) / 2
    np.testing.assert_allclose(loaded.denoise(x, sigma, tf.constant(2)), expected, atol=1e-5)


@pytest.mark.parametrize("name, dtype", [("eight", np.uint8), ("sixteen", np.uint16)])
def test_png_keeps_its_depth(exported, name, dtype):
    folder, network, _, _, _ = exported
    source, result = io.imread(folder / f"{name}.png"), io.imread(folder / f"{name}_out.png")
    limit = np.iinfo(dtype).max
    assert result.dtype == source.dtype == dtype
    expected = np.clip(network((source / limit).astype(np.float32)[None, ..., None]), 0, 1)[0, ..., 0]
    np.testing.assert_allclose(result / limit, expected, atol=0.51 / limit + 1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name, options", [("dncnn", {"depth": 3}), ("unet", {"features": 8, "channels": 3})])
def test_onnx_in_its_own_runtime(name, options, tmp_path):
    network = networks.build(name, **options, near_zero_start=False)
    export.export_onnx(network, tmp_path / "model.onnx")
    run = export.onnx_runner(tmp_path / "model.onnx")
    assert export.largest_difference(network, run) < 1e-5
    # another level, another network: the comparison would notice
    other = networks.build(name, **options, near_zero_start=False, seed=1)
    assert export.largest_difference(other, run) > 1e-3
    if name == "unet":
        x = np.random.default_rng(0).random((1, 21, 30, 3), np.float32)
        np.testing.assert_allclose(run(x, 0.3), passes.apply(denoisers.Denoiser(network), x, 0.3), atol=1e-5)


@pytest.mark.slow
def test_export_command(tmp_path):
    denoisers.save(tmp_path / "run", networks.build("ffdnet", depth=3, features=4, near_zero_start=False), {"alpha": 0.5})
    for kind, name in (("onnx", "model.onnx"), ("saved_model", "model")):
        arguments = ("tools.export", f"--model={tmp_path / 'run'}", f"--format={kind}", f"--output={tmp_path / name}")
        process = run_command(*arguments)
        assert float(process.stdout.rpartition(" ")[2]) < 1e-5 and (tmp_path / name).exists()
    process = run_command(*arguments, check=False)
    assert process.returncode == 1 and "is there already" in process.stderr and "Traceback" not in process.stderr
