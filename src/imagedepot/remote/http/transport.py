"""The one HTTP client: connections, TLS, proxies, redirects and time limits are set up here and nowhere else."""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, InsecureRequestWarning
from urllib3.poolmanager import PoolManager, ProxyManager
from urllib3.response import HTTPResponse
from urllib3.util import Timeout
from urllib3.util.ssl_ import create_urllib3_context

from imagedepot import __version__
from imagedepot.cancellation import Cancellation
from imagedepot.errors import AddressNotAllowed, DepotError, InvalidAnswer, InvalidSetting, TimedOut
from imagedepot.remote.http import failures
from imagedepot.remote.http.address import Address, AddressRules, AddressSource, Reach, literal_zone, redacted
from imagedepot.remote.http.answers.answer import REDIRECTS, Answer
from imagedepot.remote.http.connection import Call, carrying, pool_classes
from imagedepot.remote.http.proxies import Proxies, Proxy
from imagedepot.remote.http.watchdog import Watchdog

# The setting that lists a registry as insecure is warning enough.
urllib3.disable_warnings(InsecureRequestWarning)

_MOST_REDIRECTS = 10
_POOLS = 64
_CONNECTIONS_PER_HOST = 32
_SECRET_HEADERS = ("authorization", "cookie", "x-registry-auth")
_WRITTEN = "".join(chr(code) for code in range(0x21, 0x7F))  # characters that a URL may hold as they are


