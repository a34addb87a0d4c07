"""`python -m tools.ablation` in a checkout: the command r2r-ablation, see r2r_tf/commands."""

import sys

from r2r_tf.commands.ablation import main

if __name__ == "__main__":
    sys.exit(main())
