"""Whatever goes wrong between us and a catalog: its last rows stand, the reason is one sentence, the next try heals."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.fakes import delivery, redirects, statuses
from tests.fakes.image_server import PRODUCTS, ImageServer
from tests.fakes.rules import Fault
from tests.fakes.web import WebServer
from tests.remote.catalogs.shelves import Moment, answered, names, put_list, shelf, state

FAULTS: list[Fault] = [
    *(statuses.status(code) for code in (204, 206, 301, 400, 401, 403, 404, 407, 410, 418, 429, 451, 500, 502, 504)),
    statuses.cloudflare(),
    statuses.html_page(),
    statuses.empty(),
    statuses.hap429(),
    redirects.redirect_loop(),
    redirects.redirect("http://10.0.0.1/list.json"),
    redirects.redirect("file:///etc/passwd"),
    statuses.too_many_requests("120"),
    delivery.drop_after(20),
    delivery.drop_after(20, reset=True),
    delivery.no_answer(),
    delivery.no_answer(reset=True),
    delivery.clean_short(30),
    delivery.clean_short(0),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("kind", ["list", "server"])
def test_the_last_rows_stand(
    tmp_path: Path, web: WebServer, kind: str, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    moment = Moment()
    if kind == "list":
        address, path = put_list(web, "/list.json", "my/image"), "/list.json"
    else:
        images = ImageServer(web, "/images")
        images.publish("my/image", incus=b"m", rootxz=b"r")
        address, path = images.url, f"/images{PRODUCTS}"
    here = shelf(tmp_path, address, moment=moment)
    assert names(here) == ["my/image"]
    web.files[path] += b"\n"  # so that it is sent again
    rule = web.inject(fault, path)
    moment.lifetime_passes()
    here.refresh()
    assert names(here) == ["my/image"]
    assert here.stale
    error = str(state(here, address).error)
    assert error
    assert "\n" not in error
    assert len(error) < 300
    assert "Traceback" not in caplog.text
    assert any(error in record.getMessage() for record in caplog.records)
    web.rules.remove(rule)
    moment.retry_is_due()
    assert names(here) == ["my/image"]
    assert state(here, address).error is None
    assert not here.stale


def test_a_catalog_that_rate_limits_us_for_a_moment_is_asked_again(tmp_path: Path, web: WebServer) -> None:
    web.inject(statuses.hap429(), times=3)
    here = shelf(tmp_path, address := put_list(web, "/list.json", "my/image"))
    assert names(here) == ["my/image"]
    assert state(here, address).error is None
    answered(web, 429, 429, 429, 200)


def test_a_catalog_that_rate_limits_us_for_long_is_left_after_five_pauses(tmp_path: Path, web: WebServer) -> None:
    web.inject(statuses.hap429())
    here = shelf(tmp_path, address := put_list(web, "/list.json", "my/image"))
    assert names(here) == []
    assert "rate limited" in str(state(here, address).error).lower()
    answered(web, *[429] * 6)


@pytest.mark.parametrize("fault", [delivery.chunked(), delivery.until_close()], ids=lambda fault: fault.name)
def test_a_body_of_unknown_length_is_fine(tmp_path: Path, web: WebServer, fault: Fault) -> None:
    web.inject(fault)
    assert names(shelf(tmp_path, put_list(web, "/list.json", "my/image"))) == ["my/image"]
