"""`python -m tools.learning_curves` in a checkout: the command r2r-learning-curves, see r2r_tf/commands."""

import sys

from r2r_tf.commands.learning_curves import main

if __name__ == "__main__":
    sys.exit(main())
