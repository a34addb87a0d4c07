"""`python -m tools.evaluate` in a checkout: the command r2r-evaluate, see r2r_tf/commands."""

import sys

from r2r_tf.commands.evaluate import main

if __name__ == "__main__":
    sys.exit(main())
