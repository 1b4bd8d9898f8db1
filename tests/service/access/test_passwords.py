from __future__ import annotations

from typing import Literal

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from imagedepot.errors import InvalidInput
from imagedepot.service.access.passwords import LONGEST, SHORTEST, Passwords

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


@pytest.mark.parametrize("password", ["", "x" * (SHORTEST - 1), "x" * (LONGEST + 1)])
def test_what_is_no_password_is_refused_with_the_rule(password: str) -> None:
    with pytest.raises(InvalidInput, match="A password has from 8 to 1,024 characters"):
        Passwords(CHEAP).hash(password)


def test_any_text_of_the_right_length_will_do() -> None:
    passwords = Passwords(CHEAP)
    for password in ("pässwörd", "\x00" * 8, "🔑" * LONGEST, " " * 8):
        assert passwords.matches(password, passwords.hash(password))


@pytest.mark.parametrize("known", ["", "nonsense", "$argon2id$v=19$m=1"])
def test_a_broken_hash_matches_nothing(known: str) -> None:
    assert not Passwords(CHEAP).matches("correct horse", known)
