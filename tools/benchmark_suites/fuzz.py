"""Damaged files: thousands of mutated ones are read, and written again where they can be. Only sentences may come of it."""

import collections
import io
import logging
import pathlib
import resource
import tempfile
import time
import warnings

import imagecodecs
import numpy as np
import tifffile
from PIL import Image
from tqdm import tqdm

from r2r_tf import image_files
from r2r_tf.errors import InputError
from tools.benchmark_suites import timing

ROUND = 500  # files
_MOST_SECONDS = 10
_BYTES = (0, 1, 0x7F, 0x80, 0xFF)


def run(repeats):
    """Reads and writes `ROUND` mutated files in each round, and as many of instruments.

    Returns:
      Dict: unit, results (seconds a file, by what became of it), and how much memory it took.
    Raises:
      AssertionError: another exception than those that commands turn into sentences, or more than 10 s for a file.
    """
    before = _memory()
    results = {}
    for kind, sources in {"": _sources, " (instruments)": instruments}.items():
        outcomes = try_files(range(repeats * ROUND), bar=True, sources=sources)
        results |= {
            f"{name}{kind}: {len(times)}": timing.summary(times) | {"values": len(times)} for name, times in outcomes.items()
        }
    return {"unit": "seconds a file", "results": results, "memory, GB more than before": (_memory() - before) / 1e6}


def try_files(numbers, bar=False, sources=None):
    """Dict from what became of the mutated files of these numbers ('read and written', 'refused') to their seconds.

    sources is a function that returns what they are mutated from; None for pictures.
    """
    sources = list((sources or _sources)().items())
    outcomes = collections.defaultdict(list)
    logging.disable(logging.CRITICAL)
    try:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for number in tqdm(numbers, unit=" files", disable=not bar):
                rng = np.random.default_rng((0, number))
                name, content = sources[rng.integers(len(sources))]
                ending = "".join(pathlib.Path(name).suffixes)
                path = pathlib.Path(folder) / f"in{ending}"
                path.write_bytes(mutated(content, rng))
                start = time.perf_counter()
                outcome = _try(path, pathlib.Path(folder) / f"out{ending}", f"file {number}, from {name}")
                outcomes[outcome].append(time.perf_counter() - start)
                assert outcomes[outcome][-1] < _MOST_SECONDS, f"file {number}, from {name}: {outcomes[outcome][-1]:.0f} s"
    finally:
        logging.disable(logging.NOTSET)
    return outcomes


def mutated(content, rng):
    """Bytes with some of them changed, cut out, doubled, or the rest cut off; more often near the start, where headers are."""
    content = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        place = int(rng.integers(len(content)) if rng.random() < 0.5 else rng.integers(min(len(content), 400)))
        length = int(rng.integers(1, 9))
        kind = rng.integers(6)
        if kind == 0:
            content[place] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            content[place] = _BYTES[rng.integers(len(_BYTES))]
        elif kind == 2:
            content[place : place + length] = rng.bytes(length)
        elif kind == 3:
            del content[place : place + length]
        elif kind == 4:
            content[place:place] = content[place : place + length]
        elif len(content) > 16:
            del content[max(16, place) :]
    return bytes(content) or b"\0"


def _try(path, target, name):
    try:
        try:
            image = image_files.open_image(path)
        except InputError as error:
            assert str(path) in str(error) and "\n" not in str(error), "no sentence on the file"
            return "refused"
        assert image.pixels.ndim == 4 and image.pixels.size, "no pixels"
        image_files.write(target, image, np.array(image.pixels))
    except (InputError, OSError, MemoryError):
        return "refused"
    except Exception as error:
        raise AssertionError(f"{name}: {type(error).__name__}: {error}") from error
    return "read and written"


def _sources():
    """Dict from a name to the bytes of a valid file: every format, layout and kind of tag."""
    rng = np.random.default_rng(0)
    gray, colour = rng.integers(0, 255, (24, 20), np.uint8), rng.integers(0, 255, (24, 20, 3), np.uint8)
    deep = rng.integers(0, 65535, (3, 24, 32), np.uint16)
    found = {}

    def tiff(name, array, **options):
        file = io.BytesIO()
        tifffile.imwrite(file, array, **options)
        found[f"{name}.tif"] = file.getvalue()

    tiff("gray", gray, metadata=None, description="5 µm".encode())
    tiff("colour", colour, photometric="rgb", compression="zlib", predictor=True)
    tiff("stack", deep, imagej=True, metadata={"axes": "ZYX", "spacing": 0.5, "unit": "um"})
    tiff("ome", deep, ome=True, metadata={"axes": "CYX", "PhysicalSizeX": 0.1, "Channel": {"Name": list("abc")}})
    tiff("tiles", deep[0], tile=(16, 16), compression="lzw", bigtiff=True)
    tiff("jpeg", colour, photometric="rgb", compression="jpeg")
    tiff("lab", colour, photometric="cielab")
    tiff("float", deep.astype(np.float32), extratags=[(42113, "s", 0, "-9999", True), (274, "H", 1, 6, True)])
    tiff("channels", deep[0].reshape(24, 8, 4), photometric="minisblack", extrasamples=["unspecified"] * 3)
    found["gray.png"], found["deep.png"] = imagecodecs.png_encode(gray), imagecodecs.png_encode(deep[0])
    found["alpha.png"] = imagecodecs.png_encode(np.concatenate([colour, colour[..., :1]], axis=-1))
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    for name, options in {"a.jpg": {"exif": exif}, "b.jpg": {"progressive": True}, "a.webp": {"lossless": True}}.items():
        file = io.BytesIO()
        Image.fromarray(colour).save(file, "JPEG" if name.endswith("jpg") else "WEBP", **options)
        found[name] = file.getvalue()
    for name, array in {
        "deep.npy": deep,
        "colour.npy": colour,
        "float.npy": gray / 255,
        "signed.npy": deep.astype(">i4"),
    }.items():
        file = io.BytesIO()
        np.save(file, array)
        found[name] = file.getvalue()
    return found


def instruments():
    """Dict from a name to the bytes of a valid FITS, MRC or DICOM file; the extras `fits`, `mrc` and `dicom` are needed.

    CZI, ND2 and LIF are left out: what reads CZI is compiled, and damage may end the process.
    """
    import mrcfile
    import pydicom
    from astropy.io import fits

    rng = np.random.default_rng(0)
    deep, found = rng.integers(0, 65535, (3, 24, 32), np.uint16), {}
    scaled = fits.PrimaryHDU(deep.astype(np.int16))
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        table = fits.BinTableHDU.from_columns([fits.Column("x", "E", array=[1.5])])
        for name, units in {
            "float.fits": [fits.PrimaryHDU(deep.astype(np.float32)), table],
            "unsigned.fits": [fits.PrimaryHDU(), fits.ImageHDU(deep)],
            "packed.fits.gz": [scaled],
            "tiles.fits.fz": [fits.PrimaryHDU(), fits.CompImageHDU(deep)],
        }.items():
            fits.HDUList(units).writeto(place / name)
        for name, dtype in {"words.mrc": np.uint16, "float.mrc": np.float32}.items():
            with mrcfile.new(place / name) as file:
                file.set_data(deep.astype(dtype))
        found |= {path.name: path.read_bytes() for path in place.iterdir()}
    for name in ("CT_small.dcm", "MR_small_RLE.dcm", "SC_rgb_small_odd.dcm", "rtdose.dcm"):
        found[name] = pathlib.Path(pydicom.data.get_testdata_file(name, download=False)).read_bytes()
    return dict(sorted(found.items()))


def _memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
