from __future__ import annotations

from collections.abc import Iterator

import pytest

from imagedepot import errors
from imagedepot.api.http.errors import STATUS
from imagedepot.cli import exits
from imagedepot.errors import DepotError


def every(kind: type[DepotError] = DepotError) -> Iterator[type[DepotError]]:
    for below in kind.__subclasses__():
        yield below
        yield from every(below)


@pytest.mark.parametrize("kind", sorted(set(every()), key=str))
def test_every_error_has_an_exit_code_that_is_documented(kind: type[DepotError]) -> None:
    code = exits.code_of(kind.__new__(kind))
    assert code in exits.MEANINGS
    assert code not in (exits.OK, exits.UNEXPECTED)


@pytest.mark.parametrize(
    ("reasons", "code"),
    [
        (["upstream_not_found"], 3),
        (["upstream_not_found", "image_not_found"], 3),
        (["storage_failure"], 8),
        (["upstream_not_found", "storage_failure"], exits.BAD_OUTCOME),
        ([None], exits.BAD_OUTCOME),
        (["of a newer version"], exits.BAD_OUTCOME),
        (["internal_error"], exits.UNEXPECTED),
    ],
)
def test_downloads_that_failed_for_one_reason_exit_by_it(reasons: list[str | None], code: int) -> None:
    assert exits.code_of_downloads(reasons) == code


def test_the_tree_of_errors_is_all_there() -> None:
    assert {kind.__module__ for kind in every()} == {errors.__name__}
    assert set(STATUS) <= set(every())
