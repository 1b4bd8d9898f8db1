from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.remote.oci.access.challenge import Challenge, parse_challenges
from tests.fakes.challenge import BAD_CHALLENGES, GOOD_CHALLENGES, Ask

ASK = Ask("https://auth.example/token?a=b,c", "registry.example", "repository:lab/app:pull,push")
WORDS = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789-._", min_size=1, max_size=12)
TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40)


@pytest.mark.parametrize("write", GOOD_CHALLENGES.values(), ids=GOOD_CHALLENGES)
def test_the_bearer_challenge_is_found_in_every_grammar(write) -> None:  # type: ignore[no-untyped-def]
    bearer = [each for each in parse_challenges(write(ASK)) if each.scheme == "bearer"]
    assert len(bearer) == 1
    assert {name: bearer[0].parameters[name] for name in ("realm", "service", "scope")} == {
        "realm": ASK.realm,
        "service": ASK.service,
        "scope": ASK.scope,
    }


@pytest.mark.parametrize(
    "name", ["no_header", "empty", "no_realm", "empty_realm", "only_a_word", "open_quote", "noise"]
)
def test_a_challenge_without_a_realm_gives_none(name: str) -> None:
    found = parse_challenges(BAD_CHALLENGES[name](ASK))
    assert not any(each.scheme == "bearer" and each.parameters.get("realm") for each in found)


def test_several_challenges_in_one_header_are_distinguished() -> None:
    header = 'Negotiate abc==, Basic realm="a, b", Bearer realm="r",scope="x,y"'
    assert parse_challenges([header]) == [
        Challenge("negotiate", {}),
        Challenge("basic", {"realm": "a, b"}),
        Challenge("bearer", {"realm": "r", "scope": "x,y"}),
    ]


@given(st.lists(st.tuples(WORDS, TEXTS), min_size=1, max_size=5, unique_by=lambda pair: pair[0].lower()))
def test_what_is_written_is_read_again(pairs: list[tuple[str, str]]) -> None:
    quoted = ", ".join(
        f'{name}="{value.replace(chr(92), chr(92) * 2).replace(chr(34), chr(92) + chr(34))}"' for name, value in pairs
    )
    found = parse_challenges([f"Bearer {quoted}"])
    assert found == [Challenge("bearer", {name.lower(): value for name, value in pairs})]


@given(st.lists(st.text(max_size=60), max_size=3))
def test_noise_never_raises(headers: list[str]) -> None:
    parse_challenges(headers)


@pytest.mark.parametrize("repeated", ['a="', "a= ", '"', "a ", 'a="b", ', ","])
def test_only_the_first_8_kib_of_a_header_are_read(repeated: str) -> None:
    begin = 'Basic realm="r", '
    header = begin + repeated * 100_000 + ', Bearer realm="late"'
    found = parse_challenges([header])
    assert found == parse_challenges([header[:8192]])
    assert found[0].scheme == "basic"
    assert not any(each.scheme == "bearer" for each in found)
