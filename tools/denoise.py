"""`python -m tools.denoise` in a checkout: the command r2r-denoise, see r2r_tf/commands."""

import sys

from r2r_tf.commands.denoise import main

if __name__ == "__main__":
    sys.exit(main())
