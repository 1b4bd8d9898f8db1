from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.model.text.texts import clean, figure, many_lines, one_line, short, without_logins, words
from tests.fakes.hub_faults_rows import CONTROL_TEXT


@given(st.text(st.characters()))
def test_a_line_is_one_line_that_every_program_can_show(text: str) -> None:
    shown = one_line(text)
    assert not any(character in shown for character in "\n\r\t\x00\x1b\u202e\u2066\ufeff")
    msgspec.json.encode(shown)


def test_what_is_hidden_is_left_out() -> None:
    assert one_line(json.loads(json.dumps(CONTROL_TEXT))) == "safered  Set-Cookie: a=bgnp.exe"


def test_what_can_be_seen_stays_as_it_is() -> None:
    for text in ("Ubuntu with NoVNC on port 6080  ", "<b>ü</b> & 世界 🐳", ""):
        assert one_line(text) == text


def test_joiners_stay_where_every_other_hidden_character_goes() -> None:
    for text in ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\U0001f469\u200d\U0001f469\u200d\U0001f467"):
        assert one_line(text) == many_lines(text, 100) == text
    assert one_line("a\u200bb\u200e\u200f\u2060c\ufeff\u00ad\u202e") == "abc"


def test_a_long_text_is_cut() -> None:
    assert one_line("x" * 3000, 10) == "xxxxxxxxx…"
    assert one_line("x" * 10, 10) == "x" * 10
    assert len(many_lines("long\n" * 20_000, 100)) == 100


@pytest.mark.parametrize("value", [None, 7, ["x"], {"en": "x"}, True])
def test_what_is_no_text_is_none(value: object) -> None:
    assert one_line(value) == many_lines(value, 10) == ""


def test_lines_and_indentation_of_a_page_stay() -> None:
    assert many_lines("# A\r\n\n\tcode\x07\rend", 100) == "# A\n\n    code\nend"


@pytest.mark.parametrize("value", ["7", 1.5, -1, True, None, 10**40, [7], float("nan")])
def test_what_is_no_figure_is_none(value: object) -> None:
    assert figure(value) is None


@pytest.mark.parametrize("value", [0, 7, 2**53 - 1])
def test_a_figure_is_one(value: int) -> None:
    assert figure(value) == value


def test_what_a_program_says_becomes_one_line_of_words() -> None:
    assert words(" it\n\tfailed:\x1b[2J  no \u202espace ", 100) == "it failed: [2J no space"
    assert words("a b c", 3) == "a b"


def test_strangers_texts_are_one_harmless_line() -> None:
    assert clean("a\x1b[31m\nb\u202e") == "a [31m b"
    assert short("x" * 100, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("https://nas.lan/x", "https://nas.lan/x"),
        ("https://ada:secret@nas.lan/x?sig=1", "https://…@nas.lan/x?…"),
        ("s3://ada:se@cr@et@nas.lan,https://b@c.lan", "s3://…@nas.lan,https://…@c.lan"),
    ],
)
def test_what_is_logged_of_an_address_has_no_login(typed: str, shown: str) -> None:
    assert without_logins(typed) == shown
