from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.errors import AddressNotAllowed, Conflict, InvalidAnswer, InvalidInput, NotFound, Unavailable
from imagedepot.remote.catalogs.catalog_set import CatalogSet
from imagedepot.remote.catalogs.source import BUILTIN
from imagedepot.service.catalogs import CatalogService
from tests.fakes import statuses
from tests.fakes.web import WebServer
from tests.remote.catalogs.shelves import Moment, names, put_list, shelf


class Here:
    """The service over a shelf, with the setting as the service puts it."""

    def __init__(self, folder: Path, *addresses: str) -> None:
        self.moment = Moment()
        self.shelf: CatalogSet = shelf(folder, *addresses, moment=self.moment)
        self.setting: list[str] = []
        self.read_only = False
        self.service = CatalogService(self.shelf, self.change, look=0.02)

    def change(self, text: str) -> None:
        if self.read_only:
            raise Conflict("IMAGEDEPOT_CATALOGS is set in the environment and cannot be changed here")
        self.setting.append(text)
        self.shelf.put([each for each in text.split(",") if each])


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    here = Here(tmp_path, BUILTIN)
    yield here
    here.service.close()


def test_every_catalog_is_reported_with_what_it_gave(here: Here) -> None:
    (state,) = here.service.all()
    assert (state.address, state.title, state.format) == (BUILTIN, "Built-in catalog", "Image Depot")
    assert state.rows > 100
    assert (state.skipped, state.error, state.fetched) == (0, None, here.moment.now)


def test_a_catalog_that_can_be_read_is_added_and_there_at_once(here: Here, web: WebServer) -> None:
    address = put_list(web, "/list.json", "my/image", "NOT A NAME")
    states = here.service.add(f" {address} ")
    assert [(state.address, state.rows, state.skipped) for state in states[1:]] == [(address, 1, 1)]
    assert states[1].title == web.host
    assert here.setting == [f"{BUILTIN},{address}"]
    assert "my/image" in names(here.shelf)
    assert web.requests.count() == 1


def test_one_that_cannot_be_read_is_refused_with_its_reason_and_nothing_changes(here: Here, web: WebServer) -> None:
    web.put("/page.json", b"<html></html>")
    web.inject(statuses.status(503), "/down.json")
    for address, error, why in (
        (f"{web.url}/page.json", InvalidAnswer, "this address returns a web page, not a catalog"),
        (f"{web.url}/down.json", Unavailable, "answered 503"),
        ("http://10.0.0.1/list.json", AddressNotAllowed, "private address"),
        ("/etc/passwd", InvalidAnswer, "not JSON"),
        ("/no/such/file", Unavailable, "No such file"),
    ):
        with pytest.raises(error, match=why) as failure:
            here.service.add(address)
        assert address in str(failure.value)
    assert here.setting == []
    assert len(here.service.all()) == 1


@pytest.mark.parametrize(
    "address",
    [
        *("", "list.json", "ftp://x.example/a", "file:///etc/passwd", "javascript:alert(1)", "https://u:p@x.example/a"),
        *("https://x.example/a?b=c", "https://x.example/a,b", "https://x.example/a b", "/a\nb"),
    ],
)
def test_what_is_no_address_is_refused(here: Here, address: str) -> None:
    with pytest.raises(InvalidInput):
        here.service.add(address)


def test_the_same_one_twice_is_a_conflict(here: Here) -> None:
    with pytest.raises(Conflict, match="already"):
        here.service.add(BUILTIN)


def test_a_removed_catalog_takes_its_rows_along(here: Here, web: WebServer) -> None:
    address = put_list(web, "/list.json", "my/image")
    here.service.add(address)
    assert [state.address for state in here.service.remove(BUILTIN)] == [address]
    assert names(here.shelf) == ["my/image"]
    assert here.service.remove(address) == []
    assert names(here.shelf) == []
    with pytest.raises(NotFound):
        here.service.remove(address)


def test_what_the_environment_sets_cannot_be_changed(here: Here, web: WebServer) -> None:
    here.read_only = True
    with pytest.raises(Conflict, match="environment"):
        here.service.add(put_list(web, "/list.json", "my/image"))
    with pytest.raises(Conflict, match="environment"):
        here.service.remove(BUILTIN)
    assert len(here.service.all()) == 1


def test_a_refresh_asks_at_once_and_tells_who_failed(here: Here, web: WebServer) -> None:
    address = put_list(web, "/list.json", "my/image")
    here.service.add(address)
    put_list(web, "/list.json", "my/image", "my/other")
    assert here.service.refresh()[1].rows == 2
    web.inject(statuses.status(503))
    failed = here.service.refresh()[1]
    assert (failed.rows, failed.error) == (2, f"{web.host} answered 503")


def test_catalogs_are_kept_fresh_although_nobody_looks(tmp_path: Path, web: WebServer) -> None:
    here = Here(tmp_path, put_list(web, "/list.json", "my/image"))
    came = threading.Event()
    here.shelf.listen(lambda now: came.set() if now.rows else None)
    here.service.start()
    try:
        assert came.wait(20)
        here.moment.lifetime_passes()
        web.requests.wait_for(lambda log: log.count("/list.json") == 2)
        here.shelf.put([put_list(web, "/new.json", "my/new")])
        web.requests.wait_for(lambda log: log.count("/new.json") == 1)
    finally:
        here.service.close()
