"""Which alpha trains best? Plain and antithetic pairs. A small one must not collapse."""

from r2r_tf.commands.ablations import trainings

X_TITLE, LOG_X = "alpha", True
FLAGS = frozenset({"model", "sigma", "patches", "precision"})
ALPHAS = (1.0, 0.5, 0.3, 0.1)


def cases(tests, seed, runs_dir, **recipe):
    """Cases: a training for each alpha, plain and antithetic.

    Args:
      tests: list of `testing_data.TestSet`.
      seed: of trainings and draws.
      runs_dir: where the trainings' run directories are.
      **recipe: of `trainings.recipe`.
    """
    found = []
    for antithetic in (True, False):
        series = "antithetic" if antithetic else "plain"
        for alpha in ALPHAS:
            settings = trainings.recipe(**recipe, seed=seed, alpha=alpha, antithetic=antithetic)
            label = f"{settings.model} sigma {settings.sigma} {series} alpha {alpha:g}"
            found += trainings.cases(settings, runs_dir, label, series, alpha, tests, seed)
    return found


def trains(model):
    """Whether the table trains what it tests."""
    del model
    return True


def of_request(request):
    """`cases` of a `request.Request`."""
    return cases(request.tests, request.seed, request.runs_dir, **request.recipe_of_patches())
