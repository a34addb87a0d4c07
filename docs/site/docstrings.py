"""Our docstrings as griffe reads them: an empty line before each section, examples (`>>>`) in fences."""

import re

import griffe

_SECTION = re.compile(r"^(?=(?:Args|Attributes|Returns|Raises|Source):)", re.MULTILINE)
# several names, which griffe would take for a name and its type
_NAMES = re.compile(r"^ +\w+(?:, \w+)+: ", re.MULTILINE)
# from a prompt to the next empty line
_EXAMPLE = re.compile(r"^>>> .*?(?=\n\n|\Z)", re.DOTALL | re.MULTILINE)


class Docstrings(griffe.Extension):
    """Changes what is shown, not the sources."""

    def on_object(self, *, obj, **_):
        """Of every module, class and function."""
        if obj.docstring:
            text = _SECTION.sub("\n", obj.docstring.value)
            text = _NAMES.sub(lambda found: found[0].replace(", ", ",\N{NO-BREAK SPACE}"), text)
            obj.docstring.value = _EXAMPLE.sub(lambda found: f"```pycon\n{found[0]}\n```", text)
