"""Pictures of every page, laptop and phone, light and dark: `make screenshots`, into `screenshots/`.

Everything is real: the service, a registry, Debian's Chromium; Docker Hub is the fake of the tests. Look at each one
before a change of the web UI is called done.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.service import Service
from tests.fakes import delivery
from tests.fakes.hub import FakeHub
from tests.ground.images import push_image, push_index, random_layer
from tests.ground.registry import DockerRegistry
from tests.ui.visit import ARGUMENTS, CHROMIUM, LAPTOP, PHONE, Visit

FOLDER = Path("screenshots")
SCREENS = {"laptop": LAPTOP, "phone": PHONE}
_BASE = 9_000_000
# name, tag, bytes of each further layer
_INSTALLED = (
    ("jellyfin/jellyfin", "latest", (22_000_000, 6_000_000)),
    ("library/postgres", "16", (12_000_000, 500_000)),
    ("library/postgres", "17", (13_000_000, 500_000)),
    ("library/redis", "7", (3_000_000,)),
    ("library/redis", "latest", (4_000_000,)),
    ("library/nginx", "alpine", (1_200_000,)),
    ("linuxserver/plex", "latest", (18_000_000,)),
    ("vaultwarden/server", "latest", (5_000_000, 700_000)),
    ("syncthing/syncthing", "latest", (2_500_000,)),
)
_JELLYFIN = {
    "Entrypoint": ["/jellyfin/jellyfin"],
    "WorkingDir": "/jellyfin",
    "Env": ["PATH=/usr/local/bin:/usr/bin", "LC_ALL=en_US.UTF-8", "JELLYFIN_DATA_DIR=/config", "XDG_CACHE_HOME=/cache"],
    "ExposedPorts": {"8096/tcp": {}, "8920/tcp": {}, "1900/udp": {}},
    "Volumes": {"/config": {}, "/cache": {}},
    "Labels": {"org.opencontainers.image.licenses": "GPL-2.0", "org.opencontainers.image.title": "Jellyfin"},
}
Act = Callable[[Page], None]


def _nothing(page: Page) -> None:
    """The page as it opens."""


def _remove(page: Page) -> None:
    page.get_by_role("button", name="Actions for redis").click()
    page.get_by_role("menuitem", name="Remove…").click()


def _choose(page: Page) -> None:
    page.get_by_role("searchbox").fill("grafana")
    page.get_by_role("button", name="Tag and platform of Grafana").first.click()
    page.get_by_role("combobox", name="Platform").click()


def _select(page: Page) -> None:
    for name in ("postgres", "redis"):
        page.get_by_role("checkbox", name=f"Select {name}").check()


def _layers(page: Page) -> None:
    page.get_by_role("button", name="Show layers").first.click()


# What is shown under which name: an address, and what is done there first.
PAGES: dict[str, tuple[str, Act]] = {
    "images": ("/", _nothing),
    "images-selected": ("/", _select),
    "images-remove": ("/", _remove),
    "image": ("/images/docker/jellyfin/jellyfin/latest", _nothing),
    "image-layers": ("/images/docker/postgres/17?view=layers", _nothing),
    "image-tags": ("/images/docker/redis/latest?view=tags", _nothing),
    "image-json": ("/images/docker/redis/latest?view=json", _nothing),
    "discover-appcenter": ("/discover/appcenter", _nothing),
    "discover-choose": ("/discover/appcenter", _choose),
    "discover-official": ("/discover/official", _nothing),
    "discover-dockerhub": ("/discover/dockerhub?q=nginx", _nothing),
    "discover-reference": ("/discover/reference", _nothing),
    "downloads": ("/downloads", _layers),
    "space": ("/space", _nothing),
    "mirror": ("/mirror", _nothing),
    "mirror-machines": ("/mirror/machines", _nothing),
    **{
        f"settings-{section}": (f"/settings/{section}", _nothing)
        for section in ("general", "users", "tokens", "catalogs", "registries", "stores")
    },
    "nowhere": ("/nowhere", _nothing),
}


def main(folder: Path = FOLDER, only: str = "") -> None:
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        with _world(Path(temporary)) as service:
            for name, (path, act) in PAGES.items():
                if only in name:
                    _shoot(browser, service.url, folder, name, path, act)
            if only in "welcome":
                _shoot(browser, service.url, folder, "welcome", "/", _nothing, welcomed=False)
            service.post("/users", {"username": "ada", "password": "correct horse", "is_admin": True})
            if only in "login":
                _shoot(browser, service.url, folder, "login", "/", _nothing)
        if only in "empty":
            with Service(Path(temporary) / "empty") as service:
                _shoot(browser, service.url, folder, "empty", "/", _nothing)
                _shoot(browser, service.url, folder, "empty-downloads", "/downloads", _nothing)
        if only in "setup":
            service = Service(Path(temporary) / "reachable")
            service.environment["IMAGEDEPOT_LISTEN"] = f"0.0.0.0:{service.port}"
            with service:
                _shoot(browser, service.url, folder, "setup", "/setup#code=K7QX-2M3N", _nothing, welcomed=False)
        browser.close()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}/", file=sys.stderr)


def _shoot(browser: Browser, url: str, folder: Path, name: str, path: str, act: Act, *, welcomed: bool = True) -> None:
    for screen, viewport in SCREENS.items():
        for scheme in ("light", "dark"):
            visit = Visit(browser, url, viewport=viewport, scheme=scheme, welcomed=welcomed)
            page = visit.go(path)
            page.wait_for_timeout(900)
            act(page)
            page.wait_for_timeout(500)
            page.screenshot(path=folder / f"{name}-{screen}-{scheme}.png")
            visit.end()


@contextmanager
def _world(folder: Path) -> Iterator[Service]:
    """A depot as somebody has it after some weeks: images, an update, a failure, downloads under way."""
    registry = DockerRegistry(folder / "registry").start()
    try:
        with FakeHub(registry.url) as hub:
            _push(registry.url)
            with Service(folder / "data", hub_url=hub.url, registry_url=hub.url, bandwidth="50MB/s") as service:
                for name, tag, _ in _INSTALLED:
                    service.download(name.removeprefix("library/"), tag)
                service.download("nosuch/image")
                push_image(registry.url, "library/redis", "latest", [random_layer(4_100_000, 999)])
                hub.cdn.rules.inject(delivery.slow(120_000))
                for name in ("homeassistant/home-assistant", "grafana/grafana"):
                    service.post(f"/image/dockerhub/docker/{name}/latest/download")
                time.sleep(3)
                yield service
    finally:
        registry.stop()


def _push(url: str) -> None:
    base = random_layer(_BASE, 1)
    for number, (name, tag, sizes) in enumerate(_INSTALLED):
        layers = [base, *(random_layer(size, number * 10 + n) for n, size in enumerate(sizes, 2))]
        push_image(url, name, tag, layers, config=_JELLYFIN if "jellyfin" in name else None)
    push_image(url, "homeassistant/home-assistant", "latest", [base, random_layer(40_000_000, 998)])
    push_index(url, "grafana/grafana", "latest", ["linux/amd64", "linux/arm64", "linux/arm/v7"], layer_size=40_000_000)


if __name__ == "__main__":
    main(only=sys.argv[1] if len(sys.argv) > 1 else "")
