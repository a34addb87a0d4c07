"""Whether `camera` needs a camera's own law of the noise: as shipped, of the other cameras, and of its own pictures; PolyU."""

import dataclasses

import numpy as np
from tqdm import tqdm

import r2r_tf
from r2r_tf import pretrained
from r2r_tf.data import datasets
from r2r_tf.estimation import camera
from r2r_tf.models import denoisers
from tools.benchmark_suites import timing


def run(max_images, manual_dir, data_dir):
    """Denoises all pictures of each camera with several laws.

    Args:
      max_images: how many pictures of a camera; None for all.
      manual_dir, data_dir: as in `datasets.prepare`.
    Returns:
      Dict: unit, results: PSNR and SSIM by camera and law.
    """
    builder = datasets.prepare("polyu", data_dir, manual_dir)
    train, test = (list(datasets.load_pictures(builder, split)) for split in ("train", "test"))
    denoiser, results = denoisers.load(pretrained.CAMERA, "bfloat16"), {}
    names = sorted({camera_of(picture) for picture in train + test})
    for name in tqdm(names, unit=" cameras"):
        own = [picture for picture in train + test if camera_of(picture) == name][:max_images]
        for law, model in laws(denoiser.noise, own, [picture for picture in train if camera_of(picture) != name]).items():
            psnr, ssim = np.transpose([scores(picture, dataclasses.replace(denoiser, noise=model)) for picture in own])
            for measure, values in (("PSNR", psnr), ("SSIM", ssim)):
                results.setdefault(f"all, {law}, {measure}", []).extend(values)
                results[f"{name}, {law}, {measure}"] = list(values)
    return {"unit": "dB; SSIM", "results": {name: timing.summary([np.mean(own)]) for name, own in sorted(results.items())}}


def laws(shipped, own, others):
    """Dict from a name to a `CameraNoise`: as shipped, of other cameras' pictures, and of a camera's own, settings not told."""
    structured = camera.camera_noise([picture.noisy for picture in own])[1]
    of_others = camera.camera_noise([picture.noisy for picture in others], [picture.setting for picture in others])[1]
    flat = {"activity": np.zeros(1), "gain": np.ones(1)}
    return {
        "as shipped": shipped,
        "of the others": dataclasses.replace(of_others, **flat),
        "of its own": dataclasses.replace(structured, **flat),
        "its own, over structure": structured,
    }


def camera_of(picture):
    """The camera that took a picture of PolyU."""
    return picture.setting.split(" ISO ")[0]


def scores(picture, denoiser):
    """(PSNR, SSIM) of a picture's estimate."""
    estimate = np.clip(r2r_tf.denoise(picture.noisy, denoiser), 0, 1)
    return r2r_tf.psnr(picture.clean, estimate), r2r_tf.ssim(picture.clean, estimate)
