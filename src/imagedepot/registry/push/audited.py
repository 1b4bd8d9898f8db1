"""Which requests to `/v2/` are changes that the audit trail keeps, and their events."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request

from imagedepot.model.access.audit import AuditEvent, AuditOutcome
from imagedepot.model.image import ImageType, titled
from imagedepot.registry.routes import Kind, Target
from imagedepot.service.access.caller import Caller
from imagedepot.service.monitoring.request import request_id

_ACTIONS = {
    (Kind.MANIFEST, "PUT"): "image.push",
    (Kind.MANIFEST, "DELETE"): "image.delete",
    (Kind.BLOB, "DELETE"): "blob.delete",
}
_UPLOAD = "blob.push"


def event_of(request: Request, caller: Caller, target: Target, status: int, error: str = "") -> AuditEvent | None:
    """The event of a request; None for one that changes nothing, and for an upload that was not refused."""
    outcome = AuditOutcome.of(status)
    action = _ACTIONS.get((target.kind, request.method))
    if action is None and outcome is AuditOutcome.REFUSED and request.method not in ("GET", "HEAD"):
        action = _UPLOAD
    if action is None:
        return None
    return AuditEvent(
        datetime.now(UTC),
        caller.username,
        caller.token_id,
        request.client.host if request.client else "",
        action,
        titled(ImageType.DOCKER, target.name, None if action == _UPLOAD else target.label),
        outcome,
        error=error,
        request=request_id(),
    )
