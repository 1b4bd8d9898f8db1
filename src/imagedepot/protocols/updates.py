"""Rows of updates: what upstreams said last, rules, and the versions that rules keep. As of `rows`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from imagedepot.model.following.updates import KeptVersion, UpdateCheck, UpdateKey, UpdateRule


class UpdateRows(Protocol):
    def checks(self) -> Sequence[UpdateCheck]:
        """The checks that can be read."""

    def put_check(self, check: UpdateCheck) -> None:
        """Add or replace."""

    def remove_checks(self, keys: Iterable[UpdateKey]) -> None: ...

    def rules(self) -> Sequence[UpdateRule]:
        """The rules that can be read, by pattern."""

    def put_rule(self, rule: UpdateRule) -> None:
        """Add or replace."""

    def remove_rule(self, pattern: str) -> None: ...

    def versions(self) -> Sequence[KeptVersion]:
        """The kept versions, the oldest first."""

    def put_version(self, version: KeptVersion) -> None:
        """Add or replace."""

    def remove_version(self, name: str, label: str) -> None: ...
