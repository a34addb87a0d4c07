"""Progress bars of work on pixels."""

import contextlib

from tqdm import tqdm


@contextlib.contextmanager
def of_pixels(name, shown=True, delay=0, stays=False):
    """A bar, as a context that gives what is to be called with (pixels done, of how many).

    Args:
      name: what stands before it.
      shown: whether there is one.
      delay: seconds after which it appears.
      stays: whether it is left when it is done.
    """
    with tqdm(desc=name, unit=" px", unit_scale=True, leave=stays, delay=delay, disable=not shown) as bar:

        def on_tile(done, total):
            bar.total = total
            bar.update(done - bar.n)

        yield on_tile
