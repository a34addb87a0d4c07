"""`python -m tools.export` in a checkout: the command r2r-export, see r2r_tf/commands."""

from r2r_tf.commands.export import run

if __name__ == "__main__":
    run()
