"""Denoises the array of a layer: whole where it is in memory, page by page when they are looked at where it is not."""

from typing import NamedTuple

import numpy as np

from r2r_tf.napari_plugin import first_import, layers

# smaller than that of commands, for somebody is waiting: work stops between tiles
_MEMORY_GB = 1.0


class Asked(NamedTuple):
    """What somebody chose.

    Attributes:
      model: pretrained name or run directory; None for shipped weights that fit.
      noise: 'white', 'poisson' or 'gamma'; None: it is found.
      sigma: text as in `levels.parse`; None: it is found.
    """

    model: str | None = None
    noise: str | None = None
    sigma: str | None = None

    def options(self):
        """For `one_file.job_of` and `cluster.arrays.survey`. A level that is given is that of white noise."""
        noise = None if self.sigma and self.noise == "white" else self.noise
        return {"model": self.model, "noise": noise, "sigma": self.sigma or None, "max_memory_gb": _MEMORY_GB}


def denoise(name, data, rgb, asked, on_progress):
    """The estimate and a sentence on the noise.

    Args:
      name: of the layer, for sentences.
      data: as from `layers.data_of`.
      rgb: whether its last axis is that of colours.
      asked: `Asked`.
      on_progress: function of (done, total, words); what it raises ends the work.
    Returns:
      (array of the shape and dtype of `data`, a Dask array if that is lazy; a sentence).
    Raises:
      InputError: the choice does not fit the array.
    """
    on_progress(0, 0, "Loading TensorFlow")
    first_import.tensorflow()
    on_progress(0, 0, "Loading the network")
    work = _lazily if layers.is_lazy(data) else _in_memory
    return work(name, data, rgb, asked, on_progress)


def _in_memory(name, data, rgb, asked, on_progress):
    del name
    from r2r_tf.image_files.image import Image
    from r2r_tf.inference import one_file

    job = one_file.job_of(**asked.options())
    pages, restore = layers.pages_of(data, rgb)
    on_progress(0, 0, "Finding the noise")
    tell = "Denoising"
    result, scale = one_file.estimate(job, Image("NPY", pages, None, {}), lambda done, total: on_progress(done, total, tell))
    return restore(result.pixels), sentence(job, result.found, scale)


def _lazily(name, data, rgb, asked, on_progress):
    from r2r_tf.cluster import arrays
    from r2r_tf.inference import one_file

    array = layers.as_dask(data)
    colours = np.moveaxis(array[..., :3], -1, 0) if rgb else array
    on_progress(0, 0, "Reading a sample")
    found = arrays.survey(colours, channel_axis=0 if rgb else None, **asked.options())
    layers.check_varies(f"The sample of {name}", np.concatenate([sample.windows.ravel() for sample in found.samples]))
    on_progress(0, 0, "Finding the noise")
    known = found.known()
    on_progress(0, 0, "Preparing")
    result, job = found.mapped(colours), one_file.job_of(**asked.options())
    if rgb:
        from dask.array import concatenate

        result = concatenate([np.moveaxis(result, 0, -1), array[..., 3:]], axis=-1).rechunk(array.chunks)
    words = [sentence(job, [own.found], own.scale) for own in known]
    return result, words[0] if len(set(words)) == 1 else " ".join(words)


def sentence(job, found, scale):
    """What is said of the noise; arguments as in `one_file.noise_in_words`."""
    from r2r_tf.inference import one_file

    if not any(own.level for own in found):
        return "No noise was found, or these weights need not know it."
    return f"Noise {'as given' if job.sigma else 'found'}: {one_file.noise_in_words(job, found, scale)}."
