"""One question to the Hub API: as nobody first, logged in where that helps, never longer than its time."""

from __future__ import annotations

import json
import threading
import time
from urllib.parse import parse_qs

import pytest

from imagedepot.errors import DepotError, InvalidAnswer, InvalidSetting, TimedOut, UpstreamDenied, UpstreamNotFound
from imagedepot.model.access.login import Login
from imagedepot.model.hub import page_on_hub
from imagedepot.model.names.reference import DOCKER_HUB, Reference
from imagedepot.remote.hub.api import HubApi
from imagedepot.remote.hub.hub import Hub
from tests.fakes import delivery, statuses
from tests.fakes.hub import FakeHub
from tests.fakes.hub_area import Area
from tests.fakes.hub_data import community, official
from tests.fakes.message import Answer, Request
from tests.remote.clients import KnownLogins, transport
from tests.remote.scripted import Scripted

ADA = Login("ada", "lovelace")
SECRET = Reference.parse("ada/secret")


@pytest.fixture
def fake(fake_hub: FakeHub) -> FakeHub:
    fake_hub.accounts["ada"] = "lovelace"
    fake_hub.add(community("ada/secret", "Hers alone", private=True, owner="ada"))
    return fake_hub


def hub(fake: FakeHub, login: Login | None = None, seconds: float = 30.0) -> Hub:
    logins = KnownLogins({fake.host: login} if login else {})
    return Hub(HubApi(transport(), logins, fake.url, seconds))


def logins_at(fake: FakeHub) -> int:
    return fake.requests.count("/v2/auth/token") + fake.requests.count("/v2/users/login")


def test_what_is_public_is_asked_as_nobody(fake: FakeHub) -> None:
    assert hub(fake, ADA).details(Reference.parse("redis")).name == "redis"
    assert logins_at(fake) == 0
    assert all(each.authorization is None for each in fake.requests)


def test_a_private_repository_needs_its_owners_login(fake: FakeHub) -> None:
    with pytest.raises(UpstreamNotFound, match="the details of ada/secret does not exist on Docker Hub"):
        hub(fake).details(SECRET)
    told = hub(fake, ADA).details(SECRET)
    assert (told.description, told.is_private) == ("Hers alone", True)


def test_a_session_is_kept_for_the_next_question(fake: FakeHub) -> None:
    known = hub(fake, ADA)
    known.details(SECRET)
    known.details(SECRET)
    assert logins_at(fake) == 1


def test_a_session_that_ended_early_is_given_up(fake: FakeHub) -> None:
    known = hub(fake, ADA)
    known.details(SECRET)
    fake.login.expire_all()
    with pytest.raises(UpstreamNotFound):
        known.details(SECRET)
    assert known.details(SECRET).is_private


def test_a_refused_login_is_not_tried_again_and_again(fake: FakeHub) -> None:
    known = hub(fake, Login("ada", "babbage"))
    for _ in range(3):
        with pytest.raises(UpstreamNotFound):
            known.details(SECRET)
    assert logins_at(fake) == 1


@pytest.mark.parametrize("login", [Login("", "", "identity"), Login("ada", "")], ids=["identity token", "no password"])
def test_what_is_no_password_is_not_sent(fake: FakeHub, login: Login) -> None:
    with pytest.raises(UpstreamNotFound):
        hub(fake, login).details(SECRET)
    assert logins_at(fake) == 0


def test_two_factors_end_as_nobody(fake: FakeHub) -> None:
    fake.login.two_factor.add("ada")
    with pytest.raises(UpstreamNotFound):
        hub(fake, ADA).details(SECRET)


def test_where_the_new_way_to_log_in_is_unknown_the_old_one_is_tried(fake: FakeHub) -> None:
    fake.rules.inject(statuses.status(404), "/v2/auth/token")
    assert hub(fake, ADA).details(SECRET).is_private
    assert logins_at(fake) == 2


def test_a_login_lifts_a_limit_of_strangers(fake: FakeHub) -> None:
    limited = Answer.json(429, {"detail": "Rate limit exceeded"})
    fake.rules.inject(
        statuses.instead("429", limited),
        "/api/search/v4",
        when=lambda request: request.header("Authorization") is None,
    )
    assert hub(fake, ADA).search.page("nginx", 0, 5).images[0].icon, "v4 alone has icons"


def test_a_login_for_docker_hub_is_not_sent_to_a_stand_in(fake: FakeHub) -> None:
    known = KnownLogins({DOCKER_HUB: ADA})
    with pytest.raises(UpstreamNotFound):
        Hub(HubApi(transport(), known, fake.url)).details(SECRET)
    assert logins_at(fake) == 0
    assert known.asked == [(fake.host, "")]


