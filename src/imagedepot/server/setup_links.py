"""The links that start-up prints while there is no user: each opens the page that creates the administrator."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from imagedepot.config import Address, Settings
from imagedepot.model.names.host_port import HostPort
from imagedepot.wiring.served.host_names import lan_names

SETUP = "imagedepot.setup"
"""The logger of the links, which are printed at every level of the log: without them there is no way in."""
_log = logging.getLogger(SETUP)


def print_links(settings: Settings, code: str) -> None:
    _log.info(
        "Image Depot has no user yet, so it shows nothing but the page that creates the administrator. The code %s, "
        "which opens it, ends with the first user and is another one after each start",
        code,
    )
    for link in setup_links(settings, lan_names()):
        _log.info("Open %s#code=%s", link, code)


def setup_links(settings: Settings, names: Sequence[str]) -> Iterator[str]:
    """`names` are those and the addresses of this host. The address that is announced to clients comes first."""
    path = f"{settings.root_path}/setup"
    if settings.public_url:
        yield settings.public_url + path
    scheme = "https" if settings.tls_cert else "http"
    listen = settings.listen
    for name in _listening(listen, names):
        yield f"{scheme}://{Address(name, listen.port)}{path}"


def _listening(listen: Address, names: Sequence[str]) -> Sequence[str]:
    """All of `names` where every address is listened on, else those that may lead to the one."""
    if not HostPort(listen.host, None).address:
        return [listen.host]
    if ip_address(listen.host).is_unspecified:
        # 0.0.0.0 has no IPv6; :: has both.
        return [each for each in names if ":" in listen.host or ":" not in each]
    return [*(each for each in names if not HostPort(each, None).address), listen.host]
