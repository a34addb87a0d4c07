"""`python -m tools.convert` in a checkout: the command r2r-convert, see r2r_tf/commands."""

import sys

from r2r_tf.commands.convert import main

if __name__ == "__main__":
    sys.exit(main())
