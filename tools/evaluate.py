"""`python -m tools.evaluate` in a checkout: the command r2r-evaluate, see r2r_tf/commands."""

from r2r_tf.commands.evaluate import run

if __name__ == "__main__":
    run()
