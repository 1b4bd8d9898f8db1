"""Messages to everything else that Apprise knows. It is an extra, and imported when it is first used."""

from __future__ import annotations

import importlib.util
import logging
import re

from imagedepot.cancellation import Cancellation
from imagedepot.errors import Conflict, InvalidInput, UpstreamError
from imagedepot.model.notices.notification import Message, Target
from imagedepot.model.text.texts import short

_ADDRESS = re.compile(r"\S+://\S+")  # which may hold secrets
_MISSING = "Apprise is not installed: pip install 'imagedepot[apprise]', and restart the service"


class ThroughApprise:
    """Apprise connects by itself: the rules of addresses and the deadline of a message are not its own."""

    def __init__(self, target: Target) -> None:
        """Raises `InvalidInput`, `Conflict`."""
        if importlib.util.find_spec("apprise") is None:
            raise Conflict(_MISSING)
        import apprise

        # Its own log has whole addresses; what it says of a message that does not arrive is captured below.
        logging.getLogger("apprise").propagate = False
        self._scheme, colon, _ = target.address.partition("://")
        self._apprise = apprise.Apprise()
        if not colon:
            raise InvalidInput("address: Apprise does not know one without a kind, such as slack://")
        if not self._apprise.add(target.address):
            raise InvalidInput(f"address: Apprise does not know {short(self._scheme)}:// with what follows")

    def send(self, message: Message, cancellation: Cancellation) -> None:
        import apprise

        cancellation.check()
        with apprise.LogCapture(level=logging.WARNING) as said:  # type: ignore[no-untyped-call]
            arrived = self._apprise.notify(body=message.text, title=message.title)
            reason = short(_ADDRESS.sub("…", said.getvalue().strip().rpartition("\n")[2]), 200)
        if not arrived:
            raise UpstreamError(f"{self._scheme}:// did not take the message{f' ({reason})' if reason else ''}")
