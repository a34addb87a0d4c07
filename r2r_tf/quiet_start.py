"""TensorFlow without the lines that it prints when it is imported, on which no level of logging has a say."""

import contextlib
import importlib.util
import logging
import os
import sys
import tempfile


def install():
    """Makes the first import of TensorFlow in this process quiet, and keeps its warnings to itself: retracing and the like.

    What it prints is shown after all if the import fails.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    if "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, _Finder())


class _Finder:
    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec and spec.loader:
            run = spec.loader.exec_module

            def quietly(module):
                with _stderr_held_back():
                    run(module)

            spec.loader.exec_module = quietly
        return spec


@contextlib.contextmanager
def _stderr_held_back():
    """What goes to the descriptor of stderr, from C++ too, is lost, or shown if the block raises."""
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
