"""Builders: TFDS's own contract on generated data, real counts where the real data is present, downloads, and no network."""

import functools
import hashlib
import http.server
import pathlib
import tempfile
import threading

import numpy as np
import pytest
import tensorflow_datasets as tfds
from skimage import io
from tensorflow_datasets.core.download.checksums import UrlInfo

from r2r_tf import noise
from r2r_tf.data import datasets, frozen_images
from r2r_tf.errors import InputError
from tfds_builders.bsd68 import bsd68_dataset_builder as bsd68
from tfds_builders.bsd400 import bsd400_dataset_builder as bsd400
from tfds_builders.bsds500 import bsds500_dataset_builder as bsds500
from tfds_builders.fmd import fmd_dataset_builder as fmd
from tfds_builders.polyu import polyu_dataset_builder as polyu
from tfds_builders.skimage_natural import skimage_natural_dataset_builder as skimage_natural
from tfds_builders.w2s import w2s_dataset_builder as w2s

GRAY_FILES = ("test001.png", "test002.png", "test003.png")
COLOUR_FILES = ("100007.jpg", "100039.jpg", "101085.jpg")  # the last is of upstream's val
POLYU_NAMES = (
    "Canon5D2_5_160_3200_chair_11",
    "Canon5D2_5_160_3200_chair_12",
    "NikonD800_6-3_125_5000_plant__4",
    "Sony_4-5_125_3200_plant_11",
    "Sony_4_200_3200_door_10",
)
FMD_FILES = ("Confocal_BPAE_B_1.png", "WideField_BPAE_G_4.png")
W2S_FILES = [
    f"{kind}_{field}_{dye}.tif" for kind in ("input_avg1", "target_avg400") for field in ("030", "031") for dye in (0, 2)
]


