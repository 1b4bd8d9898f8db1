"""`/v2/` in front of the API and the web UI: parse the path, find out who asks, hand the request to its resource."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from imagedepot.errors import DepotError, Forbidden, InvalidInput, Unauthenticated
from imagedepot.model.access.audit import Recorder
from imagedepot.model.access.scope import SCOPES_OF, Scope
from imagedepot.model.names.reference import Reference
from imagedepot.model.names.registry_names import RepositoryName
from imagedepot.model.names.upstreams import OWN_HOST
from imagedepot.registry.access.caller import Callers
from imagedepot.registry.access.token import TokenServer
from imagedepot.registry.errors import HEADERS, Code, Refusal, refusal_of, refused
from imagedepot.registry.push.audited import event_of
from imagedepot.registry.routes import TEMPLATES, Kind, Target, is_registry_path, parse
from imagedepot.service.access.caller import Caller
from imagedepot.service.audit.log import audit
from imagedepot.service.distribution.repositories import Repositories
from imagedepot.service.monitoring.request import note_route

_log = logging.getLogger(__name__)
_WHO = {Scope.PULL: "a user", Scope.PUSH: "a member or an administrator", Scope.ADMIN: "an administrator"}
_UNKNOWN = {Kind.BLOB: Code.BLOB_UNKNOWN, Kind.UPLOAD: Code.BLOB_UPLOAD_UNKNOWN, Kind.TAGS: Code.NAME_UNKNOWN}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that may be answered: who asks, and for what. `name` is None for what is no repository's."""

    request: Request
    caller: Caller
    target: Target
    name: RepositoryName | None

    @property
    def host(self) -> str:
        """The host of the upstream that may have to be asked; that of our own repositories for all else."""
        return self.name.upstream.host if self.name is not None and self.name.upstream is not None else OWN_HOST

    @property
    def only_here(self) -> bool:
        """Whether the client wants nothing that an upstream would have to be asked for (RFC 9111, 5.2.1.7)."""
        wanted = ",".join(self.request.headers.getlist("cache-control")).lower().split(",")
        return "only-if-cached" in map(str.strip, wanted)

    @property
    def line(self) -> str:
        """Whose line it waits in: where no upstream is asked, not behind those who wait for one."""
        return OWN_HOST if self.only_here else self.host

    @property
    def is_bare(self) -> bool:
        """Whether the name in the path has no host, and could be one of our own."""
        return self.name is not None and self.target.name != self.name.path and "ns" not in self.request.query_params

    @property
    def repository(self) -> RepositoryName:
        assert self.name is not None, "a path of a repository has its name"
        return self.name


Handler: TypeAlias = Callable[[Asked], Awaitable[ASGIApp]]
Handlers: TypeAlias = Mapping[tuple[Kind, str], Handler]


