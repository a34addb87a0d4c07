"""What a finished run leaves: the network, its exports, its curves, and the closing evaluation."""

import keras

from r2r_tf import camera_noise, early_stopping, evaluation, export, figures, model_files, pipeline, run_directory
from r2r_tf.models import structure
from r2r_tf.settings import steps_per_epoch


def write(plain, settings, noise_model, about, test, workdir, history):
    """Writes the trained network, its exports, curves and the closing evaluation; last of all, that the run is finished.

    Args:
      plain: the trained `keras.Model`, float32, of built-in layers.
      settings: `Settings`.
      noise_model: what the network is to be told to be for.
      about: dict of what else model.json tells of the images.
      test: `testing_data.TestSet`, or None.
      workdir: `pathlib.Path` of the run directory.
      history: list of dicts, one per epoch.
    """
    alpha = settings.alpha if settings.objective in pipeline.RECORRUPTING else 0.0
    card = {
        "model": settings.model,
        "channels": structure.image_channels(plain),
        "objective": settings.objective,
        "alpha": alpha,
        "antithetic": settings.antithetic,
        **({"orientations": 1} if settings.objective == "distill" else {}),
        "noise": noise_model.to_json(),
        "dataset": "own images" if settings.images else settings.dataset,
        **about,
        "epochs": len(history),
        **({"best_epoch": early_stopping.best_epoch(history)} if settings.patience is not None else {}),
        "patches": len(history) * steps_per_epoch(settings) * settings.batch_size,
    }
    model_files.save(workdir, plain, card)
    if keras.backend.backend() == "tensorflow":  # its endpoints are TensorFlow graphs; model.keras opens in any backend
        # the graph's own draws are white: one pass for cameras
        white = not isinstance(noise_model, camera_noise.CameraNoise)
        export.export_saved_model(plain, workdir / "saved_model", alpha if white else 0.0)
    figures.curves(history, workdir / "curves.png")
    results = None
    if test:
        results = evaluation.evaluate(
            model_files.load(workdir),
            test,
            workdir / "test",
            num_recorruptions=settings.num_recorruptions,
            antithetic=settings.antithetic,
            seed=settings.seed,
        )
    run_directory.write_run(
        workdir,
        finished_epochs=len(history),
        stopped_early=early_stopping.is_over(history, settings.patience),
        training_seconds=round(sum(row["seconds"] for row in history), 1),
        test=results,
    )
