from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime
from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.errors import AddressNotAllowed, InvalidAnswer, Unavailable, UpstreamNotFound
from imagedepot.remote.catalogs.entry import Parsed
from imagedepot.remote.catalogs.source import BUILTIN, FRESH, Source, State
from tests.fakes import delivery, statuses
from tests.fakes.image_server import INDEX, PRODUCTS, ImageServer
from tests.fakes.message import Answer, Gate
from tests.fakes.web import WebServer
from tests.remote.catalogs.shelves import LONG_AGO, Moment, answered, names, put_list, shelf, state
from tests.remote.scripted import Scripted


def test_an_address_and_a_file_and_the_built_in_catalog_stand_side_by_side(tmp_path: Path, web: WebServer) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"templates": [{"type": 1, "title": "Filed", "image": "my/filed"}]}')
    here = shelf(tmp_path, put_list(web, "/list.json", "my/served"), str(file), BUILTIN)
    assert {"my/filed", "my/served", "jellyfin/jellyfin"} <= set(names(here))


def test_no_request_is_sent_before_rows_are_wanted(tmp_path: Path, web: WebServer) -> None:
    here = shelf(tmp_path, put_list(web, "/list.json", "redis"), BUILTIN)
    assert [row.name for row in here.now().rows if row.name == "redis" and not row.architecture] == []
    assert len(here.now().rows) > 100
    assert len(web.requests) == 0


@pytest.mark.parametrize("validator", ["tags", "dates"])
def test_what_has_not_changed_is_not_sent_again(tmp_path: Path, web: WebServer, validator: str) -> None:
    web.tags, web.dates = validator == "tags", validator == "dates"
    address, moment = put_list(web, "/list.json", "redis"), Moment()
    here = shelf(tmp_path, address, moment=moment)
    rows = here.complete().rows
    moment.lifetime_passes()
    assert here.complete().rows is rows
    answered(web, 200, 304)
    assert state(here, address).fetched == moment.now


def test_what_has_changed_is_listed(tmp_path: Path, web: WebServer) -> None:
    moment = Moment()
    here = shelf(tmp_path, put_list(web, "/list.json", "redis"), moment=moment)
    assert names(here) == ["redis"]
    put_list(web, "/list.json", "nginx")
    assert names(here) == ["redis"], "it is fresh"
    moment.lifetime_passes()
    assert names(here) == ["nginx"]


def test_a_start_without_a_network_has_the_rows_of_before(tmp_path: Path, web: WebServer) -> None:
    images = ImageServer(web, "/images")
    images.publish("debian/bookworm", incus=b"m", rootxz=b"r")
    addresses, moment = (put_list(web, "/list.json", "redis"), images.url), Moment()
    assert names(shelf(tmp_path, *addresses, moment=moment)) == ["debian/bookworm", "redis"]
    web.inject(statuses.status(503))
    moment.lifetime_passes()
    again = shelf(tmp_path, *addresses, moment=moment)
    assert names(again) == ["debian/bookworm", "redis"]
    assert again.stale
    assert "503" in str(state(again, addresses[0]).error)


def test_what_is_kept_and_fresh_is_not_asked_for_after_a_restart(tmp_path: Path, web: WebServer) -> None:
    address = put_list(web, "/list.json", "redis")
    shelf(tmp_path, address).complete()
    again = shelf(tmp_path, address)
    assert (names(again), again.stale, len(web.requests)) == (["redis"], False, 1)


def test_a_kept_copy_that_is_torn_is_fetched_again(tmp_path: Path, web: WebServer) -> None:
    address = put_list(web, "/list.json", "redis")
    shelf(tmp_path, address).complete()
    (body,) = (tmp_path / "catalogs").glob("*.0")
    body.write_bytes(body.read_bytes()[:-1])
    assert names(shelf(tmp_path, address)) == ["redis"]
    answered(web, 200, 200)


@pytest.mark.parametrize(
    ("content", "error"), [(b"{broken", InvalidAnswer), (b"<html></html>", InvalidAnswer), (None, UpstreamNotFound)]
)
def test_a_catalog_that_went_bad_keeps_its_last_rows(
    tmp_path: Path, web: WebServer, content: bytes | None, error: type[Exception]
) -> None:
    address, moment = put_list(web, "/list.json", "redis"), Moment()
    here = shelf(tmp_path, address, moment=moment)
    here.complete()
    web.files.clear() if content is None else web.put("/list.json", content)
    moment.lifetime_passes()
    assert (names(here), here.stale) == (["redis"], True)
    assert isinstance(state(here, address).error, error)
    put_list(web, "/list.json", "nginx")
    moment.retry_is_due()
    assert (names(here), here.stale) == (["nginx"], False)


