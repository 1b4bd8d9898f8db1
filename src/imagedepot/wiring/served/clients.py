"""The facts for the pages on other machines: the service's address, and what keeps them from using it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

from imagedepot.config import Settings
from imagedepot.errors import StorageFailure
from imagedepot.model.names.upstreams import Upstreams
from imagedepot.service.client_config import ClientConfigs, ServiceAddress
from imagedepot.wiring.in_force import InForce


def open_client_configs(in_force: InForce, has_users: Callable[[], bool]) -> ClientConfigs:
    def warnings() -> tuple[str, ...]:
        return tuple(_warnings(in_force.now, has_users()))

    settings = in_force.now
    return ClientConfigs(
        lambda: Upstreams(in_force.now.upstreams).all,
        _address(settings),
        lambda: _authority(settings),
        warnings,
        ServiceAddress.parse(settings.public_url) if settings.public_url else None,
    )


def _address(settings: Settings) -> ServiceAddress:
    listen = settings.listen
    everywhere = listen.host in ("0.0.0.0", "::")  # noqa: S104 - looked for, not bound
    host = f"{socket.gethostname().lower()}:{listen.port}" if everywhere else str(listen)
    return ServiceAddress(host, settings.tls_cert is not None)


def _authority(settings: Settings) -> str:
    """The authority of `imagedepot tls`, if it signed the certificate that the service shows."""
    folder = settings.data_dir / "tls"
    if settings.tls_cert is None or settings.tls_cert.resolve() != (folder / "server.pem").resolve():
        return ""
    try:
        return (folder / "authority.pem").read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise StorageFailure(f"Cannot read {folder / 'authority.pem'}") from error


def _warnings(settings: Settings, has_users: bool) -> Iterator[str]:
    if settings.listen.is_loopback and not settings.allowed_hosts and not settings.public_url:
        yield (
            f"Image Depot listens on this device only ({settings.listen}). Set IMAGEDEPOT_LISTEN to "
            f"0.0.0.0:{settings.listen.port} and restart it, so that other machines reach it."
        )
    if not has_users:
        yield (
            "Other machines are refused until there is an administrator. Add one in Settings, or with "
            "`imagedepot user add NAME`."
        )
