from __future__ import annotations

from typing import Literal

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from zxcvbn.matching import L33T_TABLE

from imagedepot.errors import InvalidInput
from imagedepot.service.access.passwords import _SUBSTITUTES, LONGEST, SHORTEST, Passwords, _beginning

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def test_the_hash_is_argon2id_and_salted() -> None:
    passwords = Passwords()
    one, other = (passwords.hash("correct horse") for _ in range(2))
    assert one != other
    assert extract_parameters(one).type is Type.ID
    assert extract_parameters(one).memory_cost >= 19_456, "OWASP's least"
    assert passwords.matches("correct horse", one)
    assert not passwords.matches("wrong horse", one)


def test_a_user_that_is_not_there_costs_a_whole_hash() -> None:
    hashes: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
            hashes.append(str(hash))
            return super().verify(hash, password)

    passwords = Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1))
    assert not passwords.matches("nobody", None), "not even with the decoy's own password"
    assert len(hashes) == 1


def test_no_password_fits_a_user_without_one_not_even_that_of_the_decoy() -> None:
    passwords = Passwords(CHEAP)
    for known in (None, "", None, ""):
        assert not passwords.matches("no user", known)
        assert not passwords.matches("", known)


@pytest.mark.parametrize("password", ["", "x" * (SHORTEST - 1), "x" * (LONGEST + 1)])
def test_what_is_no_password_is_refused_with_the_rule(password: str) -> None:
    with pytest.raises(InvalidInput, match="A password has from 8 to 1,024 characters"):
        Passwords(CHEAP).hash(password)


@pytest.mark.parametrize(
    "password",
    [
        *("adaadaada", "ada12345", "imagedepot", "docker123"),
        *(
            "password",
            " " * 8,
            "12345678",
            "qwertyuiop",
            "passw0rd1",
            "iloveyou",
            "x" * 1024,
            "hunter2hunter2",
            "\x00" * 8,
        ),
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput, match="among the first that are guessed"):
        Passwords(CHEAP).hash(password, "ada")


def test_any_other_text_of_the_right_length_will_do() -> None:
    passwords = Passwords(CHEAP)
    for password in ("pässwörd", "correct horse", "x7Kp2mQz", "🔑 under the mat", "correct horse" * 78):
        assert passwords.matches(password, passwords.hash(password, "ada"))


def test_a_password_from_before_the_rule_still_matches() -> None:
    assert Passwords(CHEAP).matches("password", CHEAP.hash("password"))


def test_what_the_estimator_would_read_in_too_many_ways_is_cut() -> None:
    assert {each for letters in L33T_TABLE.values() for each in letters} <= _SUBSTITUTES
    assert _beginning("4@8({[<369|!1/|0$5+7%2") == "4@8({[<369"
    assert _beginning("correct horse" * 78) == ("correct horse" * 78)[:64]


@pytest.mark.parametrize("known", ["", "nonsense", "$argon2id$v=19$m=1"])
def test_a_broken_hash_matches_nothing(known: str) -> None:
    assert not Passwords(CHEAP).matches("correct horse", known)
