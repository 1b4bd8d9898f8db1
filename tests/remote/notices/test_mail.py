"""E-mail, against a real mail server: STARTTLS, TLS and neither, logins, and servers that misbehave."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Self

import pytest

from imagedepot.errors import (
    AddressNotAllowed,
    ConnectionBroken,
    DepotError,
    InvalidInput,
    TimedOut,
    Unavailable,
    UpstreamDenied,
    UpstreamError,
)
from imagedepot.model.notices.notification import ChannelKind, Message, Target
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.notices.mail import Mail
from imagedepot.server.tls.authority import Authority
from tests.fakes.message import Gate
from tests.ground.mailbox import Mailbox
from tests.ground.processes import free_port
from tests.remote.notices.conftest import MESSAGE, served_by, within
from tests.remote.silent import Silent, Trickling

LOGIN = ("depot", "secret-word x")
TARGET = Target(
    ChannelKind.EMAIL, "smtp://127.0.0.1", sender="depot@nas.lan", recipients=("ada@home.lan", "bob@home.lan")
)


def send(address: str, transport: Transport, login: tuple[str, str] = ("", ""), seconds: float = 20) -> None:
    target = replace(TARGET, address=address, username=login[0], secret=login[1])
    Mail(target, transport).send(MESSAGE, within(seconds))


@pytest.fixture
def plain() -> Iterator[Mailbox]:
    with Mailbox() as box:
        yield box


def test_a_mail_says_it_all(plain: Mailbox, transport: Transport) -> None:
    send(f"smtp+plain://127.0.0.1:{plain.port}", transport)
    ((envelope, mail),) = plain.got
    assert (envelope.mail_from, envelope.rcpt_tos) == ("depot@nas.lan", ["ada@home.lan", "bob@home.lan"])
    assert (mail["Subject"], mail["From"], mail["To"]) == (MESSAGE.title, "depot@nas.lan", "ada@home.lan, bob@home.lan")
    assert mail["Message-ID"].startswith("<0123abcd@")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().strip() == MESSAGE.text


def test_a_login_goes_over_starttls(authority: Authority, trusting: Transport) -> None:
    with Mailbox(served_by(authority), login=LOGIN) as box:
        send(f"smtp://127.0.0.1:{box.port}", trusting, LOGIN)
        assert len(box.got) == 1


def test_a_login_goes_over_tls_from_the_beginning(authority: Authority, trusting: Transport) -> None:
    with Mailbox(served_by(authority), implicit=True, login=LOGIN) as box:
        send(f"smtps://127.0.0.1:{box.port}", trusting, LOGIN)
        assert (len(box.got), box.logins) == (1, [True])


def test_a_wrong_password_is_a_sentence_without_it(authority: Authority, trusting: Transport) -> None:
    with Mailbox(served_by(authority), login=LOGIN) as box, pytest.raises(UpstreamDenied, match="login") as failed:
        send(f"smtp://127.0.0.1:{box.port}", trusting, ("depot", "wrong-one"))
    assert "wrong-one" not in str(failed.value)
    assert box.got == []


def test_a_server_without_starttls_gets_no_mail(plain: Mailbox, transport: Transport) -> None:
    with pytest.raises(UpstreamError, match="STARTTLS"):
        send(f"smtp://127.0.0.1:{plain.port}", transport)
    assert plain.got == []


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    authority: Authority, transport: Transport, scheme: str
) -> None:
    with (
        Mailbox(served_by(authority), implicit=scheme == "smtps") as box,
        pytest.raises(UpstreamError, match="IMAGEDEPOT_CA_BUNDLE"),
    ):
        send(f"{scheme}://127.0.0.1:{box.port}", transport)
    assert box.got == []


def test_a_server_that_a_setting_lists_as_insecure_needs_no_trusted_certificate(authority: Authority) -> None:
    with Mailbox(served_by(authority)) as box:
        transport = Transport(insecure=[f"127.0.0.1:{box.port}"], environment={})
        send(f"smtp://127.0.0.1:{box.port}", transport)
        assert len(box.got) == 1


def test_a_refusal_is_told_in_the_servers_words_on_one_line(plain: Mailbox, transport: Transport) -> None:
    plain.refuse = "552 mailbox full"
    with pytest.raises(UpstreamError, match="refuses the message: 552 mailbox full"):
        send(f"smtp+plain://127.0.0.1:{plain.port}", transport)


@pytest.mark.parametrize("scheme", ["smtp", "smtps", "smtp+plain"])
def test_a_server_that_hangs_is_left_at_the_deadline(transport: Transport, scheme: str) -> None:
    with Silent(Gate()) as server, pytest.raises(TimedOut):
        send(f"{scheme}://{server.url.removeprefix('http://')}", transport, seconds=0.3)


def test_a_server_that_says_one_letter_at_a_time_is_left_at_the_deadline(transport: Transport) -> None:
    with Trickling(b"220-") as server, pytest.raises(TimedOut):
        send(f"smtp://{server.url.removeprefix('http://')}", transport, seconds=0.5)


class Greeting:
    """Says `words` to the first who comes, and hangs up."""

    def __init__(self, words: bytes) -> None:
        self._words = words
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._greet)

    def _greet(self) -> None:
        connection, _ = self._listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(self._words)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._listener.close()


def test_answers_without_end_are_not_listened_to(transport: Transport) -> None:
    with Greeting(b"220-go on\r\n" * 100_000) as server, pytest.raises(ConnectionBroken):
        send(f"smtp://127.0.0.1:{server.port}", transport)


def test_what_speaks_another_language_or_is_not_there_is_a_sentence(transport: Transport) -> None:
    with Greeting(b"HTTP/1.1 400 Bad\r\n\r\n") as server, pytest.raises(DepotError):
        send(f"smtp://127.0.0.1:{server.port}", transport)
    with pytest.raises(Unavailable, match="refuses the connection"):
        send(f"smtp://127.0.0.1:{free_port()}", transport)


@pytest.mark.parametrize("address", ["smtp+plain://8.8.8.8", "smtp://169.254.169.254", "smtps://224.0.0.1"])
def test_mail_goes_nowhere_that_it_should_not(address: str, transport: Transport) -> None:
    """Unencrypted beyond private networks, and anything to where clouds serve their secrets."""
    with pytest.raises(AddressNotAllowed):
        send(address, transport, seconds=5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "http://mail.lan"},
        {"address": "smtp://mail.lan/x"},
        {"address": "smtp://ada:secret@mail.lan"},
        {"address": "smtp://mail.lan:99999"},
        {"recipients": ()},
        {"recipients": ("ada@home.lan\r\nBcc: x@y",)},
        {"recipients": ("ada@home.lan, eve@else.where",)},
        {"sender": ""},
        {"username": "ada"},
        {"username": "ada", "secret": "pässword"},
        {"address": "smtp+plain://mail.lan", "username": "ada", "secret": "x"},
    ],
)
def test_what_cannot_work_is_refused_at_once(wrong: dict[str, str], transport: Transport) -> None:
    with pytest.raises(InvalidInput):
        Mail(replace(TARGET, **wrong), transport)  # type: ignore[arg-type]


def test_no_text_becomes_a_header(plain: Mailbox, transport: Transport) -> None:
    message = Message("1", MESSAGE.time, "title", "line\r\n.\r\nRCPT TO:<eve@else.where>\r\n\r\n.", ())
    target = replace(TARGET, address=f"smtp+plain://127.0.0.1:{plain.port}")
    Mail(target, transport).send(message, within())
    ((envelope, mail),) = plain.got
    assert envelope.rcpt_tos == list(TARGET.recipients)
    assert "RCPT TO" in mail.get_content()
