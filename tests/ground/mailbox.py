"""A real mail server on loopback (aiosmtpd): with STARTTLS, with TLS, with neither, with or without a login."""

from __future__ import annotations

import socket
import ssl
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from tests.ground.processes import free_port


class _Server(Controller):
    def __init__(self, implicit: ssl.SSLContext | None, handler: Any, **options: Any) -> None:
        self._implicit = implicit
        super().__init__(handler, hostname="127.0.0.1", port=free_port(), ready_timeout=30, **options)
        if implicit is not None:
            self.ssl_context = implicit

    def _trigger_server(self) -> None:
        """A first connection, which over TLS it would make with a check of our certificate."""
        if self._implicit is None:
            super()._trigger_server()  # type: ignore[no-untyped-call]
            return
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection((self.hostname, self.port), 20) as plain, context.wrap_socket(plain) as secured:
            secured.recv(100)


class Mailbox:
    """`got` has each mail with its envelope. `refuse`: what to answer in place of taking one."""

    def __init__(
        self, context: ssl.SSLContext | None = None, implicit: bool = False, login: tuple[str, str] | None = None
    ) -> None:
        self.got: list[tuple[Envelope, EmailMessage]] = []
        self.logins: list[bool] = []
        self.refuse = ""
        options: dict[str, Any] = {}
        if context is not None and not implicit:
            options["tls_context"] = context
            options["require_starttls"] = True
        if login is not None:
            options["authenticator"] = lambda _, __, ___, ____, data: self._check(data, login)
            options["auth_required"] = not implicit
            options["auth_require_tls"] = not implicit  # it does not count TLS from the beginning
        self._server = _Server(context if implicit else None, self, **options)

    def _check(self, data: Any, login: tuple[str, str]) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == login
        self.logins.append(right)
        return AuthResult(success=right, handled=False)

    @property
    def port(self) -> int:
        return int(self._server.port)

    async def handle_DATA(self, _: Any, __: Session, envelope: Envelope) -> str:
        if self.refuse:
            return self.refuse
        mail = message_from_bytes(cast(bytes, envelope.content), policy=default)
        self.got.append((envelope, mail))
        return "250 OK"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
