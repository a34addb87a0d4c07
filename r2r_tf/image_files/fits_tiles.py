"""The table of tiles of a compressed FITS image: refused where it points outside of the unit, which ends astropy's decoders."""

import re

import numpy as np

from r2r_tf.errors import InputError

_FORM = re.compile(r"\s*(\d*)([LXBIJKAEDCMPQ])([BIJKED]?)")
_BYTES = {"L": 1, "B": 1, "A": 1, "I": 2, "J": 4, "K": 8, "E": 4, "D": 8, "C": 8, "M": 16, "P": 8, "Q": 16}
_POINTERS = {"P": ">i4", "Q": ">i8"}


def check(path, header, rows, size):
    """Looks at all that the table points to.

    Args:
      path: of the file.
      header: of the table itself, as a mapping.
      rows: bytes of its rows.
      size: bytes of rows and what is behind them.
    Raises:
      InputError: a tile lies outside, or the table is not one.
    """
    width, count = header["NAXIS1"], header["NAXIS2"]
    damaged = InputError(f"{path} is damaged: its tiles lie outside of their place.")
    heap = size - header.get("THEAP", width * count)
    if min(width, count) < 1 or len(rows) != width * count or heap < 0:
        raise damaged
    table, at = np.frombuffer(rows, np.uint8).reshape(count, width), 0
    for number in range(1, header["TFIELDS"] + 1):
        form = _FORM.match(header[f"TFORM{number}"])
        if form is None:
            raise damaged
        repeat, kind, of = int(form[1] or 1), form[2], form[3]
        own = -(-repeat // 8) if kind == "X" else repeat * _BYTES[kind]
        if at + own > width:
            raise damaged
        if kind in _POINTERS and repeat:
            pairs = np.ascontiguousarray(table[:, at : at + own]).view(_POINTERS[kind]).astype(np.float64)
            lengths, starts = pairs[:, 0], pairs[:, 1]
            if (pairs < 0).any() or (starts + lengths * _BYTES.get(of, 1) > heap).any():
                raise damaged
        at += own
