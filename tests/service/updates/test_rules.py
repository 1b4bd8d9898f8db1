"""What rules do: which one counts, when a download begins, what stays, what goes, and what a preview says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest

from imagedepot.errors import Conflict, InvalidInput, NotFound, StorageFailure, Unavailable, UpstreamDenied
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.digest import Digest
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.following.updates import UpdateAction, UpdateRule
from imagedepot.model.image import ImageRequest, ImageType
from imagedepot.model.names.reference import TagList
from imagedepot.service.updates.plan import Outcome
from tests.service.kit import request
from tests.service.updates.house import DAY, HOUR, NOON, LocalImages, UpdatesHouse, far_image

DOWNLOAD = UpdateRule("*", UpdateAction.DOWNLOAD)


def digests(house: UpdatesHouse) -> list[str]:
    """The short digests of what the kit's images of lab/app are listed by."""
    return [each.tag for each in house.kit.store.images() if ":" in each.tag]


def present(house: UpdatesHouse, tag: str = "1") -> str:
    return str(next(each.digest for each in house.kit.store.images() if each.tag == tag))


def outcomes(house: UpdatesHouse, rule: UpdateRule | None = None) -> list[Outcome]:
    return [plan.outcome for plan in house.updates.preview(rule)]


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("lab/app7", True),
        ("lab/app7:1", True),
        ("lab/app7:2", False),
        ("lab/*", True),
        ("*:1", True),
        ("*", True),
        ("lab/app", False),
        ("registry.lan:5000/lab/app7", False),
    ],
)
def test_a_pattern_is_for_names_or_for_tags(house: UpdatesHouse, pattern: str, fits: bool) -> None:
    house.rules.put(UpdateRule(pattern, UpdateAction.OFF))
    assert (house.rules.of(far_image(7)).action is UpdateAction.OFF) == fits


def test_of_several_rules_the_longest_pattern_counts(house: UpdatesHouse) -> None:
    for pattern in ("*", "lab/*", "lab/app7", "lab/app7:1", "lab/app8"):
        house.rules.put(UpdateRule(pattern))
    assert [house.rules.of(far_image(each)).pattern for each in (7, 8, 9)] == ["lab/app7:1", "lab/app8", "lab/*"]
    house.rules.remove("lab/app7:1")
    assert house.rules.of(far_image(7)).pattern == "lab/app7"
    with pytest.raises(NotFound, match=r"^No rule for updates has the pattern 'lab/app7:1'$"):
        house.rules.remove("lab/app7:1")


