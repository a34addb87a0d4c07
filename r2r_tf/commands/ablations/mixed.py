"""Ways to learn from pictures of counting noise and read noise: the same network, start, pictures and steps."""

import functools
import pathlib
import shutil

import numpy as np

from r2r_tf import noise
from r2r_tf.commands.ablations import splits, trainings
from r2r_tf.commands.ablations.report import Stopwatch, cases_of_images, rows_of_ways, score
from r2r_tf.data import datasets, frozen_images
from r2r_tf.estimation import laws
from r2r_tf.evaluation import baselines
from r2r_tf.inference import arrays
from r2r_tf.models import denoisers
from r2r_tf.training import run

X_TITLE, LOG_X = "photons of white", True
FLAGS = frozenset({"patches", "bm3d"})
PEAKS, READ_NOISES = (3, 10, 30, 100), (0, 2, 5)
START = "unet-awgn"
# what is the same for all
RECIPE = {
    "network": "unet",
    "init": START,
    "batch_size": 8,
    "patch_size": 64,
    "steps_per_epoch": 125,
    "optimizer": "muon",
    "learning_rate": 3e-4,
    "precision": "auto",
    "validation_fraction": 0.05,
    "binning": (2,),
    "ema": 0.99,
}
# told the law and shown the noise as it is: the family of `noise.FAMILIES` that splits it, other settings
WAYS = {
    "Gaussian, level by pixel and pilot": ("poisson_gaussian", {}),
    "the same, alpha 0.1 (nearly SURE)": ("poisson_gaussian", {"alpha": 0.1}),
    "Gaussian, level by pixel alone": ("own_variance", {}),
    "counts, shifted and thinned": ("shifted_counts", {}),
}
STABILISED, AUTO = "stabilised, taken for white", "stabilised, made Gaussian, nothing told"
_MARGIN = 5.0  # standard deviations of the noise around the range


def cases(tests_of, recipe, patches, seed, runs_dir, with_bm3d=False):
    """Cases: per peak, read noise and image noisy input, classical denoisers, the start untrained, and each way.

    At test all but `AUTO` are told the law; what is for white noise is behind it.

    Args:
      tests_of: as in `request.Request`.
      recipe: dict of what all trainings of a table share.
      patches: of each training.
      seed: of noise, draws and weights.
      runs_dir: where run directories and noisy pictures are.
      with_bm3d: add BM3D.
    """
    noise.FAMILIES.update(splits.FAMILIES)
    settings = {**RECIPE, **recipe, "patches": patches, "seed": seed}
    found = []
    for read_noise in READ_NOISES:
        for peak in PEAKS:
            place = f"peak={peak},read_noise={read_noise}"
            model = noise.from_text(f"poisson_gaussian,{place}")
            tests, label = tests_of(model), f"{{}}, read noise {read_noise}".format
            found += _untrained(tests, model, label, peak, with_bm3d)
            for name, changes in _ways(place, model, runs_dir).items():
                own = trainings.recipe(**{**settings, **changes})
                found += _trained(own, runs_dir, tests, model, name, label(name), peak)
    return found


def trains(model):
    """Whether the table trains what it tests."""
    del model
    return True


def of_request(request):
    """`cases` of a `request.Request`."""
    return cases(request.tests_of, request.recipe, request.patches, request.seed, request.runs_dir, request.bm3d)


def _untrained(tests, model, label, peak, with_bm3d):
    """Cases of what needs no training."""
    stopwatch, law = Stopwatch(), laws.of_polynomial(model.polynomial)
    ways = {name: lambda y, own=own: baselines.by_law(own, y, law) for name, own in baselines.chosen(with_bm3d).items()}
    ways[f"{START}, untrained"] = lambda y: _denoised(y, denoisers.load(START), model)
    rows = functools.partial(rows_of_ways, place=peak, ways=ways, stopwatch=stopwatch, label=label)
    return cases_of_images(tests, rows, f"untrained {model}")


def _ways(place, model, runs_dir):
    """The settings that each way changes, by its name."""
    ways = {name: {**changes, "sigma": "25", "noise": f"{family},{place}"} for name, (family, changes) in WAYS.items()}
    low, high = _ends(laws.of_polynomial(model.polynomial))
    for name, sigma in {STABILISED: f"{255 / (high - low):.6g}", AUTO: "auto"}.items():
        ways[name] = {"sigma": sigma, "images": (str(pathlib.Path(runs_dir) / trainings.file_name(f"{name} {place}")),)}
    return ways


def _trained(settings, runs_dir, tests, model, name, series, peak):
    """Cases of one training, which sees pictures with the noise `model` in its way."""
    workdir = trainings.workdir_of(settings, runs_dir, series)
    told, stopwatch = None if name == AUTO else model, Stopwatch()

    @functools.cache
    def denoiser():
        for folder in settings.images or ():
            _write_pictures(pathlib.Path(folder), settings, model, name == STABILISED)
        run.train(settings, workdir)
        for folder in settings.images or ():
            shutil.rmtree(folder)
        return denoisers.load(workdir)

    def rows(test, index):
        y, own = test.images[index].noisy, denoiser()
        x_hat, seconds = stopwatch(y.shape, lambda: _denoised(y, own, told))
        return [{"series": series, "x": peak, **score(test.images[index].clean, x_hat, seconds)}]

    return cases_of_images(tests, rows, f"{workdir.name} {peak}")


def _write_pictures(folder, settings, model, stabilised):
    """The frozen noisy pictures of the data set as files, stabilised if wanted."""
    pictures = datasets.load_pictures(datasets.prepare(settings.dataset, settings.data_dir, settings.manual_dir), "train")
    law = laws.of_polynomial(model.polynomial)
    low, high = _ends(law)
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(frozen_images.noisy_images(pictures, model, settings.seed)):
        values = (law.stabilised(image.noisy) - low) / (high - low) if stabilised else image.noisy
        np.save(folder / f"{number:04}.npy", np.float32(values))


def _ends(law):
    """What stands for 0 and 1 in stabilised pictures: all values lie between."""
    return tuple(float(law.stabilised(np.float64(end))) + margin for end, margin in ((0, -_MARGIN), (1, _MARGIN)))


def _denoised(y, denoiser, told):
    return arrays.denoise(y, denoiser, noise=told, num_recorruptions=0, orientations=1, channel_axis=-1)
