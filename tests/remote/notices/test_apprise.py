"""Everything that Apprise knows: it sends, it fails in a sentence, and says what to install where it is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from imagedepot.errors import InvalidInput, UpstreamError
from imagedepot.model.notices.notification import ChannelKind, Target
from imagedepot.remote.notices.through_apprise import ThroughApprise
from tests.fakes.hooks import HookServer
from tests.remote.notices.conftest import MESSAGE, within

# Its own imports, which are not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def through(address: str) -> ThroughApprise:
    return ThroughApprise(Target(ChannelKind.APPRISE, address))


def test_a_message_arrives_by_whatever_apprise_knows() -> None:
    with HookServer() as server:
        through(f"json://{server.host}/hook").send(MESSAGE, within())
        assert [(each["title"], each["message"]) for each in server.bodies] == [(MESSAGE.title, MESSAGE.text)]


def test_a_receiver_that_refuses_is_a_sentence_without_the_address() -> None:
    with HookServer() as server:
        server.status = 403
        with pytest.raises(UpstreamError, match="json:// did not take the message") as failed:
            through(f"json://ada:secret-word@{server.host}/hook").send(MESSAGE, within())
    assert "secret-word" not in str(failed.value)


@pytest.mark.parametrize("address", ["", "nothing", "unheard-of://x", "tgram://"])
def test_an_address_that_apprise_does_not_know_is_refused_at_once(address: str) -> None:
    with pytest.raises(InvalidInput, match="Apprise does not know"):
        through(address)


@pytest.mark.parametrize(
    ("kind", "hidden", "address", "extra"),
    [
        ("apprise", "apprise", "json://host/", "imagedepot[apprise]"),
        ("mqtt", "paho", "mqtt://host", "imagedepot[mqtt]"),
    ],
)
def test_without_its_extra_a_kind_says_what_to_install(kind: str, hidden: str, address: str, extra: str) -> None:
    code = f"""
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = classmethod(lambda cls, name, *more: None if name == {hidden!r} else find(name, *more))
from imagedepot.errors import Conflict
from imagedepot.model.notices.notification import ChannelKind, Target
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.notices.home_assistant import Entities
from imagedepot.remote.notices.senders import make_sender
try:
    make_sender(Target(ChannelKind({kind!r}), {address!r}), Transport(), Entities("nas", lambda *_: ""))
except Conflict as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert extra in done.stdout


def test_the_service_loads_no_extra_that_nobody_uses() -> None:
    code = "import sys, imagedepot.wiring.services, imagedepot.remote.notices.senders; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & {"apprise", "paho", "smtplib", "requests"} == set()
