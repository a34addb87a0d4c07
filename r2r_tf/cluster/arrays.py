"""Volumes in Python: Zarr stores, and Dask arrays, of which a sample alone is computed before the result is asked for."""

import itertools

import numpy as np

from r2r_tf.cluster import engine, files, surveys, volumes
from r2r_tf.errors import InputError
from r2r_tf.image_files import volume_sample


def denoise_zarr(source, output_dir, model=None, *, dask=None, sigma=None, noise=None, **options):
    """Denoises a Zarr volume, chunk by chunk, to NAME_denoised.zarr. One noise and one range hold for all of a channel.

    Args:
      source: path of a Zarr array, or of an OME-Zarr image, whose coarser levels are made anew.
      output_dir: folder of the result. The same call again goes on where this one was interrupted.
      model, sigma, noise: as in `map_dask`.
      dask: address of a Dask scheduler, 'local' for one process for each core, None for this process alone.
      **options: as in `map_dask`, and overwrite: also if the result is there.
    Returns:
      The path of the result, which is like the source: chunks, shards, codecs, attributes.
    Raises:
      InputError: see `cluster.volumes.run`.
    """
    asked = _asked(model, sigma, noise, options)
    return volumes.run(dask, dict(asked), source, output_dir, print_line=lambda line: None)


def map_dask(array, model=None, *, channel_axis=None, sigma=None, noise=None, **options):
    """The estimate of a Dask array, chunk by chunk, as a Dask array. One noise and one range hold for all of a channel.

    Args:
      array: [..., Y, X] Dask array of whole numbers or floats, in any chunks.
      model: pretrained name, run directory or .keras file for gray images; None for the shipped default.
      channel_axis: the axis of channels, each of which has a noise and a range of its own; None for none.
      sigma: noise level in the values of the array, such as 20, or a text such as "25/255", of their range; None: it is found.
      noise: as in the flag of `tools.denoise`, such as "poisson" or "poisson,gain=2.5,offset=100"; None: it is found.
      **options: alpha, num_recorruptions, orientations, seed, precision, max_memory_gb, as in `denoise`.
    Returns:
      Dask array of the same shape, chunks and dtype. Its values do not depend on the chunks, up to the rounding of floats.
    Raises:
      InputError: another array, or options that do not fit.

    A sample of two million values is computed at once; the rest when the result is computed or stored.

    >>> import dask.array
    >>> y = np.random.default_rng(0).normal(0.5, 0.1, (4, 96, 96)).astype("float32")
    >>> x_hat = map_dask(dask.array.from_array(y, chunks=(1, 64, 64)), orientations=1)
    >>> x_hat.chunks, bool(x_hat.compute().std() < 0.02)
    (((1, 1, 1, 1), (64, 32), (64, 32)), True)
    """
    dask, dask_array = engine.load("dask"), engine.load("dask.array")
    from r2r_tf.inference import volumes as parts

    if array.ndim < 2 or 0 in array.shape or array.dtype.kind not in "uif":
        raise InputError(f"Volumes are [..., Y, X], numbers. Received: shape {array.shape}, dtype {array.dtype}")
    sides = array.ndim
    if channel_axis is not None and not (-sides <= channel_axis < sides and channel_axis % sides < sides - 2):
        raise InputError(f"channel_axis must come before the rows and columns. Received: channel_axis={channel_axis}")
    channels = None if channel_axis is None else channel_axis % sides
    asked = _asked(model, sigma, noise, options)
    samples, margins = [], []
    for channel in range(1 if channels is None else array.shape[channels]):
        read, shape = volume_sample.pages_of(array, channels, channel)
        samples.append(surveys.Sample(volume_sample.windows(read, shape)))
        margins.append(parts.reach(surveys.known(samples[-1], asked)))
    sent = [dask.delayed(own) for own in samples]
    blocks = np.empty(array.numblocks, object)
    starts = [np.cumsum([0, *own]) for own in array.chunks]
    for number in itertools.product(*map(range, array.numblocks)):
        place = tuple((int(own[at]), int(own[at + 1])) for own, at in zip(starts, number, strict=True))
        around = volume_sample.around(place, array.shape, max(margins))
        window = array[tuple(slice(*span) for span in around)]
        block = dask.delayed(_denoise)(window, place, around, array.shape, channels, sent, asked)
        shape = tuple(stop - start for start, stop in place)
        blocks[number] = dask_array.from_delayed(block, shape, array.dtype)
    return dask_array.block(blocks.tolist())


def _asked(model, sigma, noise, options):
    return files.settled({"model": model, "sigma": None if sigma is None else str(sigma), "noise": noise, **options})


def _denoise(window, place, around, shape, channels, samples, asked):
    from r2r_tf.inference import volumes as parts

    with files.ONE_AT_A_TIME:
        where = {"place": place, "around": around, "shape": shape, "channels": channels}
        return parts.block(files.job(asked), [surveys.known(own, asked) for own in samples], window, **where)
