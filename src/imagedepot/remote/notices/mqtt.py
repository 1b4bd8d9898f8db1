"""Messages to an MQTT broker: each as JSON, and Home Assistant's entities. Its client, paho-mqtt, is an extra."""

from __future__ import annotations

import contextlib
import importlib.util
import secrets
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Conflict, ConnectionBroken, InvalidInput, TimedOut, UpstreamDenied, UpstreamError
from imagedepot.model.notices.notification import Message, Target
from imagedepot.model.text.json_text import json_text
from imagedepot.remote.http.transport import Transport
from imagedepot.remote.notices.home_assistant import Entities, Publication
from imagedepot.remote.notices.hooks import as_json
from imagedepot.remote.notices.line import Line, Server

if TYPE_CHECKING:
    from paho.mqtt.client import Client

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_MISSING = "paho-mqtt is not installed: pip install 'imagedepot[mqtt]', and restart the service"
_LOOK_SECONDS = 0.5


class Mqtt:
    """`mqtts://` is TLS, `mqtt://` is not and reaches this host and private networks alone."""

    def __init__(self, target: Target, transport: Transport, entities: Entities) -> None:
        """Raises `InvalidInput`, `Conflict`."""
        if importlib.util.find_spec("paho") is None:
            raise Conflict(_MISSING)
        self._server = Server.parse(target.address, _PORTS)
        if target.secret and not target.username:
            raise InvalidInput("username is missing for the password")
        self._target = target
        self._transport = transport
        self._entities = entities

    def send(self, message: Message, cancellation: Cancellation) -> None:
        event = Publication(f"imagedepot/{self._entities.node}/event", json_text(as_json(message)), retain=False)
        states = [each for happening in message.happenings for each in self._entities.after(happening)]
        line = Line(self._transport, self._server, self._server.scheme == "mqtts")
        with line.limited(cancellation):
            _Exchange(line, self._server, self._target).publish([*states, event], cancellation)


class _Exchange:
    """One connection to the broker, with paho's callbacks as a queue of what has come."""

    def __init__(self, line: Line, server: Server, target: Target) -> None:
        self._line = line
        self._server = server
        self._come: SimpleQueue[tuple[str, Any]] = SimpleQueue()
        self._client = _client(line, server)
        if target.username:
            self._client.username_pw_set(target.username, target.secret)
        self._client.on_connect = lambda _, __, ___, code, ____: self._come.put(("connected", code))
        self._client.on_publish = lambda _, __, number, *___: self._come.put(("published", number))
        self._client.on_disconnect = lambda *_: self._come.put(("ended", None))

    def publish(self, publications: Sequence[Publication], cancellation: Cancellation) -> None:
        """Return once the broker has taken all of them."""
        try:
            self._client.connect(self._server.host, self._server.port)
            self._client.loop_start()
            code = self._next("connected", cancellation)
            if code.is_failure:
                raise UpstreamDenied(f"{self._server} refuses the connection: {code}")
            sent = {self._client.publish(each.topic, each.payload, 1, each.retain).mid for each in publications}
            while sent:
                sent.discard(self._next("published", cancellation))
            self._client.disconnect()
        except OSError:  # of TLS, one of which is a ValueError too
            raise
        except ValueError as error:  # paho's word for what it does not send, such as a payload that is too large
            raise UpstreamError(f"{self._server}: the message cannot be sent ({error})") from error
        finally:
            self._client.loop_stop()
            with contextlib.suppress(OSError):
                if (carrier := self._client.socket()) is not None:
                    carrier.close()

    def _next(self, wanted: str, cancellation: Cancellation) -> Any:
        while True:
            cancellation.check()
            if cancellation.seconds_left <= 0:
                raise TimedOut(f"{self._server} does not answer in time")
            try:
                what, value = self._come.get(timeout=_LOOK_SECONDS)
            except Empty:
                continue
            if what == "ended":
                raise ConnectionBroken(f"{self._server} closed the connection, or does not speak MQTT")
            if what == wanted:
                return value


def _client(line: Line, server: Server) -> Client:
    """paho's client over our own line, which checks the address that it connects to."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    class Lined(Client):
        def _create_socket(self) -> Any:
            carrier = line.connected()
            return line.wrapped(carrier) if server.scheme == "mqtts" else carrier

    return Lined(
        CallbackAPIVersion.VERSION2, client_id=f"imagedepot-{secrets.token_hex(4)}", reconnect_on_failure=False
    )
