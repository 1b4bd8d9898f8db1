"""What the log and the audit trail have of a change that did not end in an answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from anyio import run
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from imagedepot.api.http.caller import KEY
from imagedepot.api.http.changes import logged
from imagedepot.model.access.audit import AuditEvent, AuditOutcome
from imagedepot.model.access.role import Role
from imagedepot.service.access.caller import Caller

CALLER = Caller("ada", Role.ADMIN, anonymous=False, login=datetime.now(UTC))


def recorded(failure: Exception) -> AuditEvent:
    """The one event of a change whose handler raises `failure`."""
    kept: list[AuditEvent] = []

    async def handle(_: Request) -> Response:
        raise failure

    request = Request({"type": "http", "method": "POST", "path": "/x", "headers": [], "path_params": {}, KEY: CALLER})
    with pytest.raises(type(failure)):
        run(logged(handle, "image.load", kept.append), request)
    (event,) = kept
    return event


def test_a_client_that_leaves_is_no_error_of_the_service() -> None:
    event = recorded(ClientDisconnect())
    assert (event.outcome, event.error) == (AuditOutcome.FAILED, "The client left before the answer")


def test_a_fault_of_the_service_is_named_as_one() -> None:
    assert recorded(ValueError("S3CRET")).error == "An internal error"
