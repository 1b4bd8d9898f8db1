from __future__ import annotations

from imagedepot.cli.texts import clean, short


def test_strangers_texts_are_one_harmless_line() -> None:
    assert clean("a\x1b[31m\nb\u202e") == "a [31m b"
    assert short("x" * 100, 10) == "x" * 9 + "…"
