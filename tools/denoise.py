"""`python -m tools.denoise` in a checkout: the command r2r-denoise, see r2r_tf/commands."""

from r2r_tf.commands.denoise import run

if __name__ == "__main__":
    run()