def test_a_failed_catalog_is_left_alone_for_a_while(tmp_path: Path, web: WebServer) -> None:
    web.inject(statuses.status(500))
    moment = Moment()
    here = shelf(tmp_path, f"{web.url}/list.json", moment=moment)
    for _ in range(3):
        here.complete()
    assert len(web.requests) == 1
    moment.retry_is_due()
    here.complete()
    assert len(web.requests) == 2


def test_a_catalog_that_hangs_holds_up_nobody_for_long_and_the_others_not_at_all(
    tmp_path: Path, web: WebServer
) -> None:
    gate = Gate()
    web.inject(delivery.stalled(gate), "/hangs.json")
    listed = put_list(web, "/list.json", "redis")
    here = shelf(tmp_path, f"{web.url}/hangs.json", listed, patience=2.0, silence_seconds=60.0)
    for _ in range(2):
        began = time.monotonic()
        assert names(here) == ["redis"]
        assert time.monotonic() - began < 20.0
    assert time.monotonic() - began < 2.0, "its time is over"
    here.close()
    gate.open()


def test_closing_ends_what_is_under_way(tmp_path: Path, web: WebServer) -> None:
    gate = Gate()
    web.inject(delivery.stalled(gate))
    here = shelf(tmp_path, f"{web.url}/hangs.json", silence_seconds=60.0)
    asking = threading.Thread(target=here.refresh)
    asking.start()
    gate.wait_reached()
    here.close()
    asking.join(60)
    assert not asking.is_alive()


def test_many_who_ask_at_once_are_one_question(tmp_path: Path, web: WebServer) -> None:
    gate = Gate()
    web.inject(delivery.stalled(gate))
    here = shelf(tmp_path, put_list(web, "/list.json", "redis"), silence_seconds=30.0)
    asking = [threading.Thread(target=here.refresh) for _ in range(5)]
    for thread in asking:
        thread.start()
    gate.wait_reached()
    gate.open()
    for thread in asking:
        thread.join(60)
    assert names(here) == ["redis"]
    assert len(web.requests) == 1


def test_what_was_answered_while_somebody_looked_is_not_asked_again(tmp_path: Path, web: WebServer) -> None:
    gate = Gate()

    class Slow(Moment):
        """One thread looks at the clock, and stands there."""

        def __call__(self) -> datetime:
            now = super().__call__()
            if threading.current_thread().name.startswith("slow"):
                gate.pass_through()
            return now

    moment = Slow()
    here = shelf(tmp_path, put_list(web, "/list.json", "my/image"), moment=moment)
    assert names(here) == ["my/image"]
    moment.lifetime_passes()
    with ThreadPoolExecutor(1, "slow") as slow, ThreadPoolExecutor(1) as quick:
        first = slow.submit(names, here)
        gate.wait_reached()
        other = quick.submit(names, here)
        wait([other], timeout=0.5)
        gate.open()
        assert first.result(60) == other.result(10) == ["my/image"]
    assert len(web.requests) == 2


def test_a_catalog_is_due_until_what_came_is_reported() -> None:
    seen: list[bool] = []

    class Arrived:
        def begin(self) -> None:
            return None

        def fetch(self, before: State, cancellation: Cancellation) -> State:
            return State("x", Parsed("list", ()), fetched=Moment()())

    source = Source("x", Arrived(), lambda: seen.append(source.is_due()), Moment())
    source.refresh(Cancellation())
    assert seen == [True], "else somebody would neither wait for it nor have it"
    assert not source.is_due()


def test_an_image_server_is_known_by_its_base_address_or_its_index(tmp_path: Path, web: WebServer) -> None:
    images = ImageServer(web, "/mirror")
    images.publish("debian/bookworm", incus=b"m", rootxz=b"r")
    for number, address in enumerate((images.url, f"{images.url}/", f"{images.url}{INDEX}")):
        here = shelf(tmp_path / str(number), address)
        assert names(here) == ["debian/bookworm"], address
        assert state(here, address).parsed.format == "simplestreams"


def test_an_image_server_sends_its_list_once(tmp_path: Path, web: WebServer) -> None:
    images, moment = ImageServer(web, "/mirror"), Moment()
    images.publish("debian/bookworm", incus=b"m", rootxz=b"r")
    here = shelf(tmp_path, images.url, moment=moment)
    here.complete()
    web.requests.clear()
    moment.lifetime_passes()
    here.complete()
    answered(web, 304, 304)
    assert [each.path.removeprefix("/mirror") for each in web.requests] == [INDEX, PRODUCTS]


def test_what_is_no_catalog_and_no_image_server_says_the_first_of_both(tmp_path: Path, web: WebServer) -> None:
    web.put("/some/page", b"<html>hello</html>")
    here = shelf(tmp_path, f"{web.url}/some/page")
    here.complete()
    assert str(state(here, f"{web.url}/some/page").error) == "This address returns a web page, not a catalog"


