"""The chain of directories of a TIFF file: refused where it runs in a circle, which readers follow for ever."""

import struct

from r2r_tf.errors import InputError

_BIG = 43
_MOST = 1 << 22  # directories


def check(path):
    """Follows the chain once.

    Raises:
      InputError: a directory comes twice.
    """
    with open(path, "rb") as file:
        start = file.read(16)
        order = "<" if start[:2] == b"II" else ">"
        big = struct.unpack(f"{order}H", start[2:4])[0] == _BIG
        count_format, entry, offset_format = ("Q", 20, "Q") if big else ("H", 12, "I")
        count_size, offset_size = struct.calcsize(f"{order}{count_format}"), struct.calcsize(f"{order}{offset_format}")
        at = 8 if big else 4
        (offset,) = struct.unpack(f"{order}{offset_format}", start[at : at + offset_size])
        seen = set()
        while offset and len(seen) < _MOST:
            if offset in seen:
                raise InputError(f"{path} is damaged: its pages follow each other in a circle.")
            seen.add(offset)
            file.seek(offset)
            head = file.read(count_size)
            if len(head) < count_size:
                return  # cut off: the reader says so
            (count,) = struct.unpack(f"{order}{count_format}", head)
            file.seek(offset + count_size + count * entry)
            following = file.read(offset_size)
            if len(following) < offset_size:
                return
            (offset,) = struct.unpack(f"{order}{offset_format}", following)