def write_pictures(folder):
    """Small random pictures under upstream's names."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for name in GRAY_FILES:
        io.imsave(folder / name, rng.integers(0, 256, (12, 10), np.uint8), check_contrast=False)
    for name in COLOUR_FILES:
        io.imsave(folder / name, rng.integers(0, 256, (12, 10, 3), np.uint8), check_contrast=False)
    for name in POLYU_NAMES:
        for kind in ("real", "mean"):
            io.imsave(folder / f"{name}_{kind}.JPG", rng.integers(0, 256, (16, 16, 3), np.uint8), check_contrast=False)
    for name in (*W2S_FILES, *(f"{kind}/{name}" for kind in ("raw", "gt") for name in FMD_FILES)):
        (folder / name).parent.mkdir(exist_ok=True)
        io.imsave(folder / name, rng.integers(0, 256, (14, 18), np.uint8), check_contrast=False)
    return folder


class _Generated(tfds.testing.DatasetBuilderTestCase):
    """The contract, on pictures generated here."""

    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory()
        cls.EXAMPLE_DIR = str(write_pictures(cls._folder.name))
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls._folder.cleanup()


class Bsd400Test(_Generated):
    DATASET_CLASS = bsd400.Builder
    SPLITS = {"train": 3}
    DL_DOWNLOAD_RESULT = {name: name for name in GRAY_FILES}


class Bsd68Test(_Generated):
    DATASET_CLASS = bsd68.Builder
    SPLITS = {"test": 3}
    DL_DOWNLOAD_RESULT = {name: name for name in GRAY_FILES}


class Bsds500Test(_Generated):
    DATASET_CLASS = bsds500.Builder
    SPLITS = {"train": 2, "test": 1}
    BUILDER_CONFIG_NAMES_TO_TEST = ["gray"]
    DL_DOWNLOAD_RESULT = {name: name for name in COLOUR_FILES}


class Bsds500RgbTest(Bsds500Test):
    BUILDER_CONFIG_NAMES_TO_TEST = ["rgb"]


class PolyuTest(_Generated):
    DATASET_CLASS = polyu.Builder
    SPLITS = {"train": 3, "test": 2}
    BUILDER_CONFIG_NAMES_TO_TEST = ["scenes"]
    DL_DOWNLOAD_RESULT = {f"{name}_{kind}.JPG": f"{name}_{kind}.JPG" for name in POLYU_NAMES for kind in ("real", "mean")}


class PolyuWithoutSonyTest(_Generated):
    DATASET_CLASS = polyu.Builder
    SPLITS = {"train": 2, "test": 2}  # a third crop of another camera shows a scene of Sony's
    BUILDER_CONFIG_NAMES_TO_TEST = ["without_sony"]
    DL_DOWNLOAD_RESULT = PolyuTest.DL_DOWNLOAD_RESULT


class FmdTest(_Generated):
    DATASET_CLASS = fmd.Builder
    SPLITS = {"test": 2}
    BUILDER_CONFIG_NAMES_TO_TEST = ["all"]
    DL_DOWNLOAD_RESULT = {kind: {name: f"{kind}/{name}" for name in FMD_FILES} for kind in ("raw", "gt")}


class FmdWithoutConfocalTest(_Generated):
    DATASET_CLASS = fmd.Builder
    SPLITS = {"train": 1, "test": 1}
    BUILDER_CONFIG_NAMES_TO_TEST = ["without_confocal"]
    DL_DOWNLOAD_RESULT = FmdTest.DL_DOWNLOAD_RESULT


class W2sTest(_Generated):
    DATASET_CLASS = w2s.Builder
    SPLITS = {"train": 2, "test": 2}
    DL_DOWNLOAD_RESULT = {name: name for name in W2S_FILES}


class SkimageNaturalTest(_Generated):
    DATASET_CLASS = skimage_natural.Builder
    SPLITS = {"train": 8, "test": 3}
    BUILDER_CONFIG_NAMES_TO_TEST = ["gray"]


class SkimageNaturalRgbTest(_Generated):
    DATASET_CLASS = skimage_natural.Builder
    SPLITS = {"train": 3, "test": 2}
    BUILDER_CONFIG_NAMES_TO_TEST = ["rgb"]


del _Generated


def test_descriptions_and_citations_are_packaged(tmp_path):
    for name in datasets.BUILDERS:
        info = datasets.make_builder(name, str(tmp_path)).info
        assert len(info.description) > 100 and info.citation.startswith("@")


def test_skimage_natural(data_dir):
    pictures = datasets.load_pictures(datasets.make_builder("skimage_natural", data_dir), "test")
    assert [p.name for p in pictures] == ["camera", "chelsea", "coffee"]
    assert [p.clean.shape for p in pictures] == [(512, 512, 1), (300, 451, 1), (400, 600, 1)]
    assert all(p.clean.dtype == np.float32 and 0 <= p.clean.min() and p.clean.max() <= 1 and p.noisy is None for p in pictures)


def stored_places(builder, split):
    """((file, index in it), name) of every example, by TFDS's own account."""
    examples = builder.as_dataset(split=split, read_config=tfds.ReadConfig(add_tfds_id=True))
    for example in tfds.as_numpy(examples):
        file, index = example["tfds_id"].decode().rsplit("__", 1)
        yield (file, int(index)), example["name"].decode()


@pytest.mark.slow
def test_a_picture_has_the_same_noise_however_its_split_is_spelled(data_dir):
    builder = datasets.make_builder("skimage_natural", data_dir)
    noisy = {}
    for split in ("test", "test[1:]", "train+test", "test+train"):
        images = frozen_images.noisy_images(pictures := datasets.load_pictures(builder, split), noise.Gaussian(0.1), 0)
        for picture, image in zip(pictures, images, strict=True):
            np.testing.assert_array_equal(noisy.setdefault(picture.name, image.noisy), image.noisy)
        sources = {(picture.source.split("/")[-1], picture.index): picture.name for picture in pictures}
        assert all(sources[tfds_id] == name for tfds_id, name in stored_places(builder, split))
    assert len(noisy) == 11
    # and no two pictures of one size share theirs
    residuals = [image.noisy - image.clean for image in images if image.clean.shape == (512, 512, 1)]
    correlations = np.corrcoef([r.ravel() for r in residuals])
    assert len(residuals) > 4 and np.abs(correlations - np.eye(len(residuals))).max() < 5 / 512


@pytest.mark.release
def test_real_data(manual_dir, real_data_dir):
    bsd = {n: datasets.prepare(n, real_data_dir, manual_dir) for n in ("bsd400", "bsd68")}
    assert {p.clean.shape for p in datasets.load_pictures(bsd["bsd400"], "train")} == {(180, 180, 1)}
    test = datasets.load_pictures(bsd["bsd68"], "test")
    shapes = [p.clean.shape for p in test]
    assert (shapes.count((321, 481, 1)), shapes.count((481, 321, 1))) in ((53, 15), (15, 53)) and len(shapes) == 68
    first = io.imread(pathlib.Path(manual_dir) / "BSD68" / "test001.png")
    np.testing.assert_array_equal(np.round(test[0].clean[..., 0] * 255), first)


