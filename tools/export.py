"""`python -m tools.export` in a checkout: the command r2r-export, see r2r_tf/commands."""

import sys

from r2r_tf.commands.export import main

if __name__ == "__main__":
    sys.exit(main())
