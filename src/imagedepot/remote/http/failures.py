"""Turns errors of sockets, TLS and HTTP into our own, each a reason that names the host."""

from __future__ import annotations

import errno
import http.client
import re
import socket
import ssl

import urllib3.exceptions as http_errors

from imagedepot.errors import (
    ConnectionBroken,
    DepotError,
    InvalidAnswer,
    NetworkLost,
    TimedOut,
    Unavailable,
    UpstreamDenied,
    UpstreamError,
)
from imagedepot.remote.http.proxies import Proxy

_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENONET}
_NO_SUCH_HOST = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class SpeaksPlainHttp(UpstreamError):
    """The server answered a TLS handshake in plain text."""


def resolving(host: str, error: socket.gaierror | UnicodeError) -> DepotError:
    """An error of name resolution: a wrong name, or a lost network when the resolver does not answer."""
    if isinstance(error, socket.gaierror) and error.errno not in _NO_SUCH_HOST:
        return NetworkLost(f"The network is lost: the name {host} cannot be looked up")
    return Unavailable(f"Cannot find the host {host[:200]}")


def connecting(where: str, error: OSError) -> DepotError:
    """An error of connecting; `where` is `host:port`."""
    if isinstance(error, TimeoutError):
        return TimedOut(f"{where} does not answer")
    if error.errno in _NO_WAY:
        return NetworkLost(f"The network is lost: there is no way to {where}")
    if error.errno == errno.ECONNREFUSED:
        return Unavailable(f"{where} refuses the connection")
    return Unavailable(f"{where} cannot be reached ({error.strerror or type(error).__name__})")


def asking(where: str, error: BaseException, proxy: Proxy | None = None) -> DepotError:
    """An error between the request and the head of the answer; `proxy` is the one in use."""
    if isinstance(error, DepotError):
        return error
    if isinstance(error, http_errors.TimeoutError | TimeoutError):
        return TimedOut(f"{where} does not answer")
    if isinstance(error, http_errors.ProxyError) and proxy is not None:
        return _tunnel(where, error, proxy)
    if isinstance(error, http_errors.SSLError | ssl.SSLError):
        return _tls(where, error)
    if isinstance(error, http_errors.LocationParseError | http_errors.LocationValueError | http.client.InvalidURL):
        return InvalidAnswer(f"Not an address that can be asked: {where}")
    if is_broken(error):
        return ConnectionBroken(f"{where} closed the connection without an answer")
    return InvalidAnswer(f"{where} does not speak HTTP ({_innermost(error)})")


def proxy_login(proxy: Proxy) -> DepotError:
    """The error for a 407."""
    if proxy.authorization:
        return UpstreamDenied(f"The proxy {proxy.where} rejected the login in {proxy.variable}")
    return UpstreamDenied(
        f"The proxy {proxy.where} wants a login: write it into {proxy.variable} as http://USER:PASSWORD@HOST:PORT"
    )


def _tunnel(where: str, error: http_errors.ProxyError, proxy: Proxy) -> DepotError:
    """An error of a proxy's CONNECT; `http.client` puts its status into the text of an OSError."""
    status = re.search(r"Tunnel connection failed: (\d{3})", str(error.original_error))
    if status is None:
        return Unavailable(f"The proxy {proxy.where} on the way to {where} cannot be used ({_innermost(error)})")
    if status[1] == "407":
        return proxy_login(proxy)
    sentence = f"The proxy {proxy.where} does not connect us to {where}: it answered {status[1]}"
    return Unavailable(sentence) if status[1].startswith("5") else UpstreamDenied(sentence)


def reading(where: str, error: BaseException) -> DepotError:
    """An error in the middle of a body."""
    if isinstance(error, TimeoutError):
        return ConnectionBroken(f"{where} fell silent in the middle")
    return ConnectionBroken(f"The connection to {where} broke")


def is_broken(error: BaseException) -> bool:
    """Whether the server closed the connection: if it was reused, the request is sent once more on another."""
    causes = (error, *getattr(error, "args", ()))
    return any(isinstance(each, ConnectionError | http.client.RemoteDisconnected) for each in causes)


def _tls(where: str, error: BaseException) -> DepotError:
    cause = next((arg for arg in (error, *error.args) if isinstance(arg, ssl.SSLError)), None)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return UpstreamError(
            f"The certificate of {where} is not trusted ({cause.verify_message}): "
            "name its authority in IMAGEDEPOT_CA_BUNDLE or the host in IMAGEDEPOT_INSECURE_REGISTRIES"
        )
    if cause is not None and cause.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return SpeaksPlainHttp(
            f"{where} does not speak https; if it is meant to be plain http, name it in IMAGEDEPOT_INSECURE_REGISTRIES"
        )
    if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return ConnectionBroken(f"{where} closed the connection without an answer")
    return UpstreamError(f"No secure connection to {where} ({_innermost(error)})")


def _innermost(error: BaseException) -> str:
    """A short technical reason, without the addresses of Python objects."""
    cause = error
    while cause.args and isinstance(cause.args[-1], BaseException):
        cause = cause.args[-1]
    reason = getattr(cause, "reason", None) or getattr(cause, "strerror", None)
    return reason if isinstance(reason, str) else type(cause).__name__
