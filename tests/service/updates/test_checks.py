"""What upstreams are asked, how often, and what is remembered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.errors import ImageNotFound, NetworkLost, RateLimited, UpstreamDenied
from imagedepot.model.digest import Digest
from imagedepot.model.following.updates import UpdateAction, UpdateRule
from imagedepot.model.image import ImageRequest, ResolvedOci
from imagedepot.model.limits import Limits
from imagedepot.model.notices.happening import Event
from tests.ground.waiting import wait_until
from tests.service.kit import ScriptedDepot
from tests.service.updates.house import DAY, HOUR, NOON, UpdatesHouse, far_image


def test_an_update_is_asked_for_once_in_ten_minutes(house: UpdatesHouse) -> None:
    first = house.ask()
    assert (first.update, first.error) == (False, "")
    house.now += timedelta(seconds=599)
    assert house.ask() == first
    assert house.kit.depot.asked == ["HEAD lab/app:1"]
    house.image(seed=3)
    house.now += timedelta(seconds=2)
    newer = house.ask()
    assert newer.update is True
    assert newer.check is not None
    assert newer.check.upstream != newer.image.digest
    house.kit.pull()
    assert house.known().update is False, "a new image is not judged by its old answer"


def test_an_upstream_that_is_away_is_asked_again_soon(house: UpdatesHouse) -> None:
    house.kit.depot.errors = [NetworkLost("no way to the registry")]
    away = house.ask()
    assert (away.update, away.error) == (None, "no way to the registry")
    assert house.ask() == away
    house.now += timedelta(seconds=31)
    assert house.ask().update is False


def test_what_is_not_here_has_no_update(house: UpdatesHouse) -> None:
    with pytest.raises(ImageNotFound, match=r"^Image not found: lab/absent:1$"):
        house.ask("lab/absent")
    assert house.kit.depot.asked == []


def test_a_failure_keeps_the_last_answer_and_says_why_it_is_old(house: UpdatesHouse) -> None:
    house.image(seed=3)
    assert house.ask().update is True
    house.now += HOUR
    house.kit.depot.errors = [UpstreamDenied("docker.io wants a login")]
    old = house.ask()
    assert (old.update, old.error) == (True, "docker.io wants a login")
    assert old.check is not None
    assert (old.check.checked, old.check.tried) == (NOON, NOON + HOUR)


def test_answers_outlive_a_restart(house: UpdatesHouse) -> None:
    house.image(seed=3)
    house.check()
    before = house.known()
    house.open()
    assert house.known() == before
    house.pass_(DAY)
    assert house.kit.depot.asked == ["HEAD lab/app:1"], "its time has not come"


def test_an_update_is_announced_once_with_its_size(house: UpdatesHouse) -> None:
    house.image(seed=3)
    house.check()
    house.now += HOUR
    house.check()
    assert house.kit.depot.asked == ["HEAD lab/app:1"] * 2
    upstream = next(iter(house.kit.depot.images["lab/app:1"].values())).root.digest
    (happening,) = house.heard
    assert (happening.event, happening.subject) == (Event.UPDATE_AVAILABLE, "lab/app:1")
    assert (happening.facts["latest"], happening.facts["size"]) == (str(upstream), 4321)
    assert house.sizes == ["lab/app:1"]
    house.image(seed=4)
    house.now += HOUR
    house.check()
    assert len(house.heard) == 2


def test_elsewhere_the_size_is_what_is_not_here_yet(house: UpdatesHouse) -> None:
    house.bring("registry.lan/lab/app:1", seed=5)
    image = house.kit.depot.add("registry.lan/lab/app:1", b"x" * 700)
    house.check()
    check = house.known("registry.lan/lab/app").check
    assert check is not None
    assert check.size == 700 + image.config.size
    assert house.sizes == [], "Docker Hub is not asked about the images of others"


def test_what_is_gone_is_forgotten(house: UpdatesHouse) -> None:
    house.check()
    house.kit.store.remove("lab/app", "1")
    house.updates.step()
    assert list(house.rows.checks()) == []


class CountingDepot(ScriptedDepot):
    """Notes every HEAD of a check, by image and time; no other question is allowed, and every image is up to date."""

    def __init__(self) -> None:
        super().__init__()
        self.now: Callable[[], datetime] = lambda: NOON
        self.heads: list[tuple[str, datetime]] = []
        self.error: Exception | None = None

    def current(self, request: ImageRequest, cancellation: Cancellation, *, is_check: bool = False) -> Digest:
        assert is_check, "this would count as a pull"
        self.heads.append((request.title, self.now()))
        if self.error is not None:
            raise self.error
        return Digest.of(request.name.encode())

    def resolve(self, request: ImageRequest, known: Digest | None, cancellation: Cancellation) -> ResolvedOci:
        raise AssertionError("this would count as a pull")


class Crowd(UpdatesHouse):
    """`hold(5000)`: so many images are here."""

    def __init__(self, folder: Path) -> None:
        self.origin = CountingDepot()
        super().__init__(folder, self.origin)
        self.origin.now = lambda: self.now
        self.rows.in_memory = True

    def hold(self, number: int, host: str = "") -> CountingDepot:
        self.here.images = [far_image(each, host) for each in range(number)]
        return self.origin


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Crowd]:
    crowd = Crowd(tmp_path)
    yield crowd
    crowd.close()


def test_five_thousand_tags_cost_one_head_each_and_day_spread_over_it(crowd: Crowd) -> None:
    origin = crowd.hold(5000)
    crowd.pass_(DAY)
    assert len(origin.heads) == 5000
    assert set(Counter(title for title, _ in origin.heads).values()) == {1}
    crowd.pass_(1.2 * DAY)
    times: dict[str, list[datetime]] = {}
    for title, time in origin.heads:
        times.setdefault(title, []).append(time)
    assert min(b - a for each in times.values() for a, b in pairwise(each)) >= DAY
    hours = Counter((time - NOON) // HOUR for _, time in origin.heads)
    assert max(hours.values()) < 500, "no hour has more than its share"
    assert crowd.lists == crowd.sizes == []


def test_a_low_limit_makes_checks_rarer(crowd: Crowd) -> None:
    crowd.limits = Limits(limit=100, remaining=10)
    origin = crowd.hold(20)
    crowd.pass_(4 * DAY)
    assert len(origin.heads) == 20
    crowd.limits = Limits(limit=100, remaining=90)
    crowd.pass_(3 * DAY)
    assert len(origin.heads) > 40


def test_the_limit_of_docker_hub_is_not_that_of_others(crowd: Crowd) -> None:
    crowd.limits = Limits(limit=100, remaining=0)
    origin = crowd.hold(5, "registry.lan/")
    crowd.pass_(3.5 * DAY)
    assert len(origin.heads) == 20


def test_an_upstream_that_limits_us_is_left_in_peace_for_all_its_images(crowd: Crowd) -> None:
    origin = crowd.hold(50)
    origin.error = RateLimited("Too many requests", until=NOON + 6 * HOUR)
    crowd.pass_(5 * HOUR)
    assert len(origin.heads) <= 4, "those that were asked at once"
    origin.error = None
    crowd.pass_(5 * HOUR)
    assert len({title for title, _ in origin.heads}) == 50


def test_without_a_network_nobody_was_asked_and_it_is_tried_again_soon(crowd: Crowd) -> None:
    origin = crowd.hold(1)
    origin.error = NetworkLost("no way out")
    crowd.pass_(2 * HOUR)
    assert len(origin.heads) > 3
    origin.error = UpstreamDenied("a login is wanted")
    crowd.pass_(HOUR)
    before = len(origin.heads)
    crowd.pass_(20 * HOUR)
    assert len(origin.heads) == before, "an answer, also a bad one, is one for the whole interval"


def test_a_question_that_breaks_costs_neither_the_others_nor_its_own_next_time(
    crowd: Crowd, caplog: pytest.LogCaptureFixture
) -> None:
    origin = crowd.hold(3)
    origin.error = RecursionError("maximum recursion depth exceeded")
    crowd.pass_(DAY)
    assert "lab/app1:1 could not be asked about" in caplog.text
    assert Counter(title for title, _ in origin.heads) == {f"lab/app{each}:1": 1 for each in range(3)}
    origin.error = None
    crowd.pass_(1.2 * DAY)
    assert [each.update for each in crowd.updates.all().updates] == [False] * 3


def test_the_thread_outlives_a_round_that_breaks(house: UpdatesHouse) -> None:
    rounds: list[None] = []

    def breaks_once() -> float:
        rounds.append(None)
        if len(rounds) == 1:
            house.updates.check()  # wakes it at once
            raise RuntimeError("dictionary changed size during iteration")
        return 60.0

    house.updates.step = breaks_once  # type: ignore[method-assign]
    house.updates.start()
    wait_until(lambda: len(rounds) == 2)


def test_what_was_downloaded_a_moment_ago_needs_no_check(crowd: Crowd) -> None:
    origin = crowd.hold(1)
    crowd.here.images = [replace(far_image(1), installed_at=NOON)]
    crowd.pass_(23 * HOUR)
    assert origin.heads == []
    crowd.pass_(4 * HOUR)
    assert len(origin.heads) == 1


def test_a_rule_can_leave_images_out(crowd: Crowd) -> None:
    origin = crowd.hold(10)
    crowd.rules.put(UpdateRule("lab/*", UpdateAction.OFF))
    crowd.rules.put(UpdateRule("lab/app3", UpdateAction.NOTIFY, every=HOUR))
    crowd.pass_(2 * HOUR)
    assert {title for title, _ in origin.heads} == {"lab/app3:1"}
    assert crowd.updates.check() == 1


def test_what_is_pushed_here_or_named_by_a_digest_is_not_asked_about(crowd: Crowd) -> None:
    origin = crowd.hold(0)
    image = far_image(1)
    crowd.here.images = [replace(image, name="depot.internal/lab/app"), replace(image, tag=str(image.digest))]
    crowd.pass_(3 * DAY)
    assert crowd.updates.check() == 0
    assert origin.heads == []
    assert [each.update for each in crowd.updates.all().updates] == [False, False]
