"""What a DICOM data set says of itself once its pixels are others: a derived image, as PS3.3 C.7.6.1.1 has it."""

import uuid

import numpy as np

from r2r_tf.image_files.image import SAID

_LONGEST = 1024  # characters of a description
_BITS = 16  # of what says the least and the largest value


def describe(dataset, *, colour, ends):
    """Changes a data set, read from a file, into that of the image that is derived from it.

    It gets an instance and a type of its own and names its source. All files of a series go into one new series, whichever
    process writes them: viewers would mix the slices of both otherwise.

    Args:
      dataset: `pydicom.Dataset`, without pixels.
      colour: whether pixels are RGB now, the three of a pixel side by side.
      ends: least and largest stored values of the pages; empty for floats.
    """
    from pydicom import Dataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

    source = Dataset()
    source.ReferencedSOPClassUID, source.ReferencedSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    dataset.SourceImageSequence = [*dataset.get("SourceImageSequence", []), source]
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid(prefix=None)
    if dataset.get("SeriesInstanceUID"):
        dataset.SeriesInstanceUID = UID(f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, f'{dataset.SeriesInstanceUID} r2r_tf').int}")
    kinds = dataset.get("ImageType") or ["ORIGINAL", "PRIMARY"]
    dataset.ImageType = ["DERIVED", *([kinds] if isinstance(kinds, str) else kinds)[1:]]
    said = "; ".join(own for own in (dataset.get("DerivationDescription"), SAID) if own)
    dataset.DerivationDescription = said[-_LONGEST:]
    if colour:
        dataset.PhotometricInterpretation, dataset.PlanarConfiguration = "RGB", 0
    for name, end in (("SmallestImagePixelValue", min), ("LargestImagePixelValue", max)):
        if name in dataset and ends and dataset.BitsAllocated <= _BITS:
            setattr(dataset, name, end(ends))
        elif name in dataset:
            delattr(dataset, name)
    _turn_round(dataset)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian


def _turn_round(dataset):
    """Makes a data set that was read with the high byte first one with the low byte first, which pydicom leaves to its users."""
    implicit, low_first = dataset.original_encoding
    if low_first:
        return
    for element in dataset.iterall():  # which also decodes each
        if element.VR == "OW" and isinstance(element.value, bytes):
            element.value = np.frombuffer(element.value, ">u2").astype("<u2").tobytes()
    dataset.set_original_encoding(implicit, True, dataset.original_character_set)
