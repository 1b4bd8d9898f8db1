"""From services to the ASGI application: the registry face, the REST face, and the web UI behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware

import imagedepot
from imagedepot import ui
from imagedepot.api.audit.actions import action_of
from imagedepot.api.encoded.compressed import Compressed
from imagedepot.api.http.answers import handle_failures
from imagedepot.api.http.guard import Guard, Open
from imagedepot.api.http.hosts import Hosts
from imagedepot.api.http.paths import Paths
from imagedepot.api.http.routes import routes
from imagedepot.api.http.up_to_date import UpToDate
from imagedepot.api.monitoring.health import PROBES, HealthCalls, health_routes
from imagedepot.api.monitoring.request_watch import RequestWatch
from imagedepot.api.services import Parts
from imagedepot.api.v1.operations import operations
from imagedepot.registry.client_watch import ClientWatch
from imagedepot.registry.services import RegistryServices
from imagedepot.wiring.served.clients import open_client_configs
from imagedepot.wiring.served.host_names import host_names
from imagedepot.wiring.services import Services

if TYPE_CHECKING:
    from imagedepot.api.monitoring.metrics import Metrics


def build(services: Services, metrics: Metrics | None = None, control: bool = False) -> Starlette:
    """`metrics` has the figures of both applications; None for no figures. `control`: the application of the control
    socket, whose callers own the service. It has no registry face, and no web UI."""
    settings, record = services.settings, services.audit.record
    known = operations(parts_of(services))
    figures = metrics.routes if metrics is not None else ()
    if control:
        front = [
            Middleware(RequestWatch, trusts_proxy=False, figures=metrics),
            Middleware(Paths, prefix=settings.root_path),
            Middleware(Open, access=services.access),
        ]
    else:
        guard = Middleware(
            Guard,
            access=services.access,
            setup=services.setup,
            hosts=Hosts(settings.listen.host, settings.allowed_hosts, host_names()),
            free={(each.method, each.address) for each in known if each.free},
            misdirected=ui.misdirected,
            proxy_sign_in=services.proxy_sign_in,
            probes=PROBES,
            guarded=[route.path for route in figures],
            record=record,
        )
        registry = RegistryServices(
            services.access,
            services.setup,
            services.repositories,
            services.content,
            services.pushing.uploads,
            services.mounts,
            services.pushing.pushes,
            services.registry_tokens,
            lambda: services.in_force.now.anonymous_pull,
            settings.public_url,
            record,
        )
        front = [
            Middleware(RequestWatch, trusts_proxy=settings.expects_proxy, figures=metrics),
            Middleware(ClientWatch, requests=services.client_requests),
            Middleware(registry.face),
            Middleware(Paths, prefix=settings.root_path),
            guard,
            Middleware(Compressed),
        ]
    if services.fleet is not None:
        front.insert(1, Middleware(UpToDate, catch_up=services.fleet.feed.catch_up, prefix=settings.root_path))
    health = HealthCalls(services.readiness, lambda: services.traffic.failures)
    app = Starlette(routes=[*health_routes(health), *figures, *routes(known, record, action_of)], middleware=front)
    app.router.redirect_slashes = False
    handle_failures(app)
    if not control:
        ui.mount(app, settings.root_path)
    return app


def metrics_of(services: Services) -> Metrics | None:
    """The figures of the service; None where a setting wants none."""
    if not services.settings.metrics:
        return None
    # Late: nothing of the library is needed where it is switched off.
    from imagedepot.api.monitoring.collector import Measured
    from imagedepot.api.monitoring.metrics import Metrics

    return Metrics(
        Measured(
            imagedepot.__version__,
            services.downloads,
            services.mirror,
            services.space,
            services.upstreams.registry.limits.snapshot,
            services.traffic,
            services.readiness,
        )
    )


def parts_of(services: Services) -> Parts:
    """The services that the REST face is given."""
    settings = services.settings
    return Parts(
        version=imagedepot.__version__,
        platform=services.in_force.platform,
        root_path=settings.root_path,
        access=services.access,
        setup=services.setup,
        openid=services.openid,
        images=services.images,
        stores_in_use=services.stores.status,
        engines_seen=services.stores.seen,
        downloads=services.downloads,
        loading=services.loading,
        engine_loads=services.engine_loads,
        feed=services.feed,
        space=services.space,
        repair=services.repair,
        settings=services.changes,
        switching=services.switching,
        limits=services.upstreams.registry.limits.snapshot,
        logins=services.upstreams.logins,
        catalogs=services.catalogs,
        icons=services.icons,
        mirror=services.mirror,
        notifications=services.notifications,
        client_configs=open_client_configs(services.in_force, lambda: services.access.has_users),
        client_requests=services.client_requests,
        updates=services.updates,
        audit=services.audit,
    )
