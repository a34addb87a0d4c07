"""Where a training step's time goes: TensorFlow's own profiler, its operations grouped by kind."""

import collections
import pathlib
import tempfile

from r2r_tf.backend import tf
from r2r_tf.training import placement
from tools.benchmark_suites import timing, train, train_worker

BATCH, PARTS, STEPS = 48, 2, 8
# a kind's operations have one of these in their names; the first kind that fits counts
KINDS = {
    "convolutions, weight gradients": ("Conv2DBackpropFilter",),
    "convolutions, input gradients": ("Conv2DBackpropInput",),
    "convolutions, forward": ("Conv2D",),
    "batch normalisation": ("BatchNorm",),
    "ReLU's gradient": ("Relu",),
    "casts": ("Cast",),
    "optimizer": ("ResourceApply", "AssignSub", "AssignAdd", "Sqrt"),
}


def run(repeats):
    """Profiles our fastest training step, bfloat16.

    Args:
      repeats: profiles; the share of each kind of operation in the operations' time is summed up over them.
    Returns:
      Dict: unit, results.
    """
    placement.share_cores(PARTS)
    network = train_worker.make_network("bfloat16", PARTS)
    dataset = train_worker.r2r_batches(train_worker.generated_images(), BATCH, train.PATCH, 10**6)
    network.fit(dataset, steps_per_epoch=STEPS, verbose=0, shuffle=False)
    shares = collections.defaultdict(list)
    for _ in range(repeats):
        seconds = _profile(lambda: network.fit(dataset, steps_per_epoch=STEPS, verbose=0, shuffle=False))
        total = sum(seconds.values())
        for kind in [*KINDS, "all else"]:
            shares[kind].append(100 * seconds[kind] / total)
    return {"unit": "per cent of the operations' time", "results": {kind: timing.summary(of) for kind, of in shares.items()}}


def _profile(train_some):
    """Seconds of each kind of operation, over all threads."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder):
            train_some()
        trace = xplane_pb2.XSpace.FromString(next(pathlib.Path(folder).rglob("*.xplane.pb")).read_bytes())
    seconds = collections.Counter()
    for plane in trace.planes:
        for line in plane.lines:
            for event in line.events:
                # an operation is traced as 'path/of/the/node:Type'; the data pipeline's threads are not
                node, colon, operation = plane.event_metadata[event.metadata_id].name.rpartition(":")
                if colon and "/" in node and operation.isidentifier():
                    seconds[_kind(operation)] += event.duration_ps / 1e12
    return seconds


def _kind(operation):
    return next((kind for kind, parts in KINDS.items() if any(part in operation for part in parts)), "all else")
