"""The sockets of the service: its address on the network, and the control socket in its data folder."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from imagedepot.config import Address
from imagedepot.errors import Conflict, DepotError, Forbidden, InvalidSetting, StorageFailure
from imagedepot.files.locks import CONTROL_SOCKET, short_path

_BACKLOG = 2048
_NO_IPV6 = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


@contextmanager
def listening(address: Address) -> Iterator[list[socket.socket]]:
    """Every address that the host's name stands for (`localhost`: both families).

    Raises `InvalidSetting`, `Conflict` (the port is in use), `Forbidden`.
    """
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise InvalidSetting("IMAGEDEPOT_LISTEN", f"{address.host} is not known: {error.strerror}") from error
    with ExitStack() as stack:
        sockets: list[socket.socket] = []
        failures: list[OSError] = []
        for family, *_, target in dict.fromkeys(found):
            try:
                sockets.append(stack.enter_context(_bound(family, target)))
            except OSError as error:
                failures.append(error)
        hard = [each for each in failures if not (sockets and each.errno in _NO_IPV6)]
        if hard:
            raise _refused(address, hard[0]) from hard[0]
        yield sockets


def _bound(family: int, target: tuple[Any, ...]) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(target)
        opened.listen(_BACKLOG)  # at once: who comes before the service is ready waits, and is not refused
    except OSError:
        opened.close()
        raise
    return opened


def _refused(address: Address, error: OSError) -> DepotError:
    if error.errno == errno.EADDRINUSE:
        return Conflict(
            f"Cannot listen on {address}: another program uses this port (IMAGEDEPOT_LISTEN or --listen names another)"
        )
    if error.errno == errno.EACCES:
        return Forbidden(f"Cannot listen on {address}: this user may not use port {address.port}")
    return InvalidSetting("IMAGEDEPOT_LISTEN", f"cannot listen on {address}: {error.strerror}")


@contextmanager
def control_socket(folder: Path) -> Iterator[socket.socket]:
    """`control.sock`, for the folder's owner alone. Call it while the folder's lock is held: what lies there is stale.

    Raises `StorageFailure`.
    """
    with short_path(folder, CONTROL_SOCKET) as path, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as opened:
        try:
            path.unlink(missing_ok=True)
            # Linux makes the file with the socket's own mode: there is no moment at which others may open it, and
            # no umask to change under the feet of other threads.
            os.fchmod(opened.fileno(), 0o600)
            opened.bind(str(path))
            opened.listen(_BACKLOG)
        except OSError as error:
            raise StorageFailure(f"Cannot make {folder / CONTROL_SOCKET}: {error.strerror}") from error
        yield opened
        path.unlink(missing_ok=True)


def tls(certificate: Path, key: Path) -> ssl.SSLContext:
    """Raises `InvalidSetting`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_pair(context, certificate, key)
    return context


def load_pair(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Load the certificate and its key for the handshakes from now on. Raises `InvalidSetting`."""
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise InvalidSetting(
            "IMAGEDEPOT_TLS_CERT", f"{certificate} and the key {key} cannot be used together: {reason}"
        ) from error


def _no_password() -> str:
    """No password: without this, OpenSSL asks the terminal for that of an encrypted key."""
    raise ValueError("the key is protected by a password")


def shown(address: Address, sockets: Sequence[socket.socket], secure: bool) -> str:
    """The addresses as people open them."""
    scheme = "https" if secure else "http"
    hosts = dict.fromkeys(str(each.getsockname()[0]) for each in sockets)
    return ", ".join(f"{scheme}://{Address(host, address.port)}" for host in hosts)
