"""`python -m tools.prepare_data` in a checkout: the command r2r-prepare-data, see r2r_tf/commands."""

import sys

from r2r_tf.commands.prepare_data import main

if __name__ == "__main__":
    sys.exit(main())
