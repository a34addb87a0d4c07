"""`python -m tools.estimate_noise` in a checkout: the command r2r-estimate-noise, see r2r_tf/commands."""

import sys

from r2r_tf.commands.estimate_noise import main

if __name__ == "__main__":
    sys.exit(main())
