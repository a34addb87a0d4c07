"""Noise in the units of files: counts, the values that a file holds, or a part of its value range."""

import math
import re
from typing import NamedTuple

from r2r_tf.errors import InputError
from r2r_tf.estimation import laws, speckle
from r2r_tf.inference import frames

_FAMILIES = {"gaussian": "white", "camera": "a camera's"}  # in words, of noise that was taken as it is
_TEXT = re.compile(r"(?P<number>.+?)\s*(?P<unit>counts|/\s*255)?", re.IGNORECASE)


class Level(NamedTuple):
    """A noise level.

    Attributes:
      value: standard deviation.
      counts: whether in counts, else as a part of the value range.
    """

    value: float
    counts: bool = True

    def of_range(self, scale):
        """The level on the [0, 1] scale of a `ValueRange`.

        Raises:
          InputError: it is larger than the range, so that another unit is meant.
        """
        width = scale.high - scale.low
        level = self.value / width if self.counts else self.value
        if level > 1:
            raise InputError(
                f"`sigma` is in the units of the file, whose values go from {scale.low:g} to {scale.high:g}: it must be below "
                f"{width:g}. Received: {self.value:g}"
            )
        return level


def parse(text):
    """`Level` of a text: '20' or '20counts', in the values of the file; '25/255', 25 of 255 parts of its value range.

    Raises:
      InputError: another text, or a number that is below 0 or not finite.
    """
    found = _TEXT.fullmatch(text.strip())
    try:
        value = float(found["number"])
    except (TypeError, ValueError):
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise InputError(
            f"`sigma` is a number of counts, such as 20 or 20counts, or of 255ths of the value range, such as 25/255. "
            f"Received: {text}"
        )
    part = found["unit"] and found["unit"].startswith("/")
    return Level(value / 255, counts=False) if part else Level(value)


def noise_of(text):
    """What a flag says of the noise: its kind, and its law in the values of the file or None, which is to be found.

    Args:
      text: 'white', 'poisson' or 'gamma', the last two with what is known of them, in counts: 'poisson,gain=2.5' and offset or
        read_noise, 'gamma,looks=50' and offset.
    Raises:
      InputError: another text.
    """
    kind, *parts = text.split(",")
    try:
        given = {key: float(value) for key, value in (part.split("=") for part in parts)}
    except ValueError:
        given = {"": math.nan}
    main, others = _TOLD.get(kind, ("", set()))
    if given.get(main, 0) > 0 and others >= set(given) and all(map(math.isfinite, given.values())):
        return kind, _LAWS[kind](given[main], given.get("offset", 0.0), given.get("read_noise", 0.0))
    if given or kind not in (frames.WHITE, *_TOLD):
        raise InputError(
            "`noise` is white, poisson or gamma (counting noise or speckle, as strong as is found), or what is known of them in "
            "the values of the file, such as poisson,gain=2.5,offset=100,read_noise=3 with a gain above 0, or gamma,looks=50. "
            f"Received: {text}"
        )
    return kind, None


# by kind: the number that is needed if any is given, and all that may be; and the law from these
_TOLD = {laws.POISSON: ("gain", {"gain", "offset", "read_noise"}), laws.GAMMA: ("looks", {"looks", "offset"})}
_LAWS = {
    laws.POISSON: lambda gain, offset, read_noise: laws.Law(gain, read_noise**2 - gain * offset),
    laws.GAMMA: lambda looks, offset, _: speckle.Speckle(looks, offset),
}


def in_counts(levels, scale):
    """Levels on the [0, 1] scale as text in counts, with the range that stands for [0, 1] where it is not that of bytes."""
    counts = sorted(level * (scale.high - scale.low) for level in levels)
    first, last = (f"{own:.1f}" if own >= 10 else f"{own:.3g}" for own in (counts[0], counts[-1]))
    text = first if first == last else f"{first} to {last}"
    known = "" if (scale.low, scale.high) == (0, 255) else f" (range {_apart(scale.low, scale.high)})"
    return f"{text} counts{known}"


def laws_in_words(found):
    """Which noise `stacks.Found` of some pages is: 'white', "a camera's" or 'counting noise, ...', in the values of the file."""
    words = list(
        dict.fromkeys(_FAMILIES.get(own.family, own.family) if own.law is None else str(own.law) for own in found if own.level)
    )
    return words[0] if len(words) == 1 else f"{len(words)} laws such as {words[0]}; {words[-1]}" if words else "no noise"


def _apart(low, high):
    """'LOW to HIGH', with as many digits as tell them apart, five at least."""
    texts = (f"{low:.{digits}g} to {high:.{digits}g}" for digits in range(5, 18) if f"{low:.{digits}g}" != f"{high:.{digits}g}")
    return next(texts, f"{low} to {high}")
