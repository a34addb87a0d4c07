"""`python -m tools.convert` in a checkout: the command r2r-convert, see r2r_tf/commands."""

from r2r_tf.commands.convert import run

if __name__ == "__main__":
    run()
