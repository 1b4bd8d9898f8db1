"""When what is sent, by a clock that the test moves: grouping, the rate limit, retries, and the end of patience."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from imagedepot.model.notices.happening import Event
from imagedepot.model.notices.notification import Notice
from imagedepot.service.notifications.schedule import GROUP, MOST_AN_HOUR, MOST_IN_ONE, MOST_WAITING, Batch, Schedule
from imagedepot.service.notifications.wording import worded
from tests.service.notifications.kit import NOON, Clock, happening


def notice(number: int, seconds: float = 0, delivery: str = "") -> Notice:
    return Notice(number, 1, happening(f"news {number}", NOON + timedelta(seconds=seconds)), delivery)


def taken(schedule: Schedule, clock: Clock) -> list[int]:
    batch = schedule.take(clock.now)
    return [each.id for each in batch.notices] if batch else []


def test_what_happens_together_goes_into_one_message() -> None:
    schedule, clock = Schedule(), Clock()
    assert schedule.seconds_left(clock.now) is None
    for number, seconds in ((1, 0), (2, 5), (3, 19)):
        schedule.add(notice(number, seconds))
    assert schedule.seconds_left(clock.now) == 20
    assert taken(schedule, clock) == []
    clock.pass_(20)
    assert schedule.seconds_left(clock.now) == 0
    assert taken(schedule, clock) == [1, 2, 3]


def test_the_next_message_waits_as_long_again() -> None:
    schedule, clock = Schedule(), Clock()
    schedule.add(notice(1))
    clock.pass_(20)
    taken(schedule, clock)
    schedule.arrived(clock.now)
    schedule.add(notice(2, 1))
    clock.pass_(19)
    assert taken(schedule, clock) == []
    clock.pass_(1)
    assert taken(schedule, clock) == [2]


def test_an_hour_has_no_more_messages_than_the_limit_and_nothing_is_lost() -> None:
    schedule, clock, sent = Schedule(), Clock(), []
    for number in range(MOST_AN_HOUR + 10):
        schedule.add(notice(number, (clock.now - NOON).total_seconds()))
        clock.pass_(GROUP.total_seconds())
        if batch := schedule.take(clock.now):
            sent.append((clock.now, batch))
            schedule.arrived(clock.now)
    assert len(sent) == MOST_AN_HOUR
    wait = schedule.seconds_left(clock.now)
    assert wait is not None
    assert clock.now + timedelta(seconds=wait) == sent[0][0] + timedelta(hours=1)
    clock.pass_(wait)
    assert taken(schedule, clock) == list(range(MOST_AN_HOUR, MOST_AN_HOUR + 10))


def test_a_message_that_failed_is_the_same_one_again_after_longer_and_longer_pauses() -> None:
    schedule, clock = Schedule(), Clock()
    schedule.add(notice(1))
    clock.pass_(20)
    first = schedule.take(clock.now)
    pauses = []
    for _ in range(12):
        assert not schedule.failed(clock.now)
        schedule.add(notice(2))
        wait = schedule.seconds_left(clock.now)
        assert wait is not None
        pauses.append(wait)
        assert schedule.take(clock.now) is None
        clock.pass_(wait)
        assert schedule.take(clock.now) == first
    assert pauses[:4] == [15, 30, 60, 120]
    assert pauses[-1] == 3600


def test_a_receiver_that_asks_for_a_pause_gets_it() -> None:
    schedule, clock = Schedule(), Clock()
    schedule.add(notice(1))
    clock.pass_(20)
    schedule.take(clock.now)
    schedule.failed(clock.now, wait=500)
    assert schedule.seconds_left(clock.now) == 500


def test_after_a_day_a_message_is_given_up_and_the_next_one_has_its_turn() -> None:
    schedule, clock = Schedule(), Clock()
    schedule.add(notice(1))
    clock.pass_(20)
    schedule.take(clock.now)
    assert not schedule.failed(clock.now)
    clock.pass_(24 * 3600)
    schedule.add(notice(2, 24 * 3600))
    assert [each.id for each in schedule.take(clock.now).notices] == [1]  # type: ignore[union-attr]
    assert schedule.failed(clock.now)
    clock.pass_(20)
    assert taken(schedule, clock) == [2]


def test_too_many_that_wait_cost_the_oldest_and_the_message_says_so() -> None:
    schedule, clock = Schedule(), Clock()
    dropped = [schedule.add(notice(number)) for number in range(MOST_WAITING + 3)]
    assert [each.id for each in dropped if each] == [0, 1, 2]
    assert len(schedule) == MOST_WAITING
    clock.pass_(20)
    batch = schedule.take(clock.now)
    assert batch is not None
    assert (batch.lost, len(batch.notices), batch.notices[0].id) == (3, MOST_IN_ONE, 3)
    assert worded(batch, clock.now).text.endswith("3 earlier ones were left out: too many waited.")
    schedule.arrived(clock.now)
    clock.pass_(20)
    rest = schedule.take(clock.now)
    assert rest is not None
    assert rest.lost == 0


def test_what_a_restart_interrupted_goes_at_once_under_its_old_id() -> None:
    left = [notice(1, delivery="abc"), notice(2, delivery="abc"), notice(3)]
    schedule, clock = Schedule(left), Clock()
    batch = schedule.take(clock.now)
    assert batch == Batch("abc", (left[0], left[1]))
    schedule.arrived(clock.now)
    clock.pass_(20)
    assert taken(schedule, clock) == [3]


def test_one_happening_is_told_as_it_is_and_many_are_counted() -> None:
    one = worded(Batch("1", (notice(1),)), NOON)
    assert (one.title, one.text) == ("Image Depot: Download finished", "news 1")
    failed = replace(notice(4), happening=happening("it broke", event=Event.FAILED))
    many = worded(Batch("1", (notice(1), notice(2), notice(2), failed)), NOON)
    assert many.title == "Image Depot: 3 downloads finished, download failed"
    assert many.text == "news 1\nnews 2 (2 times)\nit broke"


def test_a_long_message_ends_with_how_many_more_there_are() -> None:
    long = worded(Batch("1", tuple(notice(number) for number in range(100))), NOON)
    assert len(long.text.splitlines()) == 41
    assert long.text.endswith("and 60 more")
    assert len(long.happenings) == 100
