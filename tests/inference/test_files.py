"""Denoising files: the same estimates as for arrays, in the file's own dtype and layout; bad files do not stop the others."""

import errno
import json
import os
import pathlib

import large_image
import numpy as np
import pytest
import tifffile
from conftest import as_camera, mean_denoiser, run_command, run_python
from skimage import data

import r2r_tf
from r2r_tf import image_files, pretrained
from r2r_tf.errors import InputError
from r2r_tf.image_files import content, finding, formats, placing, scratch, value_range
from r2r_tf.inference import files, levels, one_file, passes, stacks
from r2r_tf.models import denoisers
from r2r_tf.reports import outcomes

SIGMA = 0.1
DRAWS = {"num_recorruptions": 2}
AVERAGE = passes.Average(0.5, 2, True, 2)


@pytest.fixture(scope="module")
def denoiser():
    return mean_denoiser(SIGMA)


def places_of(inputs, folder):
    return placing.Places(image_files.names(inputs), folder, image_files.extensions(), finding.base_of(inputs))


def noisy(dtype, shape=(90, 70), seed=0):
    x = data.camera()[100 : 100 + shape[0], 200 : 200 + shape[1]] / 255
    y = np.clip(x + SIGMA * np.random.default_rng(seed).standard_normal(shape), 0, 1)
    return (y * np.iinfo(dtype).max).round().astype(dtype) if np.dtype(dtype).kind == "u" else y.astype(dtype)


