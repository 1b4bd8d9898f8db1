"""Access tokens for machines."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.api.http.answers import answer
from imagedepot.api.http.bodies import body
from imagedepot.api.http.caller import caller_of, require_person
from imagedepot.api.http.changes import detail, target
from imagedepot.api.http.operation import Operation, path_part
from imagedepot.api.services import Parts
from imagedepot.errors import InvalidInput
from imagedepot.model.access.role import Role
from imagedepot.model.text.moment import parse_moment
from imagedepot.wire.v1.base import Nothing
from imagedepot.wire.v1.people.tokens import NewToken, Token, TokenRequest

_GROUP = "Access tokens"


class TokenCalls:
    def __init__(self, parts: Parts) -> None:
        self._access = parts.access
        self._threads = parts.threads

    async def list(self, request: Request) -> Response:
        require_person(request)
        return answer([Token.of(each) for each in self._access.tokens_of(caller_of(request))])

    async def add(self, request: Request) -> Response:
        require_person(request)
        wanted = await body.read_json(request, TokenRequest)
        expires = None if wanted.expires is None else parse_moment(wanted.expires.isoformat())
        if wanted.expires is not None and expires is None:
            raise InvalidInput("expires: not a date of the years 2 to 9999 in UTC")
        target(request, wanted.name)
        detail(request, f"name={wanted.name} scopes={','.join(wanted.scopes)}")
        token, secret = await self._threads.local(
            self._access.add_token,
            caller_of(request),
            wanted.name,
            wanted.scopes,
            ["*"] if wanted.repositories is None else wanted.repositories,
            expires,
            wanted.username,
        )
        return answer(NewToken.with_secret(token, secret))

    async def remove(self, request: Request) -> Response:
        require_person(request)
        await self._threads.local(self._access.remove_token, caller_of(request), request.path_params["id"])
        return answer(Nothing())


def operations(parts: Parts) -> Iterator[Operation]:
    calls = TokenCalls(parts)
    yield Operation(
        "GET",
        "/tokens",
        calls.list,
        _GROUP,
        "The access tokens.",
        list[Token],
        "Administrators see everybody's, others their own.",
    )
    yield Operation(
        "POST",
        "/tokens",
        calls.add,
        _GROUP,
        "Add an access token.",
        NewToken,
        "The answer holds the secret `token`, once.",
        body=TokenRequest,
        errors=(404, 409, 507),
        role=Role.VIEWER,
    )
    yield Operation(
        "DELETE",
        "/tokens/{id}",
        calls.remove,
        _GROUP,
        "Revoke an access token.",
        Nothing,
        "It is refused from then on.",
        (path_part("id", "The `id` of a token's row."),),
        errors=(404, 507),
        role=Role.VIEWER,
    )