class RegistryFace:
    """`handlers` by resource and method; all other paths are the `app`'s."""

    def __init__(
        self,
        app: ASGIApp,
        callers: Callers,
        tokens: TokenServer,
        repositories: Repositories,
        handlers: Handlers,
        record: Recorder,
    ) -> None:
        self._record = record
        self._app = app
        self._callers = callers
        self._tokens = tokens
        self._repositories = repositories
        self._handlers = handlers

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_registry_path(scope["path"]):
            await self._app(scope, receive, send)
            return
        begun = False

        async def noted(message: Mapping[str, object]) -> None:
            nonlocal begun
            begun = True
            await send(dict(message))

        try:
            answer = await self._answer(Request(scope, receive, noted))
            await answer(scope, receive, noted)
        except ClientDisconnect:
            return
        except DepotError as error:
            if not begun:
                await refused(refusal_of(error))(scope, receive, send)
                return
            # What was promised does not come: an answer that is not complete has its connection cut.
            _log.warning("%s %s ended early: %s", scope["method"], scope["path"][:200], error)
        except Exception:
            if begun:
                raise
            _log.exception("%s %s failed", scope["method"], scope["path"][:200])
            failed = Refusal(Code.UNKNOWN, "An internal error; the log of the service tells more")
            await refused(failed)(scope, receive, send)

    async def _answer(self, request: Request) -> ASGIApp:
        """The answer to send; a failure is one too."""
        noted = _Noted(request, self._record)
        unknown = None
        try:
            scope = request.scope
            target = noted.target = parse(scope["path"], scope.get("raw_path") or scope["path"].encode())
            note_route(TEMPLATES[target.kind])
            unknown = _UNKNOWN.get(target.kind)
            if target.kind is Kind.TOKEN:
                return await self._tokens.answer(request)
            needed = needed_by(target.kind, request.method)
            caller = noted.caller = await self._callers.identify(request, target, needed)
            await self._callers.note_use(caller)
            handler = self._handlers.get((target.kind, request.method))
            if handler is None:
                allowed = sorted(method for kind, method in self._handlers if kind is target.kind)
                raise Refusal(
                    Code.UNSUPPORTED, f"{request.method} does nothing here", headers={"Allow": ", ".join(allowed)}
                )
            name = None
            if target.name:
                find = self._repositories.find if needed is Scope.PULL else self._repositories.find_pushed
                name = find(target.name, _ns(request))
            _check(caller, needed, name)
            try:
                answer = await handler(Asked(request, caller, target, name))
            except Unauthenticated as error:
                raise self._callers.challenge(request, str(error), target, needed) from error
            noted.ended(200)
            return answer
        except Refusal as refusal:
            return noted.refused(refusal)
        except DepotError as error:
            if isinstance(error, Forbidden) and noted.caller is not None and request.method not in ("GET", "HEAD"):
                _write_refusal(request, noted.caller, error)
            return noted.refused(refusal_of(error, unknown))


class _Noted:
    """What is known of one request, for the audit trail."""

    def __init__(self, request: Request, record: Recorder) -> None:
        self._request = request
        self._record = record
        self.caller: Caller | None = None
        self.target: Target | None = None

    def ended(self, status: int, error: str = "") -> None:
        if self.caller is not None and self.target is not None:
            event = event_of(self._request, self.caller, self.target, status, error)
            if event is not None:
                self._record(event)

    def refused(self, refusal: Refusal) -> Response:
        self.ended(refusal.status, str(refusal))
        return refused(refusal)


def needed_by(kind: Kind, method: str) -> Scope:
    """The role that a request needs: viewers pull, members push, administrators delete."""
    if kind in (Kind.UPLOADS, Kind.UPLOAD):
        return Scope.PUSH
    if method == "DELETE":
        return Scope.ADMIN
    return Scope.PULL if method in ("GET", "HEAD") else Scope.PUSH


def may_pull(caller: Caller, name: RepositoryName) -> bool:
    return caller.may(Scope.PULL) and caller.reaches(Reference.parse(name.name))


def _check(caller: Caller, needed: Scope, name: RepositoryName | None) -> None:
    """Raises `Forbidden`."""
    if not caller.may(needed):
        if caller.token is not None and needed in SCOPES_OF[caller.role]:
            raise Forbidden(f"This access token lacks the scope {needed}")
        raise Forbidden(f"Only {_WHO[needed]} may do this")
    if name is not None and not caller.reaches(Reference.parse(name.name)):
        raise Forbidden(f"This access token is not for {name.path}")


def _write_refusal(request: Request, caller: Caller, error: Forbidden) -> None:
    path = "".join(each if each.isprintable() else "?" for each in request.scope["path"][:300])
    client = request.client.host if request.client else "unknown"
    audit.warning("refused %s %s by %s from %s: %s", request.method, path, caller.shown, client, error)


def _ns(request: Request) -> str | None:
    """The upstream that the query names. Raises `InvalidInput`."""
    named = set(request.query_params.getlist("ns"))
    if len(named) > 1:
        raise InvalidInput("The query names more than one upstream (ns)")
    return next(iter(named), None) or None


def warned(why: str) -> dict[str, str]:
    """The header of an answer that may be old (RFC 7234, 5.5.1)."""
    text = why.replace('"', "'").replace("\\", "/").encode("ascii", "replace").decode()
    return {"Warning": f'110 - "{text}"'} if why else {}


def headers(asked: Asked, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The headers of every answer about a repository: which upstream was meant."""
    upstream = asked.name.upstream if asked.name is not None else None
    named = {"OCI-Namespace": upstream.host} if upstream is not None and "ns" in asked.request.query_params else {}
    return {**HEADERS, **named, **(more or {})}
