"""Notes what clients ask of `/v2/`, whatever the answer: a refusal, too, shows that a client has found the service."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imagedepot.registry.routes import is_registry_path
from imagedepot.service.client_requests import ClientRequests


class ClientWatch:
    def __init__(self, app: ASGIApp, requests: ClientRequests) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_registry_path(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._note(scope, message["status"])
            await send(message)

        await self._app(scope, receive, watched)

    def _note(self, scope: Scope, status: int) -> None:
        agent = next((value for key, value in scope["headers"] if key == b"user-agent"), b"")
        query = scope["query_string"].decode("latin-1")
        request = f"{scope['method']} {scope['path']}{'?' if query else ''}{query}"
        address = scope["client"][0] if scope.get("client") else ""
        self._requests.note(address, agent.decode("latin-1"), request, status)
