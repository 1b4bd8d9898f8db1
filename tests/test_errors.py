"""Every failure is drawn once, has a code of its own, a status and an exit code."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from imagedepot import errors
from imagedepot.api.http.errors import STATUS, status_of
from imagedepot.cli import exits
from imagedepot.errors import DepotError


def every_class() -> list[type[DepotError]]:
    found: list[type[DepotError]] = []
    waiting: list[type[DepotError]] = [DepotError]
    while waiting:
        kind = waiting.pop()
        if kind.__module__ == errors.__name__:
            found.append(kind)
        waiting += kind.__subclasses__()
    return found


def drawing() -> dict[str, tuple[str | None, str]]:
    """The tree of the docstring: class -> (parent, status)."""
    drawn: dict[str, tuple[str | None, str]] = {}
    parents: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        named = re.match(r"^ {4}([│├└─ ]*)([A-Z]\w+)(?:\s+(\d{3}))?(?:\s|$)", line)
        if named is None:
            continue
        depth = len(named[1])
        parents = [each for each in parents if each[0] < depth]
        drawn[named[2]] = (parents[-1][1] if parents else None, named[3] or "")
        parents.append((depth, named[2]))
    return drawn


CLASSES = every_class()


def test_the_tree_is_drawn_as_it_is() -> None:
    real = {kind.__name__: kind.__mro__[1].__name__ if kind is not DepotError else None for kind in CLASSES}
    assert {name: parent for name, (parent, _) in drawing().items()} == real


def test_codes_are_stable_words_and_no_two_are_the_same() -> None:
    codes = [kind.code for kind in CLASSES]
    assert len(set(codes)) == len(codes)
    for kind in CLASSES[1:]:
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
        assert kind.code == snake


@pytest.mark.parametrize("kind", [each for each in CLASSES if each is not DepotError])
def test_every_class_has_a_status_and_an_exit_code(kind: type[DepotError]) -> None:
    error = kind.__new__(kind)
    assert status_of(error) != 500
    assert exits.code_of(error) != exits.UNEXPECTED
    assert exits.code_of(error) in exits.MEANINGS


def test_the_statuses_are_those_of_the_drawing() -> None:
    by_name = {kind.__name__: kind for kind in CLASSES}
    for name, (_, status) in drawing().items():
        if status:
            assert STATUS[by_name[name]] == int(status), name


def test_what_is_retryable_is_what_may_go_well_in_a_moment() -> None:
    retryable = {kind.__name__ for kind in CLASSES if kind.retryable}
    away = {"StoreUnavailable", "StorageUnavailable", "DatabaseUnavailable"}
    assert retryable == {"Unavailable", "ConnectionBroken", "NetworkLost", "TimedOut", *away}


def test_facts_are_in_the_sentence_and_beside_it() -> None:
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    missing = errors.NoSuchPlatform("lab/app:1", "linux/arm64", ("linux/amd64", "linux/s390x"))
    assert str(missing) == "lab/app:1: not available for linux/arm64 (only linux/amd64, linux/s390x)"
    assert str(errors.NoSuchPlatform("lab/app:1", "linux/arm64")) == "lab/app:1: not available for linux/arm64"
    limited = errors.RateLimited("limited until noon", until=noon, retry_after=5)
    assert (limited.until, limited.retry_after, limited.retryable) == (noon, 5, False)
    mismatch = errors.DigestMismatch("layer", "sha256:a", "sha256:b")
    assert (mismatch.expected, mismatch.actual) == ("sha256:a", "sha256:b")
    assert "sha256:a" in str(mismatch)
    assert "sha256:b" in str(mismatch)
    assert str(errors.ImageNotFound("lgsd/diamond")) == "Image not found: lgsd/diamond"
    assert errors.InvalidSetting("IMAGEDEPOT_X", "wrong").reason == "wrong"
