"""Messages by e-mail: SMTP with TLS from the beginning, by STARTTLS, or (without a login, nearby) without."""

from __future__ import annotations

import io
import re
import smtplib
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from imagedepot.cancellation import Cancellation
from imagedepot.errors import ConnectionBroken, DepotError, InvalidInput, TimedOut, UpstreamDenied, UpstreamError
from imagedepot.model.notices.notification import Message, Target
from imagedepot.model.text.texts import short
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.notices.line import Line, Server

_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
_MOST_HEARD = 64 << 10
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
_NAME = re.compile(r"[A-Za-z0-9.-]{1,253}")


class Mail:
    """`smtp://` is STARTTLS or nothing, `smtps://` is TLS, `smtp+plain://` is neither."""

    def __init__(self, target: Target, transport: Transport) -> None:
        """Raises `InvalidInput`."""
        self._server = Server.parse(target.address, _PORTS)
        self._encrypted = self._server.scheme != "smtp+plain"
        if bool(target.username) != bool(target.secret):
            raise InvalidInput("username and secret: give both, or none for a server without a login")
        if target.username and not self._encrypted:
            raise InvalidInput("address: a password is sent over smtp:// (STARTTLS) or smtps:// alone")
        if not f"{target.username}{target.secret}".isascii():
            raise InvalidInput("username and secret: mail servers take plain letters, digits and signs (ASCII) alone")
        if not target.recipients:
            raise InvalidInput("recipients: name at least one mail address")
        for each in (target.sender, *target.recipients):
            if not _ADDRESS.fullmatch(each):
                raise InvalidInput(f"not a mail address: {short(each) or 'the sender is missing'}")
        self._target = target
        self._transport = transport

    def send(self, message: Message, cancellation: Cancellation) -> None:
        line = Line(self._transport, self._server, self._encrypted)
        with line.limited(cancellation), self._failures(line), closing(_Smtp(line, self._server, cancellation)) as smtp:
            if self._server.scheme == "smtp":
                smtp.starttls(context=_Secured(line))  # type: ignore[call-overload]  # all that is called of a context
            if self._target.username:
                smtp.login(self._target.username, self._target.secret)
            smtp.send_message(self._written(message), self._target.sender, list(self._target.recipients))
            with suppress(smtplib.SMTPException, OSError):  # the message has arrived
                smtp.quit()

    def _written(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = message.title
        mail["From"] = self._target.sender
        mail["To"] = ", ".join(self._target.recipients)
        mail["Date"] = format_datetime(message.time)
        mail["Message-ID"] = f"<{message.id}@{_own_name()}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(f"{message.text}\n")
        return mail

    @contextmanager
    def _failures(self, line: Line) -> Iterator[None]:
        try:
            yield
        except smtplib.SMTPAuthenticationError as error:
            raise UpstreamDenied(f"{self._server} refuses the login: {_said(error)}") from error
        except smtplib.SMTPNotSupportedError as error:
            raise UpstreamError(f"{self._server} does not offer what is needed: {short(error, 200)}") from error
        except smtplib.SMTPRecipientsRefused as error:
            refused = ", ".join(short(each) for each in error.recipients)
            raise UpstreamError(f"{self._server} refuses mail for {refused}") from error
        except smtplib.SMTPResponseException as error:
            raise UpstreamError(f"{self._server} refuses the message: {_said(error)}") from error
        except smtplib.SMTPException as error:
            raise self._broken(line, error) from error

    def _broken(self, line: Line, error: smtplib.SMTPException) -> DepotError:
        if line.expired or isinstance(error.__context__, TimeoutError):  # the socket's own may end a moment earlier
            return TimedOut(f"{self._server} does not answer in time")
        return ConnectionBroken(f"{self._server} closed the connection, or does not speak SMTP")


class _Smtp(smtplib.SMTP):
    """The standard library's client over our own line, with an end to what it listens to."""

    def __init__(self, line: Line, server: Server, cancellation: Cancellation) -> None:
        self._line = line
        self._implicit = server.scheme == "smtps"
        super().__init__(local_hostname=_own_name(), timeout=max(0.1, min(60.0, cancellation.seconds_left)))
        try:
            code, words = self.connect(server.host, server.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, words)
        except BaseException:
            self.close()
            raise

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        carrier = self._line.connected()
        carrier.settimeout(timeout)
        return self._line.wrapped(carrier) if self._implicit else carrier

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Heard(self.sock.makefile("rb"))
        return super().getreply()


class _Heard:
    """What a server says, up to a limit: its answers may have lines without end."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file
        self._left = _MOST_HEARD

    def readline(self, limit: int = -1) -> bytes:
        line = self._file.readline(limit)
        self._left -= len(line)
        if self._left < 0:
            raise smtplib.SMTPServerDisconnected("it says too much")
        return line

    def close(self) -> None:
        self._file.close()


class _Secured:
    """In place of a TLS context: the line checks the name, and stays one that can be ended."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def wrap_socket(self, carrier: socket.socket, **_: Any) -> socket.socket:
        return self._line.wrapped(carrier)


def _said(error: smtplib.SMTPResponseException) -> str:
    words = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
    return short(f"{error.smtp_code} {words}", 200)


def _own_name() -> str:
    """This host's name, without looking it up."""
    name = socket.gethostname()
    return name if _NAME.fullmatch(name) else "localhost"
