"""One network in the forms that a run needs, from new weights or from trained ones."""

import contextlib
from typing import NamedTuple

import keras

from r2r_tf import pretrained
from r2r_tf.errors import InputError
from r2r_tf.models import denoisers, microbatches, networks, structure
from r2r_tf.training import hosts, losses, optimizers, placement
from r2r_tf.training.settings import AUTO


class Forms(NamedTuple):
    """One network in the forms that a run needs.

    Attributes:
      saved: float32 and of built-in layers: what is evaluated and saved, with weights of its own.
      trained: in the precision and with the layers of the training.
      compiled: `trained` with its optimizer, taking a batch in parts; shares its weights.
      replicas: number of devices.
      start: what shipped or trained weights it starts from, None for new ones.
    """

    saved: keras.Model
    trained: keras.Model
    compiled: keras.Model
    replicas: int
    start: str | None


def build(settings, options, noise_model, strategy=None, many=hosts.Hosts()):
    """`Forms` of a new network, compiled.

    Args:
      settings: `Settings`.
      options: as from `network_options`.
      noise_model: what it is to be trained for.
      strategy: `tf.distribute.Strategy` of several devices, None for one.
      many: `hosts.Hosts`, whose strategy it may be.
    """
    saved = networks.build(settings.model, **{**options, "dtype": "float32"})
    check_network(saved, settings, noise_model)
    with strategy.scope() if strategy else contextlib.nullcontext():
        replicas = strategy.num_replicas_in_sync if strategy else 1
        if settings.batch_size % (replicas * settings.microbatches):
            raise InputError(
                f"`batch_size` must be a multiple of `microbatches={settings.microbatches}` times the number of devices, "
                f"{replicas}. Received: {settings.batch_size}"
            )
        trained = networks.build(settings.model, **options, **placement.training_options(settings.model, strategy))
        start = start_from(trained, settings.init, noise_model)
        parts = microbatches.in_parts(trained, settings.microbatches)
    compiled = many.fitted(parts)
    with strategy.scope() if strategy else contextlib.nullcontext():
        compile_network(compiled, settings)
    return Forms(saved, trained, compiled, replicas, start)


def check_network(network, settings, noise_model):
    """Raises InputError for patches that the network cannot take, or a range of levels that it would not be told."""
    multiple = structure.form(network).multiple
    if settings.patch_size % multiple:
        raise InputError(
            f"`patch_size` must be a multiple of {multiple} with `model={settings.model}`. Received: {settings.patch_size}"
        )
    if noise_model.levels == "range" and not structure.form(network).takes_level:
        raise InputError(
            f"`model={settings.model}` is not told the noise level: give one level, or `model=ffdnet`. "
            f"Received: `sigma={settings.sigma}`"
        )
    if settings.raise_to and not structure.form(network).takes_level:
        raise InputError(f"`raise_to` is for networks that are told the noise level, and `model={settings.model}` is not.")


def start_from(network, source, noise_model):
    """Gives a new network the weights of a trained one of the same form; leaves it as it is for None.

    Args:
      network: `keras.Model`.
      source: as `Settings.init`. `AUTO` is for gray images, and for colour with white noise, which shipped weights know.
      noise_model: what it is to be trained for.
    Returns:
      What it now has the weights of, None for those that it was made with.
    Raises:
      InputError: the two have other weights.
    """
    channels = structure.form(network).channels
    shipped = pretrained.STARTS.get(channels) if channels == 1 or noise_model.white else None
    found = shipped if source == AUTO else source
    if found is None:
        return None
    weights = denoisers.read(found)[0].get_weights()
    if [weight.shape for weight in weights] != [tuple(weight.shape) for weight in network.weights]:
        if source == AUTO:
            return None
        raise InputError(f"`init` must be a network of the same form (`model`, `depth`, `features`). Received: {source}")
    network.set_weights(weights)
    return found


def compile_network(network, settings):
    """Compiles with mean squared error to the noisy target, and the monitored error to the clean image.

    Where batches bring weights, the loss has them, and the same error without is monitored.
    """
    monitored = {"clean_mse": losses.clean_error, **({"pair_mse": losses.pair_loss} if settings.raise_to else {})}
    network.compile(
        optimizer=optimizers.make(settings, network.trainable_variables),
        loss=losses.pair_loss,
        metrics=[keras.metrics.MeanMetricWrapper(error, name=name) for name, error in monitored.items()],
    )