def test_docker_hubs_own_places_are_known() -> None:
    for url in ("", "https://hub.docker.com", "https://hub.docker.com/", "https://hub.docker.com/v2/"):
        api = HubApi(transport(), KnownLogins(), url)
        assert (api.base, api.index) == ("https://hub.docker.com", "https://index.docker.io")
    api = HubApi(transport(), KnownLogins(), "http://127.0.0.1:5080/")
    assert (api.base, api.index) == ("http://127.0.0.1:5080",) * 2


@pytest.mark.parametrize("url", ["hub", "ftp://hub.lan", "http://me:word@hub.lan"])
def test_a_place_that_is_none_names_its_setting(url: str) -> None:
    with pytest.raises(InvalidSetting, match="IMAGEDEPOT_HUB_URL"):
        HubApi(transport(), KnownLogins(), url)


@pytest.mark.parametrize("fault", [delivery.slow(20), None], ids=["a byte at a time", "not a byte"])
def test_a_question_has_its_time_and_no_more(fake: FakeHub, fault: object) -> None:
    fake.inject_into(fault or delivery.stalled(fake.gate()), {Area.DETAIL})  # type: ignore[arg-type]
    began = time.monotonic()
    with pytest.raises(TimedOut, match=r"did not answer the details of redis within 0\.2 seconds"):
        hub(fake, seconds=0.2).details(Reference.parse("redis"))
    assert time.monotonic() - began < 10  # a busy machine takes a while for the rest


def test_no_thread_stays_behind(fake: FakeHub) -> None:
    known = hub(fake)
    known.details(Reference.parse("redis"))
    assert not any(isinstance(each, threading.Timer) and not each.finished.is_set() for each in threading.enumerate())


def test_a_page_for_browsers_is_not_parsed(fake: FakeHub) -> None:
    fake.inject_into(statuses.cloudflare(), {Area.DETAIL})
    with pytest.raises(UpstreamDenied, match=r"a web page \(a browser check\) instead of the details of redis"):
        hub(fake).details(Reference.parse("redis"))


def test_nothing_is_no_answer(fake: FakeHub) -> None:
    fake.inject_into(statuses.empty(), {Area.DETAIL})
    with pytest.raises(InvalidAnswer, match="answered with nothing"):
        hub(fake).details(Reference.parse("redis"))


def test_details_are_reported_as_they_are(fake: FakeHub) -> None:
    fake.add(official("told", "In short", stars=7, pulls=9, full_description="# Told\r\n\tcode\x1b[31m\n"))
    told = hub(fake).details(Reference.parse("told"))
    assert (told.description, told.stars, told.pulls, told.is_private) == ("In short", 7, 9, False)
    assert told.readme == "# Told\n    code\n"


def test_a_name_cannot_leave_its_place_in_the_url() -> None:
    asked = []

    def answer(request: object) -> Answer:
        asked.append(request.path)  # type: ignore[attr-defined]
        return Answer.json(200, json.loads('{"name": "x"}'))

    with Scripted(answer) as server:
        Hub(HubApi(transport(), KnownLogins(), server.url)).details(Reference.parse("a/b__c.d-e"))
    assert asked == ["/v2/namespaces/a/repositories/b__c.d-e"]


def test_the_list_of_official_images_is_read_to_its_end(fake: FakeHub) -> None:
    names = [image.name for image in hub(fake).official_images()]
    assert names == sorted(row.name for row in fake.repositories.values() if row.official)
    asked = [each.query for each in fake.requests]
    assert asked == [f"page={page}&page_size=100&ordering=name" for page in (1, 2)]


def test_a_second_page_that_fails_fails_the_list(fake: FakeHub) -> None:
    fake.inject_into(statuses.status(500), {Area.LIST}, skip=1)
    with pytest.raises(DepotError, match="the list of official images"):
        hub(fake).official_images()


def test_pages_for_people() -> None:
    assert page_on_hub("redis") == "https://hub.docker.com/_/redis"
    assert page_on_hub("lgsd/diamond") == "https://hub.docker.com/r/lgsd/diamond"


@pytest.mark.parametrize("more", [False, True])
def test_a_list_of_tags_that_ends_with_the_last_page_we_read_is_whole(more: bool) -> None:
    def page(request: Request) -> Answer:
        number = int(parse_qs(request.query)["page"][0])
        follows = number < 50 or more
        return Answer.json(200, {"results": [{"name": f"v{number}"}], "next": "https://next" if follows else None})

    with Scripted(page) as server:
        listed = Hub(HubApi(transport(), KnownLogins(), server.url)).tags(Reference.parse("ada/many"))
    assert len(listed.tags) == 50
    assert bool(listed.gap) is more
