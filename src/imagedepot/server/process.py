"""The service as a process: two servers in one event loop, from the first line of its log to its last."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import threading
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import uvloop

from imagedepot import __version__, app
from imagedepot.config import Settings
from imagedepot.database.stored import has_stored_users
from imagedepot.errors import DepotError, InvalidInput, InvalidSetting
from imagedepot.files.exposure import exposure
from imagedepot.files.locks import data_dir_lock
from imagedepot.model.access.audit import AuditEvent
from imagedepot.model.access.role import Role
from imagedepot.server.connections import Connections, most_connections, raise_descriptor_limit
from imagedepot.server.http_server import HttpServer
from imagedepot.server.setup_links import print_links
from imagedepot.server.shutdown import Shutdown
from imagedepot.server.sockets import control_socket, listening, shown
from imagedepot.server.systemd.notify import ServiceManager
from imagedepot.server.systemd.watchdog import beat
from imagedepot.server.tls.authority import Authority
from imagedepot.server.tls.certificate import ServedCertificate
from imagedepot.service.access.access import Access
from imagedepot.service.audit.log import audit
from imagedepot.wiring.database import place_of
from imagedepot.wiring.services import Services, open_services

ADMIN = "admin"
_MOST_CONTROL = 128  # connections to the control socket
_HSTS = {"Strict-Transport-Security": "max-age=31536000"}  # a year
_YOUNG = 20_000
"""Objects that a running service makes before Python looks for garbage among them."""
_log = logging.getLogger("imagedepot")


def serve(settings: Settings, ending: Shutdown) -> None:
    """Run the service until `ending` reports SIGTERM or Ctrl-C. Raises a `DepotError` when it cannot start."""
    manager = ServiceManager.taken_from(os.environ)
    password = _first_password(settings)
    served = None
    if settings.tls_cert and settings.tls_key:
        served = ServedCertificate(settings.tls_cert, settings.tls_key, Authority(settings.data_dir))
    _warn_of_exposed(*([settings.admin_password_file] if password is not None else []), settings.tls_key)
    _warn_of_exposed(settings.oidc_client_secret_file if settings.oidc_issuer else None)
    with ExitStack() as stack:
        try:
            sockets = stack.enter_context(listening(settings.listen))
        except DepotError:
            # A second service on the same folder fails because of the folder, not of the port that both want.
            with data_dir_lock(settings.data_dir):
                raise
        services = stack.enter_context(open_services(settings))
        _add_first_user(services, password)
        most = most_connections(raise_descriptor_limit())
        metrics = app.metrics_of(services)
        network = HttpServer(
            app.build(services, metrics),
            Connections(most, most // 2),
            tls=served.context if served else None,
            trusts_proxy=settings.expects_proxy,
            proxies=[str(network) for network in settings.sign_in_proxies],
            headers=_HSTS if settings.hsts else {},
        )
        local = HttpServer(app.build(services, metrics, control=True), Connections(_MOST_CONTROL, _MOST_CONTROL))
        addresses = shown(settings.listen, sockets, served is not None)
        _log.info("Image Depot %s listens on %s; its data is in %s", __version__, addresses, settings.data_dir)
        _warn(settings, services.access)
        if services.setup.is_open:
            print_links(settings, services.setup.code)
        if served is not None:
            stack.enter_context(served.watched())
        control = stack.enter_context(control_socket(settings.data_dir))
        # What is here now stays: it need not be looked through for garbage again, and garbage is made from now on.
        gc.freeze()
        gc.set_threshold(_YOUNG)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run({network: sockets, local: [control]}, services, ending, manager, addresses))
    _log.info("stopped")


def _warn(settings: Settings, access: Access) -> None:
    """Log which settings are left out, and what is unsafe, or will not work, in how the service is reached."""
    for name, reason in settings.refused.items():
        _log.warning(
            "the setting %s, changed at run time, is ignored: %s; `imagedepot settings reset %s` forgets it",
            name,
            reason,
            name,
        )
    if settings.expects_proxy and not access.has_users and settings.listen.is_loopback:
        _log.warning(
            "%s expects a reverse proxy, and no user is defined: until `imagedepot user add NAME` has made one, what "
            "comes through the proxy is refused",
            settings.proxy_setting,
        )
    if not settings.listen.is_loopback and settings.tls_cert is None:
        _log.warning(
            "other machines can reach %s, and IMAGEDEPOT_TLS_CERT is not set: passwords and sessions cross the network "
            "unencrypted",
            settings.listen,
        )


def _first_password(settings: Settings) -> str | None:
    """The administrator's first password, for a service without a user. Raises `InvalidSetting`."""
    if has_stored_users(place_of(settings)):
        return None
    file = settings.admin_password_file
    if file is not None:
        try:
            return file.read_text().rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidSetting("IMAGEDEPOT_ADMIN_PASSWORD_FILE", f"{file} cannot be read") from error
    if not settings.listen.is_loopback and not settings.setup:
        raise InvalidSetting(
            "IMAGEDEPOT_LISTEN",
            f"other machines can reach {settings.listen}, no user is defined, and IMAGEDEPOT_SETUP is no: first run "
            "`imagedepot user add NAME`, or set IMAGEDEPOT_ADMIN_PASSWORD_FILE to a file with the password of the user "
            "admin",
        )
    return None


def _warn_of_exposed(*files: Path | None) -> None:
    for file in files:
        if file is not None and (warning := exposure(file)):
            _log.warning("%s", warning)


def _add_first_user(services: Services, password: str | None) -> None:
    access = services.access
    if password is None or access.has_users:
        return
    try:
        access.add(ADMIN, password, Role.ADMIN)
    except InvalidInput as error:
        raise InvalidSetting("IMAGEDEPOT_ADMIN_PASSWORD_FILE", str(error)) from error
    audit.info("added the administrator %s", ADMIN)
    services.audit.record(AuditEvent.by_owner("user.add", ADMIN))


async def _run(
    servers: dict[HttpServer, list[socket.socket]],
    services: Services,
    ending: Shutdown,
    manager: ServiceManager,
    addresses: str,
) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.call_soon_threadsafe(_stop, list(servers), services, manager)

    reports = asyncio.create_task(_report(list(servers), services, manager, addresses))
    with ending.by(stop):
        await asyncio.gather(*(server.serve(sockets) for server, sockets in servers.items()))
    reports.cancel()


async def _report(servers: list[HttpServer], services: Services, manager: ServiceManager, addresses: str) -> None:
    for server in servers:
        await server.listens.wait()
    manager.ready(f"Listening on {addresses}")
    threads = {"downloads": lambda: services.downloads.is_alive, "audit": lambda: services.audit.is_alive}
    threads |= {f"transfers {number}": partial(_moves, server) for number, server in enumerate(servers, 1)}
    await beat(manager, threads)


def _moves(server: HttpServer) -> bool:
    return server.lanes.is_alive


def _stop(servers: list[HttpServer], services: Services, manager: ServiceManager) -> None:
    manager.stopping()
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # requests that are cut off from here on are no news
    for server in servers:
        server.should_exit = True
    # In a thread, because a download may be writing; streams of events end by it, and so do their connections.
    threading.Thread(target=_stop_work, args=(services,), daemon=True).start()


def _stop_work(services: Services) -> None:
    services.feed.close()
    services.downloads.close()