class Transport:
    """Sends requests, within the rules of `address.py`. Safe for many threads; one per process.

    `insecure`: `host[:port]` entries that a setting lists as insecure or writes with http://. `ca_bundle`: a PEM file
    in addition to the system's authorities. `connect_seconds` for each address; `silence_seconds` from the first step
    of connecting to the end of the answer's head, redirects included, and then without a byte of the body. A
    `Cancellation` with a patience of its own has that in place of the latter.
    Raises `InvalidSetting` for a proxy variable of `environment` that names no proxy, and, at the first https request,
    for a bundle that cannot be read.
    """

    def __init__(
        self,
        *,
        insecure: Iterable[str] = (),
        ca_bundle: Path | None = None,
        environment: Mapping[str, str] = os.environ,
        connect_seconds: float = 10.0,
        silence_seconds: float = 30.0,
    ) -> None:
        self.rules = AddressRules(insecure)
        self._ca_bundle = ca_bundle
        self._proxies = Proxies(environment)
        self._connect_seconds = connect_seconds
        self._silence_seconds = silence_seconds
        self._watchdog = Watchdog()
        self._managers: dict[tuple[Reach | None, Proxy | None, bool, bool], PoolManager] = {}
        self._contexts: dict[bool, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        *,
        given_by: AddressSource | None = None,
        elsewhere: Callable[[str], str] = lambda _: "",
        cancellation: Cancellation | None = None,
    ) -> Answer:
        """Send a request and follow redirects of GET and HEAD, without credentials to another host, port or scheme.

        `elsewhere` returns what to send as `Authorization` to a URL there, "" for nothing.

        `given_by`: the peer that gave us the URL, None for the user. Any HTTP status is an answer. Raises
        `AddressNotAllowed`, `InvalidAnswer` (redirects without end), `Unavailable`, `TimedOut`, `UpstreamError` (TLS),
        `Cancelled`.
        """
        sent = {"User-Agent": f"imagedepot/{__version__}", "Accept-Encoding": "identity", **(headers or {})}
        cancellation = cancellation or Cancellation()
        patience = self._silence_seconds if cancellation.patience is None else cancellation.patience
        deadline = min(time.monotonic() + patience, cancellation.deadline)
        asked, seen = url, {url}
        while True:
            answer = self._ask(method, url, sent, body, given_by, cancellation, patience, deadline, url != asked)
            location = answer.header("Location")
            if answer.status not in REDIRECTS or method not in ("GET", "HEAD") or not location:
                return answer
            answer.discard()
            target, given_by = joined(url, location), answer.given_by
            if target in seen:
                raise InvalidAnswer(f"{answer.where} redirects in circles")
            if len(seen) > _MOST_REDIRECTS:
                raise InvalidAnswer(f"{Address.of(asked)} redirects more than {_MOST_REDIRECTS} times")
            if _named(target, answer) != Address.of(url):
                sent = {name: value for name, value in sent.items() if name.lower() not in _SECRET_HEADERS}
                if authorization := elsewhere(target):
                    sent["Authorization"] = authorization
            seen.add(target)
            url = target

    def _ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        given_by: AddressSource | None,
        cancellation: Cancellation,
        patience: float,
        deadline: float,
        redirected: bool,
    ) -> Answer:
        """One request; once more on a fresh connection when one from the pool turned out to be dead."""
        address = Address.of(url)
        reach = self.rules.reach(address, given_by)
        proxy = self._proxies.to(address)
        if proxy is not None and (literal_zone(address.host) or next(iter(reach))) not in reach:
            raise AddressNotAllowed(f"{address} is at a {literal_zone(address.host)} address")
        secure = address.scheme == "https" or (proxy is not None and proxy.url.startswith("https:"))
        target = _target(url, absolute=proxy is not None and address.scheme == "http")
        manager = self._manager(None if proxy else reach, proxy, self.rules.trusts(address), secure)
        while True:
            call = Call(target)
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimedOut(f"{address} does not answer")
            try:
                with (
                    cancellation.on_cancel(call.abort),
                    self._watchdog.at(deadline, call.expire),
                    carrying(call),
                ):
                    response = manager.urlopen(
                        method,
                        f"{address.scheme}://{address.location}/",
                        body=body,
                        headers=dict(headers),
                        redirect=False,
                        retries=False,
                        preload_content=False,
                        decode_content=False,
                        timeout=Timeout(connect=min(self._connect_seconds, left), read=patience),
                    )
            except (HTTPError, OSError, ValueError, DepotError) as error:
                cancellation.check()
                if call.expired:
                    raise TimedOut(f"{address} does not answer") from error
                if call.reused and failures.is_broken(error):
                    continue
                raise failures.asking(str(address), error, proxy) from error
            assert isinstance(response, HTTPResponse)
            if call.aborted:
                # http.client takes a head that was cut for a complete one.
                response.close()
                cancellation.check()
                raise TimedOut(f"{address} does not answer")
            if proxy is not None and response.status == 407:
                response.close()
                raise failures.proxy_login(proxy)
            return Answer(response, url, call, redirected, cancellation, self._watchdog)

    def _manager(self, reach: Reach | None, proxy: Proxy | None, trusted: bool, secure: bool) -> PoolManager:
        """The pools for requests under the same policy.

        Reading the authorities takes 20 ms, which plain http is spared.
        """
        key = (reach, proxy, trusted, secure)
        with self._lock:
            if key not in self._managers:
                context = self._context(verify=not trusted) if secure else None
                if proxy is None:
                    manager = PoolManager(_POOLS, maxsize=_CONNECTIONS_PER_HOST, ssl_context=context)
                else:
                    # What a setting lists as insecure is the registry, never the proxy on the way to it.
                    own = self._context(verify=True) if proxy.url.startswith("https:") else None
                    login = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else None
                    manager = ProxyManager(
                        proxy.url,
                        _POOLS,
                        proxy_headers=login,
                        proxy_ssl_context=own,
                        maxsize=_CONNECTIONS_PER_HOST,
                        ssl_context=context,
                    )
                if trusted:
                    manager.connection_pool_kw["assert_hostname"] = False
                manager.pool_classes_by_scheme = pool_classes(reach)
                self._managers[key] = manager
            return self._managers[key]

    def tls_context(self, address: Address) -> ssl.SSLContext:
        """A context of its own for a server at `address` that speaks no HTTP; raises `InvalidSetting`."""
        context = create_urllib3_context(cert_reqs=ssl.CERT_NONE if self.rules.trusts(address) else ssl.CERT_REQUIRED)
        context.load_default_certs()
        self._add_bundle(context)
        return context

    def _context(self, verify: bool) -> ssl.SSLContext:
        """The context of the whole process (one more without verification); one per connection costs a third more."""
        if verify not in self._contexts:
            context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if verify else ssl.CERT_NONE)
            if verify:
                context.load_default_certs()
                self._add_bundle(context)
            self._contexts[verify] = context
        return self._contexts[verify]

    def _add_bundle(self, context: ssl.SSLContext) -> None:
        if self._ca_bundle is None:
            return
        try:
            context.load_verify_locations(self._ca_bundle)
        except (OSError, ssl.SSLError) as error:
            raise InvalidSetting("IMAGEDEPOT_CA_BUNDLE", f"{self._ca_bundle} is no PEM file of certificates") from error


def joined(url: str, location: str) -> str:
    """The target of a `Location` or `Link` header at `url`: an absolute one stays as it is, byte for byte, since a
    signature may cover it. `urljoin` would complete a URL like `http:///x` with the host of the other one.
    """
    named = quote(location.strip(" \t"), safe=_WRITTEN, encoding="latin-1").partition("#")[0]
    try:
        parts = urlsplit(named)
        if parts.scheme and not parts.netloc:
            raise ValueError("no host")
        return named if parts.scheme else urljoin(url, named)
    except ValueError as error:
        raise AddressNotAllowed(f"{Address.of(url)} redirects to something that is not a URL") from error


def _target(url: str, *, absolute: bool) -> str:
    """The target in the request line: the URL's own bytes (urllib3 would write `%2b` as `%2B`), as ASCII."""
    written = quote(url.partition("#")[0], safe=_WRITTEN)
    if absolute:
        return written
    rest = written.partition("://")[2]
    at = min((rest.find(mark) for mark in "/?" if mark in rest), default=len(rest))
    return rest[at:] if rest[at : at + 1] == "/" else f"/{rest[at:]}"


def _named(target: str, answer: Answer) -> Address:
    try:
        return Address.of(target)
    except AddressNotAllowed as error:
        raise AddressNotAllowed(f"{answer.where} redirects to {redacted(target)}, which is {error}") from error
