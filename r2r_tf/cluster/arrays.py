"""Volumes in Python: Zarr stores, and Dask arrays, of which a sample alone is computed before the result is asked for."""

import os
import pathlib
from typing import Any, NamedTuple

import numpy as np

from r2r_tf.cluster import engine, files, surveys, volumes
from r2r_tf.errors import InputError
from r2r_tf.image_files import placing, volume_sample


def denoise_zarr(
    source: str | os.PathLike[str],
    output_dir: str | os.PathLike[str],
    model: str | os.PathLike[str] | None = None,
    *,
    dask: str | None = None,
    sigma: float | str | None = None,
    noise: str | None = None,
    **options: Any,
) -> pathlib.Path:
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
    asked, base = _asked(model, sigma, noise, options), os.path.dirname(os.path.abspath(source))
    return volumes.run(dask, dict(asked), source, placing.of_store(source, base, output_dir), print_line=lambda line: None)


def map_dask(
    array: Any,
    model: str | os.PathLike[str] | None = None,
    *,
    channel_axis: int | None = None,
    sigma: float | str | None = None,
    noise: str | None = None,
    **options: Any,
) -> Any:
    """The estimate of a Dask array, chunk by chunk, as a Dask array. One noise and one range hold for all of a channel.

    Args:
      array: [..., Y, X] Dask array of whole numbers or floats, in any chunks.
      model: pretrained name, run directory or .keras file for gray images; None for the shipped default.
      channel_axis: the axis of channels, each of which has a noise and a range of its own; None for none.
      sigma: noise level in the values of the array, such as 20, or a text such as "25/255", of their range; None: it is found.
      noise: as in the flag of `r2r-denoise`, such as "poisson" or "poisson,gain=2.5,offset=100"; None: it is found.
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
    return survey(array, model, channel_axis=channel_axis, sigma=sigma, noise=noise, **options).mapped(array)


class Survey(NamedTuple):
    """What is known of a Dask array before its estimate is asked for.

    Attributes:
      channels: its axis of channels, or None.
      samples: `surveys.Sample` of each channel.
      asked: as from `files.settled`.
    """

    channels: int | None
    samples: list
    asked: tuple

    def known(self):
        """`volumes.Known` of each channel: its noise and its range."""
        return [surveys.known(sample, self.asked) for sample in self.samples]

    def mapped(self, array):
        """As `map_dask` returns."""
        return _mapped(array, self)


def survey(array, model=None, *, channel_axis=None, sigma=None, noise=None, **options):
    """`Survey` of a Dask array, for which its sample is computed. Arguments and errors as in `map_dask`."""
    if array.ndim < 2 or np.isnan(array.shape).any() or 0 in array.shape or array.dtype.kind not in "uif":
        raise InputError(f"Volumes are [..., Y, X], numbers. Received: shape {array.shape}, dtype {array.dtype}")
    sides = array.ndim
    if channel_axis is not None and not (-sides <= channel_axis < sides and channel_axis % sides < sides - 2):
        raise InputError(f"channel_axis must come before the rows and columns. Received: channel_axis={channel_axis}")
    channels = None if channel_axis is None else channel_axis % sides
    asked = _asked(model, sigma, noise, options)
    samples = []
    for channel in range(1 if channels is None else array.shape[channels]):
        read, shape = volume_sample.pages_of(array, channels, channel)
        samples.append(surveys.Sample(volume_sample.windows(read, shape)))
    return Survey(channels, samples, asked)


def _mapped(array, found):
    overlap = engine.load("dask.array.overlap")
    from r2r_tf.inference import volumes as parts

    sides, margin = array.ndim, max(parts.reach(known) for known in found.known())
    # chunks that are narrower than what is around them are put together
    least = [overlap.ensure_minimum_chunksize(min(margin, sum(own)), own) for own in array.chunks[-2:]]
    own = array.rechunk((*array.chunks[:-2], *least))
    depth = {axis: margin if axis >= sides - 2 and own.numblocks[axis] > 1 else 0 for axis in range(sides)}
    wide = overlap.overlap(own, depth=depth, boundary="none", allow_rechunk=False)
    starts = [np.cumsum([0, *lengths]).tolist() for lengths in own.chunks]
    told = {"starts": starts, "margin": margin, **found._asdict()}
    return wide.map_blocks(
        _denoise, dtype=array.dtype, chunks=own.chunks, meta=np.empty((0,) * sides, array.dtype), **told
    ).rechunk(array.chunks)


def _asked(model, sigma, noise, options):
    return files.settled({"model": model, "sigma": None if sigma is None else str(sigma), "noise": noise, **options})


def _denoise(window, *, starts, margin, channels, samples, asked, block_info=None):
    from r2r_tf.inference import volumes as parts

    number, shape = block_info[0]["chunk-location"], tuple(own[-1] for own in starts)
    place = tuple((own[at], own[at + 1]) for own, at in zip(starts, number, strict=True))
    known = {channel: surveys.known(samples[channel], asked) for channel in parts.channels_of(place, channels)}
    with files.ONE_AT_A_TIME:
        where = {"place": place, "around": volume_sample.around(place, shape, margin), "shape": shape, "channels": channels}
        return parts.block(files.job(asked), known, window, **where)
