"""`python -m tools.ablation` in a checkout: the command r2r-ablation, see r2r_tf/commands."""

from r2r_tf.commands.ablation import run

if __name__ == "__main__":
    run()
