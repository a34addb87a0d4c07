"""In which precision a training is fast: bfloat16 where the processor computes in it; elsewhere it is many times slower."""

import functools
import pathlib
import re

AUTO = "auto"
# the dtype policies of Keras, by the names of the precisions
DTYPES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
# as Linux names them: of x86, and of ARM
_INSTRUCTIONS = {"avx512_bf16", "amx_bf16", "bf16"}
_GPU_SINCE = (8, 0)  # compute capability


def chosen(precision):
    """'float32' or 'bfloat16': the one given, or for `AUTO` that which is faster here."""
    if precision != AUTO:
        return precision
    return "bfloat16" if in_hardware() else "float32"


@functools.cache
def in_hardware():
    """Whether what trains here, the GPUs that TensorFlow sees or else the CPU, computes in bfloat16."""
    # TensorFlow takes seconds to import, and the flags of a training do not need it
    from r2r_tf.training import placement

    capabilities = placement.gpu_capabilities()
    return min(capabilities) >= _GPU_SINCE if capabilities else cpu_has(_cpu())


def cpu_has(text):
    """Whether Linux's description of a CPU, the text of /proc/cpuinfo, names instructions for bfloat16."""
    lines = re.findall(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    return bool(lines) and all(_INSTRUCTIONS & set(line.split()) for line in lines)


def _cpu():
    try:
        return pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return ""
