"""Denoises an image of 16 megapixels in tiles and prints what memory that took: `python large_image.py IMAGE MODEL`.

In a process of its own: what a process has held before decides how its allocator grows.
"""

import json
import pathlib
import re
import sys

from r2r_tf import image_files
from r2r_tf.image_files import scratch, value_range
from r2r_tf.inference import passes, stacks
from r2r_tf.models import denoisers

AVERAGE = passes.Average(0.5, 2, True, 2)
LARGE = 1 << 20  # bytes from which on pixels lie in files


def denoised(denoiser, pixels, on_tile=None):
    """The result of `stacks.denoise`, in tiles."""
    scale = value_range.ValueRange(0.0, 65535.0)
    return stacks.denoise(denoiser, pixels, scale, AVERAGE, max_memory_gb=0.01, on_tile=on_tile)


def main(image, model):
    """Prints megabytes of anonymous memory: after a corner of the image, and at each tile of the whole."""
    scratch.LARGE, used = LARGE, []

    def anonymous_memory(done=0, total=0):
        del done, total
        used.append(int(re.search(r"RssAnon:\s+(\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]) / 1e3)

    denoiser, pixels = denoisers.load(model), image_files.open_image(image).pixels
    denoised(denoiser, pixels[:, :1200, :1200], anonymous_memory)  # compiles, and shows what a few tiles take
    before = max(used)
    used.clear()
    denoised(denoiser, pixels, anonymous_memory)
    print(json.dumps({"before": before, "tiles": used}))


if __name__ == "__main__":
    main(*sys.argv[1:])