@pytest.mark.parametrize(
    "values, expected",
    [
        (np.uint8([0, 3]), (0, 255)),
        (np.uint16([0, 40000]), (0, 65535)),
        (np.linspace(0, 1, 5001, dtype=np.float32), (0, 1)),
        (np.linspace(-0.1, 1.1, 5001), (0, 1)),
        (np.linspace(200, 4095, 200_001).astype(np.uint16), (203, 4091)),
        (np.linspace(-50, 950, 200_001), (-49, 949)),
        (np.linspace(0, 0.01, 200_001), (1e-5, 0.00999)),
        (np.linspace(0.49, 0.52, 200_001), (0.49003, 0.51997)),
        (np.linspace(32768, 33768, 200_001).astype(np.uint16), (32769, 33767)),
        (np.linspace(-1000, 3000, 200_001).astype(np.int16), (-996, 2996)),
        (np.where(np.arange(200_001) < 30_000, -9999.0, np.linspace(0, 1, 200_001)), (0, 1)),
        (np.array([0.25, np.nan, 0.9]), (0, 1)),
        (np.full(9, 7.0), (0, 1)),
    ],
)
def test_what_stands_for_zero_and_one(values, expected):
    side = 447 if values.size > 447**2 else 1
    values = values[: values.size // side * side]
    scale = value_range.of_pixels([values.reshape(side, -1, 1)])
    np.testing.assert_allclose(scale, expected, rtol=2e-3)
    finite = values[np.isfinite(values)]
    back = scale.from_unit(scale.to_unit(finite), values.dtype)
    np.testing.assert_allclose(back, finite, rtol=1e-5, atol=1e-5 * abs(scale.high))


def test_whole_numbers_are_rounded_and_clipped():
    scale = value_range.ValueRange(500.0, 3500.0)
    np.testing.assert_array_equal(scale.from_unit([-1.0, 0.0, 0.00049, 1.0, 99.0], np.uint16), [0, 500, 501, 3500, 65535])
    np.testing.assert_allclose(scale.from_unit([-1.0, 2.0], np.float32), [-2500, 6500])


@pytest.mark.parametrize("dtype", ("uint8", "uint16", "float32"))
def test_pages_are_denoised_as_arrays_are(denoiser, dtype):
    pixels = np.stack([noisy(dtype, seed=seed) for seed in range(2)])[..., None]
    scale = value_range.of_pixels([pixels])
    result = stacks.denoise(denoiser, pixels, scale, AVERAGE, seed=3, with_deviation=True)
    expected = r2r_tf.denoise(pixels, denoiser, num_recorruptions=2, orientations=2, seed=3)
    assert result.pixels.dtype == dtype
    np.testing.assert_allclose(result.pixels.astype(float), expected.astype(float), atol=1.01 if dtype[0] == "u" else 1e-5)
    assert result.levels == [SIGMA] * 2 and result.deviation.shape == pixels.shape
    # the mean of nine draws times alpha sigma, on the file's scale
    inside = result.deviation[:, 5:-5, 5:-5] / scale.high
    assert np.sqrt(np.mean(inside**2)) == pytest.approx(0.5 * SIGMA / 3 * 2**0.5, rel=0.1)


def test_tiles_and_channels(denoiser, rng):
    pixels, seen = (rng.random((2, 200, 150, 3)) * 255).astype(np.uint8), []
    scale = value_range.of_pixels([pixels])
    whole = stacks.denoise(denoiser, pixels, scale, AVERAGE)
    tiled = stacks.denoise(denoiser, pixels, scale, AVERAGE, max_memory_gb=2e-5, on_tile=lambda *progress: seen.append(progress))
    assert np.abs(tiled.pixels.astype(int) - whole.pixels).max() <= 1 and np.mean(tiled.pixels != whole.pixels) < 1e-3
    assert len(seen) > 20 and seen[-1] == (pixels.size, pixels.size)
    alone = stacks.denoise(denoiser, pixels[1:, ..., 2:], scale, passes.Average(0.5, 0))
    np.testing.assert_array_equal(
        stacks.denoise(denoiser, pixels, scale, passes.Average(0.5, 0)).pixels[1:, ..., 2:], alone.pixels
    )


def test_files_that_differ_in_their_ending_alone(denoiser, tmp_path):
    for name in ("a.npy", "a.tif"):
        array = noisy("uint8", seed=len(name))
        np.save(tmp_path / name, array) if name.endswith("npy") else tifffile.imwrite(tmp_path / name, array)
    places = places_of([tmp_path / "a.npy", tmp_path / "a.tif"], tmp_path / "out")
    assert files.run(one_file.Job(denoiser, DRAWS, preview=True), places) == {"done": 2}
    made = {"a_denoised.npy", "a_denoised.tif", "a.npy_preview.png", "a.tif_preview.png"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == made


def test_previews_show_narrow_ranges_and_reports_stay_small(denoiser, tmp_path, monkeypatch):
    for name in "abc":
        np.save(tmp_path / f"{name}.npy", (0.496 + 0.023 * noisy("float32")).astype(np.float32))
    monkeypatch.setattr(outcomes, "MOST_SHOWN", 2)
    report = tmp_path / "out" / "report.html"
    places = places_of([tmp_path], tmp_path / "out")
    assert files.run(one_file.Job(denoiser, DRAWS, preview=True), places, report=report) == {"done": 3}
    assert np.ptp(image_files.read(tmp_path / "out" / "a_preview.png")) > 0.9
    assert report.read_text().count("<h2>") == 2 and "The first 2 of 3 images" in report.read_text()


def test_level_of_a_large_image_is_estimated_from_windows_spread_over_it():
    x = np.arange(3000 * 700, dtype=np.float32).reshape(3000, 700, 1)

    def read(rows, columns):
        return x[slice(*rows), slice(*columns)]

    sample = content.sample(read, x.shape)
    assert sample.shape == (2048, 700, 1) and sample[0, 0] == 0 and sample[-1, -1] == x[-1, -1]
    np.testing.assert_array_equal(content.sample(read, (300, 700, 1)), x[:300])


def test_files_that_inputs_stand_for(tmp_path, monkeypatch):
    results = ("b_denoised.png", "b_preview.png", "own_preview.png")
    names = ("b.png", "a.TIF", "own_denoised.png", "._b.png", ".hidden.tif", "notes.txt", "deep/d.npy", "d.nii", *results)
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)

    def found(*inputs):
        return [str(path) for path in image_files.find(inputs)]

    assert found(".") == ["a.TIF", "b.png", "own_denoised.png"] and found("**/*.npy") == ["deep/d.npy"]
    assert found("*.png") == ["b.png", "own_denoised.png"]
    assert found("b.png", ".", "b_denoised.png")[-1] == "b_denoised.png" and found("no.png") == ["no.png"]
    said = []
    image_files.find([".", "*.*"], said.append)
    assert sum("result of r2r-denoise" in sentence for sentence in said) == 3 and len(said) == 4
    assert any("d.nii is a NIfTI file, which is not read: read it with nibabel" in sentence for sentence in said)
    for nothing in ("*.jpg", str(tmp_path / "deep" / "x*")):
        with pytest.raises(InputError, match="no images"):
            found(nothing)
    assert image_files.names(["**/*.*"], results="deep") == ["a.TIF", "b.png", "own_denoised.png"]
    assert image_files.names(["deep"], results=".") == image_files.names(["deep"], results="deep") == ["deep/d.npy"]
    assert found("b.png", "deep/../b.png", ".") == ["b.png", "a.TIF", "own_denoised.png"]


def test_results_keep_the_folders_of_their_files(tmp_path, monkeypatch):
    """Below the folder that the inputs share, whatever is found in them."""
    monkeypatch.chdir(tmp_path)
    for name in ("a/x.png", "a/x.tif", "a/deep/x.png", "b/x.png"):
        pathlib.Path(name).parent.mkdir(exist_ok=True, parents=True)
        pathlib.Path(name).touch()

    def results(*inputs):
        return [place.result.as_posix() for place in places_of(inputs, "out")]

    assert results("a") == ["out/x_denoised.png", "out/x_denoised.tif"]
    assert results("a/deep/x.png") == results("a/deep/*") == ["out/x_denoised.png"]
    assert results("a/de*/x.png") == ["out/deep/x_denoised.png"]
    assert results("a/deep/x.png", "b/x.png") == ["out/a/deep/x_denoised.png", "out/b/x_denoised.png"]
    nested = ["out/a/deep/x_denoised.png", "out/a/x_denoised.png", "out/a/x_denoised.tif", "out/b/x_denoised.png"]
    assert results("**/*.*") == results("./**/x.*") == results(f"{tmp_path}/**/*.*") == nested
    assert results("a/**/*.png") == results("a/**/x.png") == ["out/deep/x_denoised.png", "out/x_denoised.png"]
    assert [place.label for place in places_of(["**/*.*"], "out")] == ["x", "x.png", "x.tif", "x"]
    with pytest.raises(InputError, match="which part of how many"):
        placing.parse_shard("0/4")


def test_shards_are_disjoint_and_stay_as_files_come(tmp_path):
    names = [str(tmp_path / f"{number}.png") for number in range(200)]
    shards = [placing.Places(names, "out", (".png",)).shard(number, 3).names for number in (1, 2, 3)]
    assert sorted(sum(shards, [])) == sorted(names) and min(map(len, shards)) > 40
    later = placing.Places([*names, str(tmp_path / "more.png")], "out", (".png",)).shard(*placing.parse_shard("2/3"))
    assert set(shards[1]) <= set(later.names)


def test_bad_files_do_not_stop_the_others(denoiser, tmp_path, monkeypatch):
    np.save(tmp_path / "a.npy", noisy("float32"))
    np.save(tmp_path / "b.npy", np.full((40, 40), "no number"))
    (tmp_path / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    tifffile.imwrite(tmp_path / "d.tif", noisy("uint16"))
    places, lines = places_of([tmp_path], tmp_path / "out"), []
    job = one_file.Job(denoiser, DRAWS, levels.parse("51/255"), uncertainty=True, preview=True)
    assert files.run(job, places, print_line=lines.append) == {"done": 2, "failed": 2}
    assert [line.partition(".npy" if number == 1 else ".png")[0][-1] for number, line in enumerate(lines[1:3], 1)] == ["b", "c"]
    assert [line.partition(":")[0] for line in lines] == ["a.npy", "error", "error", "d.tif"]
    assert "90" in lines[0] and "sigma 0.2 counts (range 0 to 1)" in lines[0] and "must hold" in lines[1]
    made = {"a_denoised.npy", "a_uncertainty.tif", "a_preview.png", "d_denoised.tif", "d_uncertainty.tif", "d_preview.png"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == made
    assert image_files.read(tmp_path / "out" / "a_preview.png").shape == (90, 140, 3)
    before = (tmp_path / "out" / "d_denoised.tif").stat().st_mtime_ns
    assert files.run(job, places, print_line=lines.append) == {"skipped": 2, "failed": 2}
    assert lines[-1] == "2 of 4 files are done already; `overwrite` does them again"
    assert (tmp_path / "out" / "d_denoised.tif").stat().st_mtime_ns == before

    def no_space(path, image, pixels):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(formats.MODULES["TIFF"], "write", no_space)
    content = (tmp_path / "out" / "d_denoised.tif").read_bytes()
    assert files.run(one_file.Job(denoiser, DRAWS, overwrite=True), places, print_line=lines.append)["failed"] == 3
    assert "d.tif" in lines[-1] and "No space left on device" in lines[-1]
    assert (tmp_path / "out" / "d_denoised.tif").read_bytes() == content
    assert {path.name for path in (tmp_path / "out").iterdir()} == made


@pytest.mark.slow
def test_command(tmp_path):
    """Shipped weights on a 12-bit stack and on a colour picture, and a file that is none."""
    x = data.camera()[:64, :64] / 255
    rng = np.random.default_rng(0)
    stack = np.stack([x + sigma / 255 * rng.standard_normal(x.shape) for sigma in (20, 40)])
    tifffile.imwrite(tmp_path / "stack.tif", np.clip(stack * 3000 + 300, 0, 4095).astype(np.uint16), imagej=True)
    y = np.clip(data.astronaut()[:50, :60] + 20 * rng.standard_normal((50, 60, 3)), 0, 255).astype(np.uint8)
    np.save(tmp_path / "colour.npy", y)
    (tmp_path / "text.png").write_text("no picture")
    command = ("tools.denoise", str(tmp_path), f"--output_dir={tmp_path / 'out'}", "--orientations=1")
    process = run_command(*command, check=False)
    assert process.returncode == 1 and "Traceback" not in process.stderr
    assert "text.png is not an image" in process.stdout and "1 of 3 files could not be denoised" in process.stderr
    result = (tifffile.imread(tmp_path / "out" / "stack_denoised.tif").astype(float) - 300) / 3000
    assert np.mean((result[0] - x) ** 2) < 0.3 * np.mean((stack[0] - x) ** 2)
    assert np.mean((result[1] - x) ** 2) < 0.2 * np.mean((stack[1] - x) ** 2)
    assert np.load(tmp_path / "out" / "colour_denoised.npy").dtype == np.uint8
    again = run_command(*command, check=False)
    assert "2 of 3 files are done already; --overwrite does them again" in again.stdout
    for arguments, message in (((), "at least one image"), ((str(tmp_path), "--sigma=-3"), "--sigma is a number of counts")):
        process = run_command("tools.denoise", *arguments, f"--output_dir={tmp_path}", check=False)
        assert process.returncode == 1 and message in process.stderr


@pytest.mark.slow
@pytest.mark.skipif(not pathlib.Path("/proc/self/status").is_file(), reason="reads the process's memory from /proc")
def test_large_images_take_bounded_memory(denoiser, tmp_path, monkeypatch):
    """Pixels and result stay in files, and what is held does not grow with the image: 16 megapixels, some 100 MB."""
    monkeypatch.setattr(scratch, "LARGE", large_image.LARGE)
    side = 4000
    tifffile.imwrite(tmp_path / "large.tif", np.tile(noisy("uint16", (400, 300)), (14, 14))[:side, :side])
    denoisers.save(tmp_path / "model", denoiser.network, {"alpha": 0.5, "noise": denoiser.noise.to_json(), "channels": 1})
    # what is free goes back to the system at once: what the allocator keeps of it depends on the machine and its load
    environment = {**os.environ, "MALLOC_TRIM_THRESHOLD_": "0"}
    process = run_python(large_image.__file__, tmp_path / "large.tif", tmp_path / "model", env=environment)
    used = json.loads(process.stdout.splitlines()[-1])
    assert len(used["tiles"]) > 20 and max(used["tiles"]) - used["before"] < 20

    pixels = image_files.open_image(tmp_path / "large.tif").pixels
    result = large_image.denoised(denoiser, pixels)
    assert isinstance(result.pixels, np.memmap)
    place = slice(side - 90, side - 10), slice(2000, 2090)
    direct = large_image.denoised(denoiser, pixels[:, side - 400 :, 1800:2300]).pixels[0, 310:390, 200:290]
    # pairs cancel in a linear network, so that the draws of either place give the same
    assert np.abs(result.pixels[0][place].astype(int) - direct).max() <= 1


@pytest.mark.slow
def test_default_weights_fit_each_file(tmp_path):
    """Gray and white noise, and a camera's."""
    white = np.round(255 * (0.5 + 0.05 * np.random.default_rng(0).standard_normal((96, 96)))).astype(np.uint8)
    pictures = {"white": white, "camera": as_camera(np.full((160, 160, 3), 0.4, np.float32))}
    for name, picture in pictures.items():
        tifffile.imwrite(tmp_path / f"{name}.tif", picture)
    places = places_of([tmp_path / f"{name}.tif" for name in pictures], tmp_path / "out")
    assert files.run(one_file.job_of(orientations=1), places) == {"done": 2}
    for name, model in (("white", pretrained.DEFAULTS[1]), ("camera", pretrained.CAMERA)):
        y, x_hat = (tifffile.imread(path) for path in (tmp_path / f"{name}.tif", tmp_path / "out" / f"{name}_denoised.tif"))
        expected = r2r_tf.denoise(y, model, orientations=1)
        assert np.abs(x_hat.astype(int) - expected).max() <= 1 and not np.array_equal(x_hat, y)


def test_level_that_is_said_is_the_one_that_may_be_given():
    """For noise of a camera, too: the root mean square over the picture, so that giving it again changes nothing."""
    denoiser, rng = r2r_tf.load_pretrained(pretrained.CAMERA), np.random.default_rng(0)
    model = denoiser.noise.scaled(3.0)
    x = data.chelsea()[:96, :96] / 255
    y = x + model.at(x.astype(np.float32)).from_normal(rng.standard_normal((120, 120, 3)))
    pixels, average = y[None].astype(np.float32), passes.Average(1.0, 0)
    scale = value_range.ValueRange(0.0, 1.0)
    found = stacks.denoise(denoiser, pixels, scale, average)
    again = stacks.denoise(denoiser, pixels, scale, average, sigma=found.levels[0])
    assert again.levels[0] == pytest.approx(found.levels[0], rel=0.02)
    np.testing.assert_allclose(again.pixels, found.pixels, atol=2e-3)
    np.testing.assert_allclose(stacks.denoise(denoiser, pixels, scale, average, sigma=0.0).levels[0], 0)