def test_a_catalog_has_a_largest_size(tmp_path: Path) -> None:
    endless = Answer(200, (), (b" " * (1 << 20) for _ in range(1 << 20)), None)
    with Scripted(endless) as server:
        here = shelf(tmp_path, f"{server.url}/list.json")
        here.refresh()
        assert "16,777,216" in str(state(here, f"{server.url}/list.json").error)


@pytest.mark.parametrize("address", ["http://169.254.169.254/latest/meta-data", "http://10.0.0.1/list.json"])
def test_an_address_leads_only_where_an_administrator_may_send_us(tmp_path: Path, address: str) -> None:
    here = shelf(tmp_path, address)
    here.refresh()
    assert isinstance(state(here, address).error, AddressNotAllowed)


def test_files_are_read_again_when_they_change(tmp_path: Path) -> None:
    file, moment = tmp_path / "mine.json", Moment()
    file.write_text('[{"title": "One", "image": "my/one"}]')
    here = shelf(tmp_path, str(file), moment=moment)
    rows = here.complete().rows
    moment.lifetime_passes()
    assert here.complete().rows is rows
    file.write_text('[{"title": "Two", "image": "my/other"}]')
    moment.lifetime_passes()
    assert names(here) == ["my/other"]
    file.unlink()
    moment.lifetime_passes()
    assert (names(here), here.stale) == (["my/other"], True)
    assert str(state(here, str(file)).error) == f"{file} cannot be read: No such file or directory"


def test_a_pipe_a_folder_and_a_giant_are_no_catalogs(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with (tmp_path / "giant").open("wb") as file:
        file.truncate(1 << 40)
    for name in ("pipe", "folder", "giant"):
        address = str(tmp_path / name)
        here = shelf(tmp_path, address)
        here.refresh()
        assert state(here, address).error is not None, name


def test_catalogs_that_stay_keep_what_they_have_and_others_are_forgotten(tmp_path: Path, web: WebServer) -> None:
    stays, goes = put_list(web, "/a.json", "a/a"), put_list(web, "/b.json", "b/b")
    here = shelf(tmp_path, stays, goes)
    here.complete()
    here.put([put_list(web, "/c.json", "c/c"), stays])
    assert names(here) == ["a/a", "c/c"]
    assert web.requests.count("/a.json") == 1
    assert len(list((tmp_path / "catalogs").glob("*.json"))) == 2


def test_each_listener_hears_of_each_change(tmp_path: Path, web: WebServer) -> None:
    heard: list[int] = []
    here = shelf(tmp_path, put_list(web, "/list.json", "redis"))
    here.listen(lambda now: heard.append(len(now.rows)))
    here.complete()
    here.put([])
    assert heard == [0, 1, 0]


def test_a_name_of_the_built_in_catalog_is_found_on_the_image_server(tmp_path: Path, web: WebServer) -> None:
    images = ImageServer(web)
    items = images.publish("debian/bookworm", incus=b"m", rootxz=b"r")
    here = shelf(tmp_path, BUILTIN, image_server=images.url)
    known = next(each for each in here.listed("debian/bookworm") if each.entry.architecture == "amd64")
    assert len(web.requests) == 0
    pinned = here.pin(known, Cancellation())
    assert pinned.entry.files is not None
    assert pinned.entry.files.fingerprint == items["incus"]["combined_rootxz_sha256"]
    assert pinned.entry.title == "Debian 12 (bookworm)"
    with pytest.raises(UpstreamNotFound, match=r"has no alpine/edge for amd64"):
        here.pin(here.listed("alpine/edge")[0], Cancellation())
    assert web.requests.count(INDEX) == 1


def test_an_image_server_out_of_reach_is_the_reason(tmp_path: Path) -> None:
    here = shelf(tmp_path, BUILTIN, image_server=LONG_AGO)
    with pytest.raises(Unavailable, match=r"images\.invalid"):
        here.pin(here.listed("debian/bookworm")[0], Cancellation())


def test_a_version_is_pinned_as_fresh_as_can_be(tmp_path: Path, web: WebServer) -> None:
    images, moment = ImageServer(web), Moment()
    images.publish("debian/bookworm", serial="20261101", incus=b"m", rootxz=b"r")
    here = shelf(tmp_path, images.url, moment=moment)
    (known,) = here.complete().lxc("debian/bookworm")
    images.publish("debian/bookworm", serial="20261102", incus=b"m", rootxz=b"r")
    assert here.pin(known, Cancellation()).entry.files == known.entry.files
    moment.now += FRESH
    pinned = here.pin(known, Cancellation())
    assert pinned.entry.files is not None
    assert pinned.entry.files.properties["serial"] == "20261102"
    web.inject(statuses.status(503))
    moment.now += FRESH
    assert here.pin(pinned, Cancellation()).entry.files == pinned.entry.files, "better an old one than none"


def test_a_name_that_no_catalog_has_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UpstreamNotFound, match="No catalog has an LXC image no/such"):
        shelf(tmp_path, BUILTIN).listed("no/such")
