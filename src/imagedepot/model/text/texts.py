"""Cleans texts and numbers from outside: one line, no control characters, integers that every JSON reader can hold."""

from __future__ import annotations

import re
import unicodedata

_SHORT = 2_000
_LARGEST_FIGURE = (1 << 53) - 1  # beyond it JavaScript rounds
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_BREAKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]")
_LOGIN = re.compile(r"(?<=://)[^/\s]*@")
_QUERY = re.compile(r"(https?://[^\s,?#]*)[?#][^\s,]*", re.IGNORECASE)
# Control characters, marks that change the direction of writing, lone surrogates, unassigned code points.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
# The joiners hide nothing: Persian is misspelt and emoji fall apart without them.
_JOINERS = "\u200c\u200d"


def one_line(value: object, longest: int = _SHORT) -> str:
    """A string as one line of at most `longest` characters; "" for what is not a string. Spaces stay as they are."""
    if not isinstance(value, str):
        return ""
    text = _BREAKS.sub(" ", _COLOURS.sub("", value[: 2 * longest]))
    return _capped(text if text.isascii() and text.isprintable() else _visible(text), longest)


def words(text: str, longest: int) -> str:
    """The output of a program as one line of at most `longest` characters, with single spaces between words."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:longest]


def many_lines(value: object, longest: int) -> str:
    """The same for a text that has lines and indentation (Markdown)."""
    if not isinstance(value, str):
        return ""
    lines = _COLOURS.sub("", value[: 2 * longest]).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _capped("\n".join(_visible(line.replace("\t", "    ")) for line in lines), longest)


def figure(value: object) -> int | None:
    """A count; None for anything but a whole number from 0 to 2**53 - 1."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_FIGURE:
        return None
    return value


def clean(text: object) -> str:
    """One line for a terminal or a log: unprintable characters become spaces."""
    return "".join(character if character.isprintable() else " " for character in str(text)).strip()


def short(text: object, width: int = 60) -> str:
    """`clean`, and cut to `width` characters."""
    line = clean(text)
    return line if len(line) <= width else line[: width - 1] + "…"


def without_logins(text: str) -> str:
    """What people typed, fit for a log: addresses in it lose user, password and query, which may be secrets."""
    return _QUERY.sub(r"\1?…", _LOGIN.sub("…@", text))


def _visible(text: str) -> str:
    return "".join(
        character for character in text if character in _JOINERS or unicodedata.category(character) not in _HIDDEN
    )


def _capped(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