def test_rules_outlive_a_restart(house: UpdatesHouse) -> None:
    rule = UpdateRule("lab/*", UpdateAction.DOWNLOAD, 2, "^1", DAY, "02:00-05:00", 6 * HOUR)
    house.rules.put(rule)
    house.open()
    assert house.rules.all()[0] == rule


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (UpdateRule("Not/An Image"), "'Not/An Image' is not a pattern of images: write redis"),
        (UpdateRule("a", keep=1), "Only a rule that downloads can keep versions"),
        (replace(DOWNLOAD, keep=51), "A rule keeps 0 to 50 versions, not 51"),
        (UpdateRule("a", versions="7.2.4"), "'7.2.4' is not a range of versions"),
        (UpdateRule("a", window="at night"), "'at night' is not a maintenance window"),
        (UpdateRule("a", every=timedelta(minutes=5)), "A rule asks at most every 1h"),
        (UpdateRule("a", min_age=400 * DAY), "The minimum age of a rule is 365d at most"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(house: UpdatesHouse, rule: UpdateRule, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        house.rules.put(rule)
    with pytest.raises(InvalidInput, match=sentence):
        house.updates.preview(rule)


def test_without_a_rule_an_update_is_shown_and_not_downloaded(house: UpdatesHouse) -> None:
    house.image(seed=2)
    house.check()
    house.pass_(3 * DAY)
    assert outcomes(house) == [Outcome.NOTIFY]
    assert house.started == []


def test_a_rule_downloads_what_is_newer(house: UpdatesHouse) -> None:
    before = present(house)
    house.rules.put(DOWNLOAD)
    house.image(seed=2)
    house.pass_(1.2 * DAY)
    assert [each.title for each in house.started] == ["lab/app:1"]
    assert present(house) != before
    assert outcomes(house) == [Outcome.CURRENT]
    assert digests(house) == [], "nothing was to be kept"


def test_versions_before_stay_by_their_digests_and_the_oldest_goes(house: UpdatesHouse) -> None:
    house.rules.put(replace(DOWNLOAD, keep=2))
    been = []
    for seed in range(2, 6):
        been.append(present(house))
        house.image(seed=seed)
        house.pass_(1.2 * DAY)
    house.pass_(HOUR)
    assert sorted(digests(house)) == sorted(been[-2:])
    assert house.kit.store.inspect("lab/app", been[-1])["Id"], "it can be run"
    gets = [each for each in house.kit.depot.asked if each.startswith("GET") and "sha256" in each]
    assert len(gets) == 4, "each was looked up by its digest, whose bytes are here"


def test_a_version_that_is_in_use_stays_until_it_is_not(house: UpdatesHouse) -> None:
    class InUse(LocalImages):
        used = ""

        def remove(self, type_: ImageType, name: str, tag: str | None) -> None:
            if tag == self.used:
                raise Conflict(f"{name}@{tag} is used by the container web")
            super().remove(type_, name, tag)

    house.here = here = InUse(house.kit)
    house.open()
    house.rules.put(replace(DOWNLOAD, keep=1))
    here.used = present(house)
    for seed in (2, 3):
        house.image(seed=seed)
        house.pass_(1.2 * DAY)
    assert here.used in digests(house)
    assert len(digests(house)) == 2
    used, here.used = here.used, ""
    house.pass_(HOUR)
    assert used not in digests(house)
    assert len(digests(house)) == 1


def test_what_a_person_asked_for_by_its_digest_is_never_removed(house: UpdatesHouse) -> None:
    house.rules.put(replace(DOWNLOAD, keep=1))
    first = present(house)
    house.image(seed=2)
    house.pass_(1.2 * DAY)
    house._start(request(tag=first))
    for seed in (3, 4, 5):
        house.image(seed=seed)
        house.pass_(1.2 * DAY)
    assert first in digests(house)
    assert len(digests(house)) == 2


def test_what_a_person_asked_for_stays_also_where_that_cannot_be_written_down(house: UpdatesHouse) -> None:
    house.rules.put(replace(DOWNLOAD, keep=1))
    house.image(seed=2)
    house.pass_(1.2 * DAY)
    (kept,) = digests(house)

    def full(*_: object) -> None:
        raise StorageFailure("The database refused a change: database or disk is full")

    house.rows.remove_version = full  # type: ignore[method-assign,assignment]
    house.updater.noticed(Download("9", request("lab/app", kept), DownloadStatus.DONE, house.now, house.now))
    del house.rows.remove_version
    for seed in (3, 4):
        house.image(seed=seed)
        house.pass_(1.2 * DAY)
    assert kept in digests(house)


def test_a_rule_that_is_removed_removes_nothing(house: UpdatesHouse) -> None:
    house.rules.put(replace(DOWNLOAD, keep=2))
    for seed in (2, 3):
        house.image(seed=seed)
        house.pass_(1.2 * DAY)
    house.rules.put(UpdateRule("other", UpdateAction.DOWNLOAD))
    house.rules.remove("*")
    house.pass_(DAY)
    assert len(digests(house)) == 2


def test_what_is_too_young_waits(house: UpdatesHouse) -> None:
    house.rules.put(replace(DOWNLOAD, min_age=3 * DAY))
    house.image(seed=2)
    house.check()
    (plan,) = house.updates.preview()
    assert (plan.outcome, plan.text) == (Outcome.WAIT, "The newer lab/app:1 waits until it is 3d old")
    assert plan.until == NOON + 3 * DAY
    house.pass_(2.9 * DAY)
    assert house.started == []
    house.pass_(0.2 * DAY)
    assert len(house.started) == 1


def test_downloads_wait_for_the_window_in_local_time(house: UpdatesHouse) -> None:
    east = timezone(timedelta(hours=2))  # 14:00 at noon in UTC
    house.updates._local = lambda moment: moment.astimezone(east)
    house.rules.put(replace(DOWNLOAD, window="02:00-05:00"))
    house.image(seed=2)
    house.check()
    (plan,) = house.updates.preview()
    assert (plan.outcome, plan.until) == (Outcome.WAIT, datetime.fromisoformat("2026-11-25T00:00:00+00:00"))
    house.pass_(11.9 * HOUR)
    assert house.started == []
    house.pass_(0.3 * HOUR)
    assert len(house.started) == 1


def test_a_download_that_fails_is_tried_again_an_interval_later(house: UpdatesHouse) -> None:
    tries = []

    def fails(wanted: ImageRequest) -> None:
        tries.append(house.now)
        raise Unavailable("the disk is full")

    house.updates._begin = fails  # type: ignore[assignment]  # it returns nothing, since it raises
    house.rules.put(DOWNLOAD)
    house.image(seed=2)
    house.check()
    house.pass_(0.9 * DAY)
    assert len(tries) == 1
    house.pass_(1.2 * DAY)
    assert [b - a >= DAY for a, b in pairwise(tries)] in ([True], [True, True])


def test_versions_are_followed_within_their_range(tmp_path: Path) -> None:
    house = UpdatesHouse(tmp_path)
    for tag in ("7.2.3", "7.4.1", "7.4.2", "8.0.0"):
        house.image(f"lab/app:{tag}", seed=len(tag) + int(tag.replace(".", "")))
    house.kit.pull(request("lab/app", "7.2.3"))
    house.kit.depot.asked.clear()
    house.offered["lab/app"] = ["7.2.3", "7.4.1", "8.0.0", "latest", "7.4.3-rc1"]
    house.updates.put_rule(replace(DOWNLOAD, versions="^7.2", keep=0))
    house.pass_(HOUR)
    assert [each.title for each in house.started] == ["lab/app:7.4.1"]
    assert house.kit.names() == ["lab/app:7.2.3", "lab/app:7.4.1"], "what a person downloaded stays"
    assert house.kit.depot.asked[0] == "HEAD lab/app:7.4.1"
    assert {plan.outcome for plan in house.updates.preview()} <= {Outcome.CURRENT, Outcome.UNKNOWN}
    house.offered["lab/app"] = [*house.offered["lab/app"], "7.4.2"]
    house.pass_(2.4 * DAY)
    assert house.kit.names() == ["lab/app:7.2.3", "lab/app:7.4.2"], "what the rule brought before goes"
    assert len(house.lists) <= 5, "a list for the repository and interval, and one for each new tag"
    house.close()


def test_tags_tell_what_is_newer_also_where_no_digest_is_known(house: UpdatesHouse) -> None:
    house.image("lab/app0:7.4.1")
    house.here.images = [replace(far_image(0), tag="7.2.3", digest=None)]
    house.offered["lab/app0"] = ["7.2.3"]
    house.rules.put(UpdateRule("*", versions="^7.2"))
    house.check()
    known = house.known("lab/app0", "7.2.3")
    assert (known.update, known.error) == (False, "")
    house.offered["lab/app0"] = ["7.2.3", "7.4.1"]
    house.now += HOUR
    house.check()
    known = house.known("lab/app0", "7.2.3")
    assert (known.version, known.error) == ("7.4.1", "")


def test_a_check_of_two_tags_asks_about_both_with_one_list(house: UpdatesHouse) -> None:
    house.here.images = [replace(far_image(0), tag=tag) for tag in ("7.2.3", "8.0.0")]
    house.offered["lab/app0"] = ["7.2.3", "8.0.0"]
    house.rules.put(UpdateRule("*", versions=">=7"))
    house.check()
    house.now += HOUR
    house.lists.clear()
    house.check()
    assert [each.check.tried for each in house.updates.all().updates if each.check] == [house.now] * 2
    assert house.lists == ["lab/app0"]


def test_a_check_whose_list_of_tags_fails_says_so_of_each_tag(house: UpdatesHouse) -> None:
    house.here.images = [replace(far_image(0), tag=tag) for tag in ("7.2.3", "8.0.0")]
    house.rules.put(UpdateRule("*", versions=">=7"))

    def refuse(*_: object) -> TagList:
        raise UpstreamDenied("docker.io wants a login")

    house.checker._questions.tags = refuse  # type: ignore[method-assign,assignment]
    house.check()
    assert [each.error for each in house.updates.all().updates] == ["docker.io wants a login"] * 2


def test_a_rule_that_changes_is_looked_at_soon(house: UpdatesHouse) -> None:
    house.bring("lab/db:10.10.1", seed=4)
    house.check()
    house.offered["lab/db"] = ["10.10.1", "10.10.7", "10.11.0"]
    house.kit.depot.asked.clear()
    house.image("lab/db:10.10.7", seed=5)
    house.updates.put_rule(UpdateRule("lab/db", versions="~10.10"))
    house.pass_(HOUR)
    assert house.known("lab/db", "10.10.1").version == "10.10.7"
    assert house.kit.depot.asked == ["HEAD lab/db:10.10.7"], "others have their time"
    assert house.heard[-1].facts["latest"] == "10.10.7"


def test_a_preview_says_what_a_rule_would_do_and_changes_nothing(house: UpdatesHouse) -> None:
    house.image(seed=2)
    house.check()
    assert outcomes(house) == [Outcome.NOTIFY]
    (plan,) = house.updates.preview(replace(DOWNLOAD, keep=1))
    assert plan.outcome is Outcome.DOWNLOAD
    assert plan.text == "The newer lab/app:1 is downloaded, and lab/app:1 of now stays by its digest"
    assert outcomes(house, UpdateRule("lab/*", UpdateAction.OFF)) == [Outcome.OFF]
    assert outcomes(house, replace(DOWNLOAD, versions="^1")) == [Outcome.UNKNOWN]
    house.pass_(HOUR)
    assert (house.started, house.rules.is_set(DOWNLOAD)) == ([], False)


def test_the_platform_and_what_is_known_of_an_image_go_along(house: UpdatesHouse) -> None:
    house.rules.put(DOWNLOAD)
    house.image(seed=2)
    house.pass_(1.2 * DAY)
    (wanted,) = house.started
    assert (wanted.depot, str(wanted.platform)) == (DOCKERHUB, "linux/amd64")
    assert Digest.try_parse(present(house)) is not None