@pytest.fixture
def server(tmp_path):
    """A local HTTP server of generated pictures; yields (address, folder, requested paths)."""
    folder, requested = write_pictures(tmp_path / "served"), []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            requested.append(self.path)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}", folder, requested
        httpd.shutdown()


def use_server(monkeypatch, address, folder, corrupt=False):
    """Lets bsd68 download the generated pictures from the server."""
    infos = {}
    for name in GRAY_FILES:
        content = (folder / name).read_bytes()
        digest = hashlib.sha256(content + b"x" * corrupt).hexdigest()
        infos[f"{address}/{name}"] = UrlInfo(size=len(content), checksum=digest, filename=f"BSD68/{name}")
    monkeypatch.setattr(bsd68.Builder, "url_infos", infos)


def test_download(monkeypatch, tmp_path, server):
    address, folder, requested = server
    use_server(monkeypatch, address, folder)
    pictures = datasets.load_pictures(datasets.prepare("bsd68", str(tmp_path / "data")), "test")
    assert [p.name for p in pictures] == ["test001", "test002", "test003"]
    np.testing.assert_array_equal(np.round(pictures[1].clean[..., 0] * 255), io.imread(folder / "test002.png"))
    count = len(requested)
    datasets.prepare("bsd68", str(tmp_path / "data"))
    assert len(requested) == count


def test_server_that_goes_away_is_said_in_a_sentence(monkeypatch, tmp_path, server):
    address, folder, _ = server
    use_server(monkeypatch, address, folder)
    (folder / GRAY_FILES[1]).unlink()
    with pytest.raises(InputError, match="Downloading bsd68 failed.*again"):
        datasets.prepare("bsd68", str(tmp_path / "data"))
    (folder / GRAY_FILES[0]).unlink()
    with pytest.raises(InputError, match="answers with status 404"):
        datasets.prepare("bsd68", str(tmp_path / "data"))


def test_altered_download_is_refused(monkeypatch, tmp_path, server):
    address, folder, _ = server
    use_server(monkeypatch, address, folder, corrupt=True)
    with pytest.raises(InputError, match="not the published one"):
        datasets.prepare("bsd68", str(tmp_path / "data"))
    assert not datasets.make_builder("bsd68", str(tmp_path / "data")).is_prepared()


def test_manual_files_are_used_alone_and_verified(monkeypatch, tmp_path, server):
    address, folder, requested = server
    use_server(monkeypatch, address, folder)
    manual = tmp_path / "manual"
    write_pictures(manual / "BSD68")
    datasets.prepare("bsd68", str(tmp_path / "data"), str(manual))
    assert not requested
    (manual / "BSD68" / "test003.png").write_bytes(b"other")
    with pytest.raises(InputError, match="not the published one"):
        datasets.prepare("bsd68", str(tmp_path / "data2"), str(manual))
    (manual / "BSD68" / "test003.png").unlink()
    with pytest.raises(InputError, match=r"BSD68/test003.png is missing in .*manual"):
        datasets.prepare("bsd68", str(tmp_path / "data2"), str(manual))
    assert not requested


def test_no_network_is_said_at_once(monkeypatch, tmp_path):
    monkeypatch.setattr(
        bsd68.Builder, "url_infos", {"http://127.0.0.1:9/test001.png": UrlInfo(size=1, checksum="0", filename="BSD68/a")}
    )
    # TFDS would try each file for minutes
    monkeypatch.setattr(bsd68.Builder, "download_and_prepare", lambda *arguments, **options: pytest.fail("it was tried"))
    with pytest.raises(InputError, match="`manual_dir`"):
        datasets.prepare("bsd68", str(tmp_path))


def test_unknown_names(tmp_path, data_dir):
    for name in ("bsd69", "bsd68:9.9.9", "bsd68/none", ""):
        with pytest.raises(InputError, match=f"Received: '{name}'"):
            datasets.prepare(name, str(tmp_path))
    with pytest.raises(InputError, match="Received: 'validation'"):
        datasets.load_pictures(datasets.make_builder("skimage_natural", data_dir), "validation")
