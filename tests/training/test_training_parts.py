"""The parts of training by themselves: checkpoints, schedules, losses, averaged weights, the run directory."""

import math
import types

import keras
import numpy as np
import pytest
from conftest import small_settings

from r2r_tf import noise, objectives
from r2r_tf.errors import InputError
from r2r_tf.models import networks
from r2r_tf.training import averaging, callbacks, checkpoints, losses, network_forms, optimizers, run_directory, settings


def test_leftovers_of_a_killed_start_do_not_block(tmp_path):
    (tmp_path / ".partial-host-12-0a.txt").write_text("")
    run_directory.check(tmp_path, {"sigma": "--sigma=25"})


def test_a_resumed_run_has_the_images_that_it_began_with():
    counts = {"training_images": 8, "validation_images": 2}
    run_directory.check_counts({}, counts)
    run_directory.check_counts({**counts, "parameters": 3}, counts)
    with pytest.raises(InputError, match="began with 10 images, and there are 11 now"):
        run_directory.check_counts(counts, {**counts, "training_images": 9})


def test_broken_checkpoint_falls_back_to_the_one_before(tmp_path, capsys):
    network = networks.build("dncnn", depth=3, features=4)
    network_forms.compile_network(network, small_settings())
    for epoch in (1, 2, 3):
        network.get_layer("conv3").set_weights([np.full((3, 3, 4, 1), float(epoch))])
        checkpoints.save(tmp_path, network, [{"epoch": e} for e in range(1, epoch + 1)])
    assert len(checkpoints.finished(tmp_path)) == 2
    oldest, newest = (path / "state.npz" for path in checkpoints.finished(tmp_path))
    newest.write_bytes(newest.read_bytes()[:1000])
    assert len(checkpoints.restore(tmp_path, network)) == 2
    assert (network.get_layer("conv3").get_weights()[0] == 2).all() and "cannot be read" in capsys.readouterr().out
    oldest.unlink()
    with pytest.raises(InputError, match="No checkpoint"):
        checkpoints.restore(tmp_path, network)


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ("adam", "muon"))
def test_checkpoint_holds_the_optimizer(tmp_path, rng, optimizer):
    """A step after restoring equals the step that would have followed."""
    x = rng.random((4, 16, 16, 1)).astype(np.float32)
    chosen = small_settings(ema=0.9, schedule="cosine", optimizer=optimizer)

    def fresh():
        network = networks.build("dncnn", depth=3, features=4)
        network_forms.compile_network(network, chosen)
        return network

    first = fresh()
    for _ in range(3):
        first.train_on_batch(x, 1 - x)
    checkpoints.save(tmp_path, first, [{"epoch": 1}])
    second = fresh()
    checkpoints.restore(tmp_path, second)
    control = fresh()
    control.set_weights(first.get_weights())
    for network in (first, second, control):
        network.train_on_batch(x, 1 - x)
    assert all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights()))
    assert all(np.array_equal(a, b) for a, b in zip(first.optimizer.variables, second.optimizer.variables))
    assert not all(np.array_equal(a, b) for a, b in zip(first.get_weights(), control.get_weights()))


def test_schedules():
    def rates(**changes):
        schedule = optimizers.make_schedule(small_settings(epochs=50, steps_per_epoch=10, learning_rate=1e-3, **changes))
        return [float(schedule(step)) for step in (0, 299, 301, 499)] if callable(schedule) else [schedule]

    np.testing.assert_allclose(rates(), [1e-3, 1e-3, 2e-4, 2e-4], rtol=1e-6)
    np.testing.assert_allclose(rates(milestones=(10, 40)), [1e-3, 2e-4, 2e-4, 4e-5], rtol=1e-6)
    assert rates(schedule="constant") == [1e-3]
    warmed = rates(schedule="cosine", warmup=299)
    assert warmed[0] == 0.0 and warmed[1] == pytest.approx(1e-3) and warmed[3] < 1e-6
    cosine = rates(schedule="cosine")
    assert cosine[0] == pytest.approx(1e-3) and cosine[-1] < 1e-7 and sorted(cosine, reverse=True) == cosine
    assert settings.steps_per_epoch(small_settings(steps_per_epoch=None, batch_size=128)) * 128 >= 8000


