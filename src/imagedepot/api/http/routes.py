"""Makes routes of operations: checks roles, logs changes, and answers addresses without an operation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from imagedepot.api.http.caller import caller_of, require, require_every_repository, require_repository
from imagedepot.api.http.changes import logged
from imagedepot.api.http.operation import BASE, Handler, Operation
from imagedepot.errors import InvalidInput
from imagedepot.model.access.audit import Recorder
from imagedepot.model.image import ImageType
from imagedepot.service.downloads.requests import image_type
from imagedepot.service.monitoring.request import note_route

_EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


def routes(operations: Sequence[Operation], record: Recorder, action_of: Callable[[Operation], str]) -> list[Route]:
    """The routes in the order of `operations`, of which the first match answers, and errors for other addresses.

    `record` keeps each change in the audit trail, by the name that `action_of` gives it.
    """
    made = [
        (Route(BASE + each.path, _endpoint(each, record, action_of), methods=[each.method]), each)
        for each in operations
    ]
    nowhere = _Nowhere(made).answer
    return [
        *(route for route, _ in made),
        *(Route(path, nowhere, methods=_EVERY_METHOD) for path in ("/api", "/api/{path:path}")),
    ]


def _endpoint(operation: Operation, record: Recorder, action_of: Callable[[Operation], str]) -> Handler:
    handler = operation.handler
    if not operation.free:
        handler = _permitted(handler, operation)
    if operation.changes:
        handler = logged(handler, action_of(operation), record)
    return _routed(handler, operation.address)


def _routed(handler: Handler, template: str) -> Handler:
    """Note the route's template, by which requests are counted instead of by address."""

    async def handle(request: Request) -> Response:
        note_route(template)
        return await handler(request)

    return handle


def _permitted(handler: Handler, operation: Operation) -> Handler:
    async def handle(request: Request) -> Response:
        require(request, operation.needs)
        path = request.path_params
        if caller_of(request).token is None:
            pass
        elif "name" in path:
            require_repository(request, image_type(path.get("type", ImageType.DOCKER)), path["name"])
        elif not operation.any_token:
            require_every_repository(request)
        return await handler(request)

    return handle


class _Nowhere:
    """404 for an address that is not there, 405 with the methods that it takes for one that is."""

    def __init__(self, known: Iterable[tuple[Route, Operation]]) -> None:
        self._known = list(known)

    async def answer(self, request: Request) -> Response:
        allowed: set[str] = set()
        for route, operation in self._known:
            match, found = route.matches(request.scope)
            if match is not Match.NONE and _takes(operation, found["path_params"]):
                allowed |= route.methods or set()
        path = request.scope["path"][:200]
        if not allowed:
            raise HTTPException(404, f"Not found: {path}")
        methods = ", ".join(sorted(allowed))
        raise HTTPException(405, f"{request.method} does not fit {path}; it takes {methods}", {"Allow": methods})


def _takes(operation: Operation, values: Mapping[str, str]) -> bool:
    """Whether `operation` accepts these parts of a path."""
    if operation.check is not None:
        try:
            operation.check(values)
        except InvalidInput:
            return False
    return True
