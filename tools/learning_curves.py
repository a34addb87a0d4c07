"""`python -m tools.learning_curves` in a checkout: the command r2r-learning-curves, see r2r_tf/commands."""

from r2r_tf.commands.learning_curves import run

if __name__ == "__main__":
    run()