def test_clean_channels_do_not_reach_the_loss(rng):
    """The monitored clean image may be anything: loss and gradients stay the same."""
    x_hat, y_tilde, clean = rng.random((3, 2, 8, 8, 1)).astype(np.float32)
    with_clean = np.concatenate([y_tilde, clean], axis=-1)
    np.testing.assert_array_equal(losses.pair_loss(with_clean, x_hat), losses.pair_loss(y_tilde, x_hat))
    np.testing.assert_allclose(losses.pair_loss(y_tilde, x_hat), ((x_hat - y_tilde) ** 2)[..., 0], rtol=1e-6)
    np.testing.assert_allclose(losses.clean_error(with_clean, x_hat), ((x_hat - clean) ** 2)[..., 0], rtol=1e-6)


def test_muon_makes_orthogonal_updates(rng):
    """All singular values of an update are about equal, of kernels that are no matrices too; the last layer is Adam's."""
    network = networks.build("ffdnet", depth=3, features=8)
    chosen = small_settings(optimizer="muon", schedule="constant", learning_rate=0.01)
    first, inner, last = (network.get_layer(f"conv{i}") for i in (1, 2, 3))
    optimizer = optimizers.make(chosen, network.trainable_variables)
    before = [layer.get_weights() for layer in (first, inner, last)]
    optimizer.apply([keras.ops.convert_to_tensor(rng.standard_normal(v.shape), v.dtype) for v in network.trainable_variables])
    steps = [layer.get_weights()[0] - old[0] for layer, old in zip((first, inner, last), before, strict=True)]
    for step in steps[:2]:
        matrix = step.reshape(-1, step.shape[-1])
        singular = np.linalg.svd(matrix, compute_uv=False) / (0.01 * 0.2 * np.sqrt(max(matrix.shape)))
        # five Newton-Schulz iterations leave them within this interval
        assert singular.min() > 0.6 and singular.max() < 1.25
    # control: Adam's first step has the gradient's signs
    np.testing.assert_allclose(np.abs(steps[2]), 0.01, rtol=0.05)


def test_muon_is_keras_s_own_on_matrices(rng):
    """A 1x1 convolution's kernel is a matrix; Keras's class moves that matrix as this one moves the kernel."""
    start, gradients = rng.standard_normal((6, 4)).astype(np.float32), rng.standard_normal((3, 6, 4)).astype(np.float32)
    moved = []
    for optimizer_type, shape in ((keras.optimizers.Muon, (6, 4)), (optimizers.ConvolutionMuon, (1, 1, 6, 4))):
        variable = keras.Variable(start.reshape(shape))
        optimizer = optimizer_type(0.01, weight_decay=None)
        for gradient in gradients:
            optimizer.apply([keras.ops.convert_to_tensor(gradient.reshape(shape))], [variable])
        moved.append(np.reshape(variable, (6, 4)))
    np.testing.assert_allclose(moved[0], moved[1], atol=1e-5)
    assert np.abs(moved[0] - start).max() > 0.005


def test_averages_of_short_runs_are_short():
    momenta = [optimizers.ema_momentum(small_settings(ema=0.999, epochs=1, steps_per_epoch=n)) for n in (5, 100, 20_000)]
    assert momenta == pytest.approx([0.0, 0.95, 0.999])


def test_target_variance_of_the_objectives():
    model = noise.Gaussian(0.1)
    expected = {"r2r": 0.01 * 5, "n2n": 0.01, "n2c": 0.0}
    for objective, variance in expected.items():
        assert objectives.OBJECTIVES[objective].target_variance(model, 0.5) == pytest.approx(variance)


