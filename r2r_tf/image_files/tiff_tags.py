"""Tags of TIFF files that say something beside the pixels and how they are stored, for a new file."""

# how pixels are stored, which the new file's own tags say, and what its writer sets from other arguments
_STORAGE = {
    *range(254, 260),  # kind of page, width, length, bits, compression
    *(262, 263, 264, 265, 266, 270, 273, 277, 278, 279, 282, 283, 284, 296, 317, 318, 319, 320, 322, 323, 324, 325, 338, 339),
    *(288, 289, 290, 291, 292, 293, 332, 333, 334, 336, 340, 341, 342),  # free room, gray curves, inks, ranges of the old pixels
    *(347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532),  # JPEG and YCbCr
    *(50838, 50839),  # ImageJ's, which are written from its metadata
    34675,  # colour profile
}
# directories elsewhere in the old file
_POINTERS = {330, 400, 34665, 34853, 40965}
_ASCII, _RATIONALS = 2, {5: "2I", 10: "2i"}


def kept(page):
    """Such tags of a page, as `tifffile.imwrite` takes them: (code, type, count, value, on the first page only)."""
    found = []
    for tag in page.tags.values():
        if tag.code in _STORAGE | _POINTERS or not _is_plain(tag.value):
            continue
        if int(tag.dtype) == _ASCII:
            value = tag.value.encode() if isinstance(tag.value, str) else tag.value
            if isinstance(value, bytes):
                found.append((tag.code, "s", 0, value, True))
        else:
            found.append((tag.code, _RATIONALS.get(int(tag.dtype), int(tag.dtype)), tag.count, tag.value, True))
    return found


def _is_plain(value):
    values = value if isinstance(value, tuple) else (value,)
    return all(isinstance(own, (str, bytes, int, float)) for own in values)
