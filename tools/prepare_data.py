"""`python -m tools.prepare_data` in a checkout: the command r2r-prepare-data, see r2r_tf/commands."""

from r2r_tf.commands.prepare_data import run

if __name__ == "__main__":
    run()
