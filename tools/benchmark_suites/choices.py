"""Which shipped weights colour pictures get from their own evidence, and what that is worth: with and without noise, as JPEG."""

import numpy as np
from skimage import data
from tqdm import tqdm

import r2r_tf
from r2r_tf import pretrained
from r2r_tf.data import datasets
from r2r_tf.image_files import content
from r2r_tf.inference import shipped
from tools.benchmark_suites import developed, timing

_EMBEDDED = ("astronaut", "coffee", "chelsea", "rocket")
_SIDE, _SCENE = 384, 256  # of what is shown of photographs and of dark scenes
_GAINS = {"phone, weak noise": 0.001, "phone, noise": 0.004, "phone, strong noise": 0.02}


def run(repeats, max_images, manual_dir, data_dir):
    """Denoises each picture with nothing told, and says which weights it got.

    Args:
      repeats: seeds of the noise.
      max_images: how many photographs of BSDS500 and pairs of PolyU, training parts, evenly spaced; None for scikit-image's
        photographs alone.
      manual_dir, data_dir: as in `datasets.prepare`.
    Returns:
      Dict: unit, results: for each kind of picture the PSNR gained, and per cent that got which weights.
    """
    photographs = [_shown(getattr(data, name)() / 255.0) for name in _EMBEDDED]
    pairs = []
    if max_images:
        prepare = (data_dir, manual_dir)
        berkeley, polyu = (datasets.load_pictures(datasets.prepare(n, *prepare), "train") for n in ("bsds500/rgb", "polyu"))
        photographs += [_shown(picture.clean) for picture in _spread(berkeley, max_images)]
        pairs = [("PolyU", picture.noisy, picture.clean) for picture in _spread(polyu, max_images)]
    cases = [case for seed in range(repeats) for n, x in enumerate(photographs) for case in cases_of(x, seed, n)]
    results = {}
    for kind, y, x in tqdm(cases + pairs, unit=" pictures"):
        weights, gain = outcome(np.float32(y), x)
        results.setdefault(f"{kind}: gain, dB", []).append(gain)
        results.setdefault(kind, []).append(weights)
    return {"unit": "gain, dB; pictures, %", "results": dict(_summaries(results))}


def cases_of(x, seed, number):
    """[(kind, noisy, clean)] of a photograph [H, W, 3], [0, 1] scale, as files of 8 bits have it."""
    rng, eight = np.random.default_rng([seed, number]), np.round(255 * x).astype(np.uint8)
    result = [
        (f"no noise, JPEG {quality}, {name}", developed.as_jpeg(eight, quality, subsampling) / 255, x)
        for quality in (75, 85, 95)
        for name, subsampling in (("4:2:0", 2), ("4:4:4", 0))
    ]
    gray = np.round(255 * developed.as_gray(x)).astype(np.uint8)[..., 0]
    for quality in (75, 85, 95):
        result.append(
            (f"no noise, gray, JPEG {quality}", developed.as_jpeg(gray, quality, 0)[..., None] / 255, gray[..., None] / 255)
        )
    for sigma in (10, 25):
        y = np.round(255 * np.clip(x + sigma / 255 * rng.standard_normal(x.shape), 0, 1)).astype(np.uint8)
        result += [(f"white, {sigma}", y / 255, x), (f"white, {sigma}, then JPEG 90", developed.as_jpeg(y, 90, 2) / 255, x)]
    scene = _shown(developed.dark_scene(x), _SCENE)
    return result + [(kind, *(part / 255 for part in developed.as_phone(scene, gain, rng))) for kind, gain in _GAINS.items()]


def outcome(y, x):
    """(name of the weights, '-' where the picture stays as it is; PSNR gained) of a noisy picture by default."""
    chosen = shipped.denoiser_for(y)
    estimate = r2r_tf.denoise(y, chosen)
    name = pretrained.name_of(chosen.sha256)
    same = np.array_equal(estimate, y)
    return "-" if same else name, r2r_tf.psnr(x, np.clip(estimate, 0, 1)) - r2r_tf.psnr(x, y)


def _shown(x, side=_SIDE):
    return x[content.middle(x.shape, side)]


def _spread(pictures, count):
    return [pictures[number] for number in np.linspace(0, len(pictures) - 1, min(count, len(pictures))).round().astype(int)]


def _summaries(results):
    for name, values in results.items():
        if name.endswith("dB"):
            yield name, timing.summary(values)
        else:
            for weights in sorted(set(values)):
                yield f"{name}: {weights}, %", timing.summary([100 * float(np.mean([own == weights for own in values]))])