def test_settled_network_has_averages_with_statistics_of_their_own(rng):
    x = rng.random((4, 16, 16, 1)).astype(np.float32)
    network, plain = (networks.build("dncnn", depth=3, features=4) for _ in range(2))
    network_forms.compile_network(network, small_settings(ema=0.5, learning_rate=0.02))
    average = None
    for _ in range(6):
        network.train_on_batch(x, 1 - x)
        own = [weight.numpy() for weight in network.trainable_variables]
        average = own if average is None else [0.5 * a + 0.5 * w for a, w in zip(average, own, strict=True)]
    before = network.get_weights()
    with averaging.settled(plain, network, [(x[:2], None), (x[2:], None)]):
        for weight, expected in zip(network.trainable_variables, average, strict=True):
            np.testing.assert_allclose(weight, expected, rtol=1e-5, atol=1e-7)
        features = network.get_layer("conv2")(network.get_layer("relu1")(network.get_layer("conv1")(x)))
        norm = network.get_layer("norm2")
        mean = np.mean(features, axis=(0, 1, 2))
        np.testing.assert_allclose(norm.moving_mean, mean, rtol=1e-4, atol=1e-6)
        variances = [np.var(half, axis=(0, 1, 2)) for half in (features[:2], features[2:])]
        np.testing.assert_allclose(norm.moving_variance, np.mean(variances, axis=0), rtol=1e-3, atol=1e-6)
    assert all(np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True))
    # control: the statistics of the training weights are not those
    assert np.abs(network.get_layer("norm2").moving_mean - mean).max() > 1e-3


def test_without_averages_the_settled_network_is_the_trained_one():
    network, plain = networks.build("dncnn", depth=3, features=4, seed=1), networks.build("dncnn", depth=3, features=4)
    network_forms.compile_network(network, small_settings())
    averaging.settle(plain, network, [])
    assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), network.get_weights(), strict=True))


def test_psnr_of_an_estimate_below_zero_is_nan():
    assert math.isnan(callbacks.psnr_of_mse(-1e-5)) and callbacks.psnr_of_mse(0.01) == pytest.approx(20)


def test_flags_that_appear_or_vanish_are_changes(tmp_path):
    lines = {"sigma": "--sigma=25", "antithetic": "--antithetic", "epochs": "--epochs=3"}
    run_directory.check(tmp_path / "run", lines)
    run_directory.claim(tmp_path / "run", lines)
    run_directory.check(tmp_path / "run", {**lines, "epochs": "--epochs=5"})
    for changed in ({**lines, "antithetic": "--noantithetic"}, {**lines, "depth": "--depth=4"}, {"sigma": "--sigma=25"}):
        with pytest.raises(InputError, match="other flags"):
            run_directory.check(tmp_path / "run", changed)


def test_estimated_psnr_follows_the_targets_of_each_step():
    """Targets of unequal noise: the running loss less the running mean of their variances is the error, after every step."""
    figures = callbacks.DerivedFigures(lambda epoch: np.array([0.1, 0.3]) + epoch, 0.2, batch_size=8)
    figures.set_model(types.SimpleNamespace(optimizer=types.SimpleNamespace(learning_rate=0.5)))
    for epoch in (0, 1):
        figures.on_epoch_begin(epoch)
        for batch, loss in enumerate((0.11, 0.21)):
            logs = {"loss": loss + epoch, "clean_mse": 0.0}
            figures.on_train_batch_end(batch, logs)
            assert logs["est_psnr"] == pytest.approx(20) and "clean_mse" not in logs
        logs = {"loss": 0.21 + epoch, "clean_mse": 0.0, "val_loss": 0.201, "val_clean_mse": 0.001}
        figures.on_epoch_end(epoch, logs)
        assert logs["est_psnr"] == pytest.approx(20) and [logs["val_est_psnr"], logs["val_psnr"]] == pytest.approx([30, 30])


def test_a_psnr_that_is_none_is_not_shown(capsys):
    """Loss below the assumed noise variance: the estimate has no logarithm."""
    bar = callbacks.Progress(0, 1, 1, 1)
    logs = {"loss": 0.1, "val_loss": 0.1, "est_psnr": float("nan"), "learning_rate": 1e-3, "patches_per_s": 1.0}
    for value, shown in ((float("nan"), "estimated PSNR -  "), (31.234, "estimated PSNR 31.23 dB  ")):
        bar.on_epoch_end(0, {**logs, "val_est_psnr": value, "val_psnr": float("nan")})
        assert shown in capsys.readouterr().out
    bar.close()
