"""The table of failures of `/v2/` knows every error, and gives each the shape of the specification."""

from __future__ import annotations

import json

import pytest

from imagedepot.errors import DepotError
from imagedepot.registry.errors import FAILURES, STATUS, Code, Refusal, refused
from imagedepot.registry.routes import parse
from tests.api.http.test_errors import CLASSES


@pytest.mark.parametrize("kind", CLASSES, ids=lambda each: each.__name__)
def test_every_error_has_a_code(kind: type[DepotError]) -> None:
    codes = [FAILURES[each] for each in kind.__mro__ if each in FAILURES]
    assert codes, f"{kind.__name__} would be an internal error"


def test_each_refusal_is_a_new_one_since_python_keeps_the_request_with_it() -> None:
    refusals = set()
    for _ in range(2):
        with pytest.raises(Refusal) as caught:
            parse("/v2/nowhere/x", b"/v2/nowhere/x")
        refusals.add(caught.value)
    assert len(refusals) == 2


def test_every_code_has_a_status_of_its_own() -> None:
    assert set(STATUS) == set(Code)


def test_a_refusal_is_one_error_in_the_shape_of_the_specification() -> None:
    answer = refused(Refusal(Code.MANIFEST_UNKNOWN, "There is no such manifest", {"tag": "1"}, {"X-Other": "yes"}))
    assert answer.status_code == 404
    assert answer.headers["X-Other"] == "yes"
    assert json.loads(bytes(answer.body)) == {
        "errors": [{"code": "MANIFEST_UNKNOWN", "message": "There is no such manifest", "detail": {"tag": "1"}}]
    }
