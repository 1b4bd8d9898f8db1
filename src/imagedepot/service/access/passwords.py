"""Passwords: rules for new ones, and their hashes (argon2id; one at a time, because each takes 64 MiB)."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from imagedepot.errors import InvalidInput

SHORTEST = 8
LONGEST = 1024
# Guesses that an attacker who knows the lists needs: a throttled login allows some thousand in a year.
_LEAST_GUESSES = 1_000_000
# The estimator's time grows with the square of the length, and with the product of all ways to read these characters
# as letters: it gets a beginning that it can read quickly, and more characters never make a password weaker.
_ESTIMATED = 64
_SUBSTITUTES = frozenset("4@8({[<369!1|7$50+%2")
_MOST_SUBSTITUTES = 10
_OWN_WORDS = ("imagedepot", "image depot", "docker", "container")


class Passwords:
    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._one_at_a_time = threading.Lock()
        self._decoy: str | None = None

    def hash(self, password: str, username: str = "") -> str:
        """Hash a new password. Raises `InvalidInput` when it is too short, too long or too easy to guess."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise InvalidInput(f"A password has from {SHORTEST} to {LONGEST:,} characters")
        if is_guessed(password, username):
            raise InvalidInput(
                "This password is among the first that are guessed; take a longer one, such as three unrelated words"
            )
        with self._one_at_a_time:
            return self._hasher.hash(password)

    def matches(self, password: str, known: str | None) -> bool:
        """Compare a password with a hash.

        As slow where there is none (a missing user, or one without a password), so that names cannot be probed.
        """
        if len(password) > LONGEST:
            return False
        with self._one_at_a_time:
            if not known:
                self._decoy = self._decoy or self._hasher.hash("no user")
            try:
                return self._hasher.verify(known or self._decoy or "", password) and bool(known)
            except (VerificationError, InvalidHashError):
                return False


def is_guessed(password: str, username: str = "") -> bool:
    """Whether it is guessed early: common passwords and words, names, dates, repetitions."""
    # Late: the lists take 40 ms and 5 MB, and only a new password needs them.
    from zxcvbn import zxcvbn

    estimate = zxcvbn(_beginning(password), user_inputs=[username, *_OWN_WORDS])
    return int(estimate["guesses"]) < _LEAST_GUESSES


def _beginning(password: str) -> str:
    seen: set[str] = set()
    for place, character in enumerate(password[:_ESTIMATED]):
        seen |= {character} & _SUBSTITUTES
        if len(seen) > _MOST_SUBSTITUTES:
            return password[:place]
    return password[:_ESTIMATED]
