"""Passwords, hashed with argon2id; one hash at a time, because each takes 64 MiB."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from imagedepot.errors import InvalidInput

SHORTEST = 8
LONGEST = 1024


class Passwords:
    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._one_at_a_time = threading.Lock()
        self._decoy: str | None = None

    def hash(self, password: str) -> str:
        """Raises `InvalidInput` when it is no password to have."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise InvalidInput(f"A password has from {SHORTEST} to {LONGEST:,} characters")
        with self._one_at_a_time:
            return self._hasher.hash(password)

    def matches(self, password: str, known: str | None) -> bool:
        """Takes as long for a user that is not there (`known` None): nobody learns which names exist."""
        if len(password) > LONGEST:
            return False
        with self._one_at_a_time:
            if known is None:
                self._decoy = self._decoy or self._hasher.hash("nobody")
            try:
                return self._hasher.verify(known or self._decoy or "", password) and known is not None
            except (VerificationError, InvalidHashError):
                return False
