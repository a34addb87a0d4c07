"""Several hosts that train one network: who they are (TF_CONFIG), which one writes, and what is said when one is lost.

Every host runs the same command. Each makes its own share of every batch; gradients, batch statistics and losses are summed over
all. The first host, the chief, prepares data sets and writes the run directory, which all of them see.
"""

import contextlib
import json
import os
import zlib
from typing import NamedTuple

import keras

from r2r_tf.backend import tf
from r2r_tf.data import shares
from r2r_tf.errors import InputError, in_short

_VARIABLE = "TF_CONFIG"
_KINDS = ("chief", "worker")


class Hosts(NamedTuple):
    """The hosts of a training.

    Attributes:
      strategy: `tf.distribute.MultiWorkerMirroredStrategy`, None for one host.
      number: of this one, from 0, which is the chief's.
      count: of all.
    """

    strategy: tf.distribute.Strategy | None = None
    number: int = 0
    count: int = 1

    @property
    def chief(self):
        """Whether this one writes."""
        return self.number == 0

    def wait(self):
        """Returns when all hosts have come here."""
        self._sum(0)

    @contextlib.contextmanager
    def chief_first(self):
        """Inside the block is first the chief, then all others."""
        if not self.chief:
            self.wait()
        yield
        if self.chief:
            self.wait()

    def check_same(self, what, *known):
        """Raises InputError unless all hosts know the same.

        Args:
          what: sentence for those who see that they do not.
          *known: whatever can be printed.
        """
        mark = zlib.crc32(repr(known).encode()) & 0xFFFFFF
        # equal numbers have the least sum of squares for their sum
        if self._sum(mark) != mark * self.count or self._sum(mark**2) != mark**2 * self.count:
            raise InputError(what)

    def distribute(self, batches):
        """The data set that `fit` takes, of a function from `shares.Shares` to a `tf.data.Dataset`."""
        if self.strategy is None:
            return batches(shares.WHOLE)
        replicas = self.strategy.num_replicas_in_sync
        here = replicas // self.count
        own = shares.Shares(self.number * here, here, replicas)
        return self.strategy.distribute_datasets_from_function(lambda context: batches(own))

    @contextlib.contextmanager
    def guarded(self):
        """Turns what TensorFlow raises when another host is gone into one sentence."""
        try:
            yield
        except tf.errors.OpError as error:
            if self.strategy is None:
                raise
            raise InputError(
                f"Another host was lost, or came to another end ({in_short(error)}). The same command on all hosts, or on fewer, "
                "goes on after the last finished epoch."
            ) from None

    def fitted(self, network):
        """The same network and weights, which Keras's `fit` and `evaluate` then run on all hosts."""
        if self.strategy is None:
            return network
        shared = _OnAllHosts(network.inputs, network.outputs[0], name=network.name)
        shared.distribute_strategy = self.strategy
        return shared

    def _sum(self, number):
        if self.strategy is None:
            return number * self.count
        own = self.strategy.run(lambda: tf.constant(number, tf.int64))
        return int(self.strategy.reduce("SUM", own, axis=None)) * self.count // self.strategy.num_replicas_in_sync


def join():
    """The `Hosts` that TF_CONFIG names, after all of them have started; one where it names none.

    Call it before TensorFlow's first operation.

    Raises:
      InputError: TF_CONFIG is none, or names other kinds of tasks, or this host cannot be reached there.
    """
    text = os.environ.get(_VARIABLE, "")
    if not text:
        return Hosts()
    try:
        config = json.loads(text)
        addresses = [(kind, index) for kind in _KINDS for index in range(len(config["cluster"].get(kind, [])))]
        number = addresses.index((config["task"]["type"], int(config["task"]["index"])))
        others = set(config["cluster"]) - set(_KINDS)
    except (ValueError, KeyError, TypeError, AttributeError):
        others = True
    if others:
        raise InputError(
            f"{_VARIABLE} must name the workers and which of them this one is, such as "
            '{"cluster": {"worker": ["host1:4711", "host2:4711"]}, "task": {"type": "worker", "index": 0}}. '
            f"Received: {in_short(text)}"
        )
    if len(addresses) == 1:
        return Hosts()
    try:
        return Hosts(tf.distribute.MultiWorkerMirroredStrategy(), number, len(addresses))
    except (tf.errors.OpError, RuntimeError) as error:
        raise InputError(
            f"The hosts of {_VARIABLE} cannot talk ({in_short(error)}): each needs an address that is its own and free. "
            f"Received: {in_short(text)}"
        ) from None


class _OnAllHosts(keras.Model):
    """A model made outside the scope of its strategy, whose variables are made inside.

    Keras reduces what a step returns, and a batch to build from, as on one host, and fails on several. Made so it needs no such
    batch, and its functions are these.
    """

    distribute_strategy = None

    def make_train_function(self, force=False):
        """Sets what `fit` calls with an iterator for each step."""
        if self.train_function is None or force:
            self.train_function = _on_all(self.distribute_strategy, self.train_step)

    def make_test_function(self, force=False):
        """Sets what `evaluate` calls with an iterator for each step."""
        if self.test_function is None or force:
            self.test_function = _on_all(self.distribute_strategy, self.test_step)


def _on_all(strategy, step):
    """A step on every device, and the means of what it returns."""

    @tf.function(reduce_retracing=True)
    def on_batch(iterator):
        outputs = strategy.run(step, args=(next(iterator),))
        return {name: strategy.reduce("MEAN", value, axis=None) for name, value in outputs.items()}

    return on_batch
