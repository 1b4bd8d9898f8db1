"""Channels: what is sent to whom, what a restart keeps, and that a receiver that hangs or fails holds up nobody."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Conflict, InvalidInput, NotFound, Unavailable, UpstreamDenied
from imagedepot.model.notices.happening import Event
from imagedepot.model.notices.notification import ChannelKind, Target
from imagedepot.service.notifications.channels import MOST_CHANNELS, Notifications
from imagedepot.service.notifications.inbox import MOST, Inbox
from imagedepot.service.notifications.schedule import Schedule
from tests.contracts.memory.notifications import MemoryNotifications
from tests.ground.waiting import wait_until
from tests.service.notifications.kit import Clock, Receiver, happening

TARGET = Target(ChannelKind.NTFY, "https://ntfy.test/a")


class House:
    """Notifications over receivers by address; `again()` is the next start of the service."""

    def __init__(self) -> None:
        self.rows, self.clock = MemoryNotifications(), Clock()
        self.receivers: dict[str, Receiver] = {}
        self.notifications = self._opened()
        self.notifications.start()

    def _opened(self) -> Notifications:
        return Notifications(self.rows, lambda target: self.receiver(target.address), self.clock)

    def receiver(self, name: str) -> Receiver:
        return self.receivers.setdefault(name, Receiver())

    def channel(self, name: str, *events: Event) -> Receiver:
        self.notifications.add(name, replace(TARGET, address=name), events or list(Event))
        return self.receiver(name)

    def tell(self, *texts: str, event: Event = Event.DOWNLOADED) -> None:
        """Something happens, and is known to every channel before a minute passes."""
        for text in texts:
            before = sum(each.waiting for each in self.notifications.all())
            self.notifications.tell(happening(text, self.clock.now, event))
            wait_until(lambda before=before: sum(each.waiting for each in self.notifications.all()) > before)  # type: ignore[misc]

    def later(self, seconds: float = 60) -> None:
        self.clock.pass_(seconds)
        for delivery in self.notifications._deliveries.values():
            delivery.look()

    def again(self) -> None:
        self.notifications.close()
        self.notifications = self._opened()
        self.notifications.start()


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    house.notifications.close()


def test_each_channel_is_told_what_it_wants_in_one_message(house: House) -> None:
    every, failures = house.channel("every"), house.channel("failures", Event.FAILED)
    house.tell("one", "two")
    house.tell("broken", event=Event.FAILED)
    house.later()
    wait_until(lambda: bool(every.got and failures.got))
    assert every.texts == [["one", "two", "broken"]]
    assert failures.texts == [["broken"]]
    wait_until(lambda: house.rows.notices() == [])
    assert all(each.channel.sent == house.clock.now for each in house.notifications.all())


def test_a_receiver_that_hangs_holds_up_neither_the_publisher_nor_the_others(house: House) -> None:
    stuck, well = house.channel("stuck"), house.channel("well")
    stuck.hangs = True
    house.tell("one")
    house.later()
    assert stuck.hanging.wait(20)
    wait_until(lambda: well.texts == [["one"]])
    for number in range(3 * MOST):
        house.notifications.tell(happening(str(number), house.clock.now))
    house.later()
    wait_until(lambda: len(well.got) == 2)
    assert stuck.got == []


def test_what_failed_is_sent_again_and_the_channel_says_why_meanwhile(house: House) -> None:
    receiver = house.channel("shaky")
    receiver.failure = Unavailable("it answered 503")
    house.tell("one")
    house.later()
    wait_until(lambda: house.notifications.all()[0].channel.error == "it answered 503")
    assert house.rows.channels()[0].error == "it answered 503"
    assert len(house.rows.notices()) == 1
    receiver.failure = None
    house.later()
    wait_until(lambda: receiver.texts == [["one"]])
    assert receiver.tried[0].id == receiver.got[0].id
    wait_until(lambda: house.notifications.all()[0].channel.error == "")


def test_what_waits_is_counted_while_no_message_begins_or_ends(house: House) -> None:
    house.channel("one")
    (delivery,) = house.notifications._deliveries.values()
    alone = []

    class Watched(Schedule):
        def __len__(self) -> int:
            alone.append(delivery._changed._is_owned())  # type: ignore[attr-defined]  # private to `threading`
            return super().__len__()

    delivery._schedule.__class__ = Watched
    assert [each.waiting for each in house.notifications.all()] == [0]
    assert alone == [True]


def test_a_fault_of_ours_ends_no_channel(house: House) -> None:
    receiver = house.channel("shaky")
    receiver.failure = ZeroDivisionError("never")
    house.tell("one")
    house.later()
    wait_until(lambda: "internal error" in house.notifications.all()[0].channel.error)
    receiver.failure = None
    house.later()
    wait_until(lambda: receiver.texts == [["one"]])


def test_what_waits_is_kept_over_a_restart_and_sent_under_the_same_id(house: House) -> None:
    receiver = house.channel("away")
    receiver.hangs = True
    house.tell("one")
    house.later()
    assert receiver.hanging.wait(20)
    house.tell("two")
    receiver.hangs = False
    house.again()
    house.later()
    wait_until(lambda: receiver.texts == [["one"], ["two"]])
    assert receiver.tried[0].id == receiver.got[0].id
    wait_until(lambda: house.rows.notices() == [])


def test_a_full_disk_keeps_nobody_from_being_told_of_it(house: House) -> None:
    receiver = house.channel("admin")
    house.rows.full = True
    house.tell("the disk is full", event=Event.LOW_DISK)
    house.later()
    wait_until(lambda: receiver.texts == [["the disk is full"]])


def test_a_channel_that_is_removed_is_sent_nothing_more(house: House) -> None:
    receiver = house.channel("gone")
    house.tell("one")
    id_ = str(house.notifications.all()[0].channel.id)
    assert house.notifications.remove(id_).name == "gone"
    house.later()
    house.notifications.tell(happening("two"))
    assert (house.notifications.all(), house.rows.notices(), receiver.tried) == ([], [], [])
    with pytest.raises(NotFound):
        house.notifications.remove(id_)


def test_a_test_is_sent_at_once_and_its_failure_is_told(house: House) -> None:
    receiver = house.channel("new")
    id_ = str(house.notifications.all()[0].channel.id)
    house.notifications.test(id_, Cancellation())
    assert [(each.title, each.happenings) for each in receiver.got] == [("Image Depot: test", ())]
    assert house.notifications.all()[0].channel.sent == house.clock.now
    receiver.failure = UpstreamDenied("refused")
    with pytest.raises(UpstreamDenied):
        house.notifications.test(id_, Cancellation())
    assert house.notifications.all()[0].channel.error == "refused"
    with pytest.raises(NotFound):
        house.notifications.test("99", Cancellation())


def test_a_webhook_without_a_key_gets_a_strong_one_that_is_told_once(house: House) -> None:
    target = Target(ChannelKind.WEBHOOK, "https://hook.test/")
    _, made = house.notifications.add("hook", target, [Event.FAILED])
    assert made.startswith("whsec_")
    assert len(made) > 43
    assert house.rows.channels()[0].target.secret == made
    assert house.notifications.add("other", replace(target, secret="own"), [Event.FAILED])[1] == ""
    assert made not in repr(house.notifications.all())


@pytest.mark.parametrize(
    ("name", "change", "events"),
    [
        ("", {}, [Event.FAILED]),
        ("x" * 101, {}, [Event.FAILED]),
        ("two\nlines", {}, [Event.FAILED]),
        ("a", {}, []),
        ("a", {"address": "https://ntfy.test/" + "x" * 2000}, [Event.FAILED]),
        ("a", {"secret": "two\r\nlines"}, [Event.FAILED]),
        ("a", {"recipients": ("a@b",) * 21}, [Event.FAILED]),
    ],
)
def test_what_cannot_be_a_channel_is_refused(
    house: House, name: str, change: dict[str, object], events: list[Event]
) -> None:
    with pytest.raises(InvalidInput):
        house.notifications.add(name, replace(TARGET, **change), events)  # type: ignore[arg-type]


def test_names_are_told_apart_and_there_is_an_end_to_channels(house: House) -> None:
    house.channel("Home")
    with pytest.raises(Conflict, match="already"):
        house.channel("home")
    for number in range(MOST_CHANNELS - 1):
        house.channel(str(number))
    with pytest.raises(Conflict, match="remove one"):
        house.channel("one more")


def test_an_inbox_is_bounded_while_it_is_blocked_and_ends_with_what_has_come() -> None:
    gate, began, got = threading.Event(), threading.Event(), []

    def pass_on(come: object) -> None:
        began.set()
        assert gate.wait(60)
        got.append(come)

    inbox = Inbox(pass_on)
    inbox.put(happening("first"))
    assert began.wait(20)
    for number in range(MOST + 5):
        inbox.put(happening(str(number)))
    gate.set()
    inbox.close(20)
    inbox.put(happening("too late"))
    assert [len(each) for each in got] == [1, MOST]  # type: ignore[arg-type]
    assert got[1][0].text == "5"  # type: ignore[index]


def test_the_end_of_the_service_waits_for_no_receiver(house: House) -> None:
    receiver = house.channel("stuck")
    receiver.hangs = True
    house.tell("one")
    house.later()
    assert receiver.hanging.wait(20)
    house.notifications.close(seconds=20)
    assert not any(each._thread.is_alive() for each in house.notifications._deliveries.values())
    assert len(house.rows.notices()) == 1
