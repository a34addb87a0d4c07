"""Runs that leave shipped weights as they are: for noise of which the noisy pictures tell too little to learn from.

What an estimate of a camera's noise lacks is learned as signal, from shipped weights even more so than from new ones: 400 steps
on the twelve noisy crops of PolyU's Sony take `camera` from 39.23 to 37.96 dB, though the loss falls (docs/cameras.md).
"""

import numpy as np

from r2r_tf import pretrained
from r2r_tf.image_files import content
from r2r_tf.inference import shipped
from r2r_tf.models import denoisers
from r2r_tf.training import results, run_directory
from r2r_tf.training.settings import AUTO, flag_lines

_LOOKED_AT = 9  # pictures


def denoiser_for(settings, pictures):
    """The shipped `Denoiser` that a run leaves as it is, None for one that trains.

    It is `camera`, where weights and noise are left to the run (`init`, `sigma`: auto) and most of its pictures get these
    weights by default.

    Args:
      settings: `Settings`.
      pictures: list of `datasets.Picture`.
    """
    # gray pictures, and clean ones, do not get them
    noisy = all(picture.noisy is not None and picture.noisy.shape[-1] == 3 for picture in pictures)
    if AUTO != settings.init or AUTO != settings.sigma or not noisy:
        return None
    some = [pictures[n].noisy for n in np.linspace(0, len(pictures) - 1, min(_LOOKED_AT, len(pictures))).round().astype(int)]
    camera = denoisers.load(pretrained.CAMERA)
    chosen = [shipped.denoiser_for(content.sample_of_page(y).astype(np.float32)).sha256 == camera.sha256 for y in some]
    return camera if np.mean(chosen) > 0.5 else None


def leave(settings, images, workdir, *, counts, test, command):
    """Writes a finished run that has the shipped weights of `images.shipped`; its arguments are those of `results.write`.

    Args:
      counts: what run.json says of the images.
    """
    print(f"The weights {pretrained.CAMERA} stay as they are: such noise tells too little of itself. --init= trains new ones.")
    denoiser = images.shipped
    about = {"model": denoiser.network.name, "alpha": denoiser.alpha, "orientations": denoiser.orientations}
    images = images._replace(about={**images.about, **about})
    with run_directory.only_one(workdir):
        run_directory.claim(workdir, flag_lines(settings))
        run_directory.write_run(workdir, parameters=denoiser.network.count_params(), **counts)
        results.write(denoiser.network, settings, images, workdir, test=test, history=[], start=np.inf, command=command)
        run_directory.write_run(workdir, stopped_early=True)
