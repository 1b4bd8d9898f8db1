"""GET and POST `/v2/token`: a token for five minutes, as Docker's token servers give it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from imagedepot.registry.access.caller import Callers
from imagedepot.registry.errors import HEADERS, Code, Refusal
from imagedepot.service.access.registry_tokens import SECONDS, RegistryTokens

_LONGEST_FORM = 16 << 10


class TokenServer:
    def __init__(self, callers: Callers, tokens: RegistryTokens) -> None:
        self._callers = callers
        self._tokens = tokens

    async def answer(self, request: Request) -> Response:
        """Raises `Refusal`, `TooManyLogins`."""
        if request.method == "GET":
            scopes = request.query_params.getlist("scope")
            username, password = None, ""
        elif request.method == "POST":
            form = await _form(request)
            if form.get("grant_type", [""])[0] != "password":
                raise Refusal(Code.UNSUPPORTED, "Tokens are given for a user name and a password (grant_type=password)")
            scopes = form.get("scope", [])
            username, password = form.get("username", [""])[0], form.get("password", [""])[0]
        else:
            headers = {"Allow": "GET, POST"}
            raise Refusal(Code.UNSUPPORTED, f"{request.method} does nothing here", headers=headers)
        caller = await self._callers.for_token(request, username, password)
        await self._callers.note_use(caller)
        token = self._tokens.issue(caller, [each for text in scopes for each in text.split(" ") if each])
        issued = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = {"token": token, "access_token": token, "expires_in": SECONDS, "issued_at": issued}
        return Response(json.dumps(body).encode(), 200, HEADERS, "application/json")


async def _form(request: Request) -> dict[str, list[str]]:
    """Raises `Refusal`."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _LONGEST_FORM:
            raise Refusal(Code.SIZE_INVALID, "The form is too long", status=413)
    try:
        return parse_qs(content.decode(), max_num_fields=200)
    except ValueError as error:
        raise Refusal(Code.UNSUPPORTED, "The body is not a form", status=400) from error
