"""What a finished run leaves: the network, its exports, its curves, and the closing evaluation."""

import keras

from r2r_tf import objectives
from r2r_tf.evaluation import scores
from r2r_tf.inference import export
from r2r_tf.models import denoisers, structure
from r2r_tf.reports import figures
from r2r_tf.training import early_stopping, run_directory
from r2r_tf.training.settings import steps_per_epoch


def write(network, settings, images, workdir, *, test, history, start, command):
    """Writes the trained network, its exports, curves and the closing evaluation; last of all, that the run is finished.

    Args:
      network: the trained `keras.Model`, float32, of built-in layers.
      settings: `Settings`.
      images: `training_data.TrainingImages`.
      workdir: `pathlib.Path` of the run directory.
      test: `test_sets.TestSet`, or None.
      history: list of dicts, one per epoch.
      start: the validation loss before the first, infinity where it does not count.
      command: what the evaluation says that it was made by.
    """
    objective = objectives.OBJECTIVES[settings.objective]
    alpha = objective.stored_alpha(settings.alpha)
    card = {
        "model": settings.model,
        "channels": structure.form(network).channels,
        "objective": settings.objective,
        "alpha": alpha,
        "antithetic": settings.antithetic,
        **({"orientations": objective.orientations} if objective.orientations else {}),
        "noise": images.noise.to_json(),
        "dataset": "own images" if settings.images else settings.dataset,
        **images.about,
        "epochs": len(history),
        **({"best_epoch": early_stopping.best_epoch(history, start)} if settings.patience is not None else {}),
        "patches": len(history) * steps_per_epoch(settings) * settings.batch_size,
    }
    denoisers.save(workdir, network, card)
    # its endpoints are TensorFlow graphs; model.keras opens in any backend
    if settings.saved_model and keras.backend.backend() == "tensorflow":
        # the graph's own draws are white: one pass for other noise
        export.export_saved_model(network, workdir / "saved_model", alpha if images.noise.white else 0.0)
    figures.curves(history, workdir / "curves.png")
    results = None
    if test:
        results = scores.evaluate(
            denoisers.load(workdir),
            test,
            workdir / "test",
            num_recorruptions=settings.num_recorruptions,
            antithetic=settings.antithetic,
            seed=settings.seed,
            command=command,
        )
    run_directory.write_run(
        workdir,
        finished_epochs=len(history),
        stopped_early=early_stopping.is_over(history, settings.patience, start),
        training_seconds=round(sum(row["seconds"] for row in history), 1),
        test=results,
    )
