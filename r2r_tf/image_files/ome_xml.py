"""The description of an OME-TIFF file for a file of the same pages, one after the other."""

import re

_PIXELS = re.compile(r"<(?:\w+:)?Pixels\b.*?</(?:\w+:)?Pixels>", re.DOTALL)
_PLACES = re.compile(r"<(?P<prefix>(?:\w+:)?)TiffData\b[^>]*?(?:/>|>.*?</(?:\w+:)?TiffData>)\s*", re.DOTALL)
_FILE_NAME = re.compile(r'FileName="([^"]*)"')


def files(text):
    """The names of the files that a description speaks of; empty where it is of one file without name."""
    return set(_FILE_NAME.findall(text))


def for_pages_in_order(text, axes, pages):
    """The description with all that it says but the places of the pages, which now follow each other in the order of the axes.

    Args:
      text: OME-XML.
      axes: of the array, slowest first, such as 'TCZYX', one picture's.
      pages: number of TIFF pages of each of its pictures.
    Returns:
      OME-XML.
    """
    fastest = [axis for axis in reversed(axes) if axis in "CZT"]
    order = "XY" + "".join(fastest + [axis for axis in "CZT" if axis not in fastest])
    count = 0

    def with_places(found):
        nonlocal count
        own = re.sub(r'DimensionOrder="\w+"', f'DimensionOrder="{order}"', found[0])
        first = _PLACES.search(own)
        start = f'<{first["prefix"]}TiffData IFD="{count * pages}" PlaneCount="{pages}"/>' if first else ""
        count += 1
        return own if first is None else own[: first.start()] + start + _PLACES.sub("", own[first.start() :])

    text = re.sub(r'\s(?:UUID|BigEndian)="[^"]*"', "", text)
    return _PIXELS.sub(with_places, text)
