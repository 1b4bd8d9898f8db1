"""One operation of the API: what routes, roles, the log of changes and the OpenAPI document are all made from."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.model.access.role import Role
from imagedepot.wire.v1.base import Body

BASE = "/api/v1"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

Handler = Callable[[Request], Awaitable[Response]]

_PARAMETER = re.compile(r"\{(\w+)(?::path)?\}")


@dataclass(frozen=True)
class Parameter:
    """A parameter in the query, or (`in_path`) in the path. Its OpenAPI schema is made from `type`."""

    name: str
    about: str
    type: Any = str
    required: bool = False
    in_path: bool = False


@dataclass(frozen=True)
class Operation:
    """`path` stands below `/api/v1`, in Starlette's notation; `{name:path}` takes slashes too, as many as it can.

    `answer` is the type of a good answer and `body` that of the request, for the OpenAPI document; `errors` the
    statuses that this operation has besides those that every one has. `role` is the least that a caller has to have;
    None for the usual one of the method. `free` ones need no session.
    `any_token`: also for access tokens that are for some repositories alone, though no image is named.
    `ranges`: a client may ask for a part of the answer.
    `media` is the media type of a good answer, `takes` that of the body. `check` raises `InvalidInput` for parts of the
    path that this operation always refuses: `Allow` does not name it then.
    """

    method: str
    path: str
    handler: Handler
    group: str
    summary: str
    answer: Any
    about: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: type[Body] | None = None
    errors: tuple[int, ...] = ()
    role: Role | None = None
    free: bool = False
    any_token: bool = False
    media: str = JSON
    takes: tuple[str, ...] = (JSON,)
    ranges: bool = False
    check: Callable[[Mapping[str, str]], object] | None = None

    @property
    def changes(self) -> bool:
        return self.method not in ("GET", "HEAD")

    @property
    def needs(self) -> Role:
        return self.role or (Role.ADMIN if self.changes else Role.VIEWER)

    @property
    def address(self) -> str:
        """`/api/v1/image/{type}/{name}/{tag}/inspect`, as documents write it."""
        return BASE + _PARAMETER.sub(r"{\1}", self.path)

    @property
    def path_parameters(self) -> tuple[Parameter, ...]:
        """The parameters in the path, in order: as `parameters` describes them, else by name alone."""
        described = {each.name: each for each in self.parameters if each.in_path}
        return tuple(
            described.get(name) or Parameter(name, "", required=True, in_path=True)
            for name in _PARAMETER.findall(self.path)
        )


def path_part(name: str, about: str, type_: Any = str) -> Parameter:
    return Parameter(name, about, type_, required=True, in_path=True)
