"""What --help prints: a screen with the flags that are used most and the names of the others; --helpfull tells of all."""

import re
import textwrap

_WIDTH = 100


def page(description, flag_values, groups, full=False):
    """The help of a command.

    Args:
      description: docstring of its module: a sentence on what it does, then `Usage: ...` and more.
      flag_values: `absl.flags.FlagValues` of the command.
      groups: dict from a title to the names of its flags, those that are used most first.
      full: whether all flags come with what they do; else those of the first group, with the start of it.
    """
    (first, names), *others = groups.items()
    lines = [*_paragraphs(description), ""]
    if full:
        for title, own in groups.items():
            lines += [f"{title}:", *(line for name in own for line in _told(name, _whole(flag_values[name]))), ""]
    else:
        lines += [f"{first}:", *(line for name in names for line in _told(name, _sentence(flag_values[name]))), ""]
        for title, own in others:
            lines += textwrap.wrap(f"{title}: {' '.join(f'--{name}' for name in own)}", _WIDTH, subsequent_indent="  ")
        lines += ["", "--helpfull says what each does; --flagfile=FILE reads flags from a file, one a line."]
    return "\n".join(lines).rstrip() + "\n"


def _paragraphs(text):
    """Lines of a docstring that fit; those of paragraphs that start with `Usage` stay as they are."""
    paragraphs = text.strip().split("\n\n")
    return "\n\n".join(own if own.startswith("Usage") else textwrap.fill(own, _WIDTH) for own in paragraphs).split("\n")


def _told(name, text):
    indent = " " * 22
    head = f"  --{name}"
    if len(head) >= len(indent) - 1:
        return [head, *textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)]
    return textwrap.wrap(text, _WIDTH, initial_indent=head.ljust(len(indent)), subsequent_indent=indent)


def _sentence(flag):
    return re.split(r"[.;] ", " ".join(flag.help.split()))[0].removesuffix(".") + "."


def _whole(flag):
    default = "" if flag.default in (None, False, []) else f" (default: {flag.default_as_str.strip(chr(39))})"
    return f"{' '.join(flag.help.split())}{default}"
