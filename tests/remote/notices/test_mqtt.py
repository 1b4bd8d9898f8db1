"""MQTT, against a real broker: events, Home Assistant's entities, logins, TLS, and brokers that misbehave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from imagedepot.errors import AddressNotAllowed, DepotError, InvalidInput, TimedOut, Unavailable, UpstreamDenied
from imagedepot.model.image import ImageType
from imagedepot.model.notices.notification import ChannelKind, Target
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.notices.home_assistant import Entities
from imagedepot.remote.notices.hooks import as_json
from imagedepot.remote.notices.mqtt import Mqtt
from imagedepot.server.tls.authority import Authority
from imagedepot.service.happenings import update_available
from tests.fakes.message import Gate
from tests.ground.broker import Broker, Listener
from tests.ground.processes import free_port
from tests.ground.waiting import wait_until
from tests.remote.notices.conftest import HAPPENING, MESSAGE, within
from tests.remote.silent import Silent

OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64
UPDATE = update_available(ImageType.DOCKER, "lgsd/diamond", "latest", OLD, NEW)
DONE = replace(HAPPENING, facts={"type": "docker", "name": "lgsd/diamond", "tag": "latest"})
EVENT = "imagedepot/nas-1/event"
LOGIN = ("depot", "secret word")


class Here:
    """What is installed."""

    def __init__(self, digest: str) -> None:
        self.digest = digest

    def __call__(self, *_: str) -> str:
        return self.digest


def mqtt(address: str, transport: Transport, here: str = OLD, login: tuple[str, str] = ("", "")) -> Mqtt:
    target = Target(ChannelKind.MQTT, address, username=login[0], secret=login[1])
    return Mqtt(target, transport, Entities("NAS 1", Here(here)))


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture
def listener(broker: Broker) -> Iterator[Listener]:
    listener = Listener(broker.port)
    yield listener
    listener.close()


def test_subscribers_get_each_message_as_json(broker: Broker, listener: Listener, transport: Transport) -> None:
    mqtt(f"mqtt://127.0.0.1:{broker.port}", transport).send(MESSAGE, within())
    wait_until(lambda: EVENT in listener.got)
    assert json.loads(listener.got[EVENT]) == as_json(MESSAGE)


def test_home_assistant_finds_an_update_later_and_sees_it_installed(broker: Broker, transport: Transport) -> None:
    address = f"mqtt://127.0.0.1:{broker.port}"
    mqtt(address, transport).send(replace(MESSAGE, happenings=[UPDATE]), within())
    found = Listener(broker.port)  # who comes later finds what the broker keeps
    wait_until(lambda: len(found.got) >= 2)
    found.close()
    (topic,) = [each for each in found.got if each.startswith("homeassistant/update/imagedepot_nas-1/")]
    config = json.loads(found.got[topic])
    assert topic.endswith("/config")
    assert config["name"] == "lgsd/diamond:latest"
    assert config["device"]["identifiers"] == ["imagedepot_nas-1"]
    assert json.loads(found.got[config["state_topic"]]) == {
        "installed_version": OLD[:19],
        "latest_version": NEW[:19],
        "title": "lgsd/diamond:latest",
    }

    mqtt(address, transport, here=NEW).send(replace(MESSAGE, happenings=[DONE]), within())
    later = Listener(broker.port)
    wait_until(lambda: config["state_topic"] in later.got)
    state = json.loads(later.got[config["state_topic"]])
    later.close()
    assert state["installed_version"] == state["latest_version"] == NEW[:19]

    mqtt(address, transport, here="").send(replace(MESSAGE, happenings=[DONE]), within())
    gone = Listener(broker.port)
    mqtt(address, transport).send(replace(MESSAGE, id="last"), within())
    wait_until(lambda: EVENT in gone.got)
    gone.close()
    assert topic not in gone.got, "the entity of an image that is not here is removed"


def test_a_login_is_needed_and_a_wrong_one_is_a_sentence_without_it(tmp_path: Path, transport: Transport) -> None:
    with Broker(tmp_path / "broker", login=LOGIN) as broker:
        address = f"mqtt://127.0.0.1:{broker.port}"
        mqtt(address, transport, login=LOGIN).send(MESSAGE, within())
        with pytest.raises(UpstreamDenied) as failed:
            mqtt(address, transport, login=("depot", "wrong-one")).send(MESSAGE, within())
    assert "wrong-one" not in str(failed.value)


def test_tls_checks_the_certificate(
    tmp_path: Path, authority: Authority, transport: Transport, trusting: Transport
) -> None:
    with Broker(tmp_path / "broker", tls=(authority.server_certificate, authority.server_key)) as broker:
        address = f"mqtts://127.0.0.1:{broker.port}"
        mqtt(address, trusting).send(MESSAGE, within())
        with pytest.raises(DepotError, match="IMAGEDEPOT_CA_BUNDLE"):
            mqtt(address, transport).send(MESSAGE, within())


@pytest.mark.parametrize("scheme", ["mqtt", "mqtts"])
def test_a_broker_that_hangs_is_left_at_the_deadline(transport: Transport, scheme: str) -> None:
    with Silent(Gate()) as server, pytest.raises(TimedOut):
        mqtt(f"{scheme}://{server.url.removeprefix('http://')}", transport).send(MESSAGE, within(0.5))


def test_what_speaks_another_language_or_is_not_there_is_a_sentence(transport: Transport) -> None:
    with Silent(Gate(), raw=b"HTTP/1.1 400 Bad\r\n\r\n") as server, pytest.raises(DepotError):
        mqtt(f"mqtt://{server.url.removeprefix('http://')}", transport).send(MESSAGE, within(10))
    with pytest.raises(Unavailable, match="refuses the connection"):
        mqtt(f"mqtt://127.0.0.1:{free_port()}", transport).send(MESSAGE, within())


@pytest.mark.parametrize("address", ["mqtt://8.8.8.8", "mqtts://169.254.169.254"])
def test_a_broker_is_not_looked_for_where_it_should_not_be(address: str, transport: Transport) -> None:
    """Unencrypted beyond private networks, and anything to where clouds serve their secrets."""
    with pytest.raises(AddressNotAllowed):
        mqtt(address, transport).send(MESSAGE, within(5))


def test_what_cannot_work_is_refused_at_once(transport: Transport) -> None:
    with pytest.raises(InvalidInput, match="username"):
        mqtt("mqtt://broker.lan", transport, login=("", "secret"))
    with pytest.raises(InvalidInput):
        mqtt("tcp://broker.lan", transport)
