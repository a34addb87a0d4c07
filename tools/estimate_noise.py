"""`python -m tools.estimate_noise` in a checkout: the command r2r-estimate-noise, see r2r_tf/commands."""

from r2r_tf.commands.estimate_noise import run

if __name__ == "__main__":
    run()
