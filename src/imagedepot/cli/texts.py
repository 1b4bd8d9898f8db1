"""Texts of strangers, made harmless for a terminal and a log: names and descriptions come from anywhere."""

from __future__ import annotations


def clean(text: object) -> str:
    """One line without control characters."""
    return "".join(character if character.isprintable() else " " for character in str(text)).strip()


def short(text: object, width: int = 60) -> str:
    """`clean`, and cut to `width` characters."""
    line = clean(text)
    return line if len(line) <= width else line[: width - 1] + "…"
