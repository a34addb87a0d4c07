"""Denoises many image files one by one: leaves out what is done, goes on after a bad one."""

from r2r_tf import atomic
from r2r_tf.inference import one_file
from r2r_tf.reports import outcomes


def run(job, places, *, report=None, **said):
    """Denoises files, and says of each what was done.

    Args:
      job: `one_file.Job`.
      places: `placing.Places`.
      report, **said: as in `outcomes.tell`.
    Returns:
      As `outcomes.tell`.
    """
    atomic.writable_folder(places.output_dir)

    def denoised():
        shown = 0
        for place in places:
            outcome = one_file.denoise(job, place, with_middle=report is not None and shown < outcomes.MOST_SHOWN)
            shown += outcome.middle is not None
            yield place, outcome

    return outcomes.tell(denoised(), len(places), report=report, **said)
