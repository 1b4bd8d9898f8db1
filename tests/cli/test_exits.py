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


def test_what_a_room_names_itself_refines_a_failure_of_the_tree() -> None:
    """So that it has the status and the exit code of its kind."""
    tree = {kind for kind in every() if kind.__module__ == errors.__name__}
    for kind in set(every()) - tree:
        assert set(kind.__mro__) & tree, f"{kind.__name__} is of no kind that the tree names"


def test_every_status_is_of_a_failure_that_there_is() -> None:
    assert set(STATUS) <= set(every())
