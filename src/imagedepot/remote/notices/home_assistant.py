"""Home Assistant's `update` entities, as its MQTT discovery wants them: one for each image that had news.

See "MQTT Update" and "MQTT Discovery" of its documentation. The topics are kept by the broker (retained).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from imagedepot import __version__
from imagedepot.model.notices.happening import Event, Happening
from imagedepot.model.text.json_text import json_text

Installed = Callable[[str, str, str], str]
"""The digest of what is here of a type, name and tag; "" for nothing."""
_SHOWN = 19  # of `sha256:` and a digest, as people compare them
_UNSAFE = re.compile(r"[^a-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Publication:
    """One MQTT message; `payload` "" removes what the broker keeps under the topic."""

    topic: str
    payload: str
    retain: bool


class Entities:
    """`node` tells this device from another one that runs Image Depot."""

    def __init__(self, node: str, installed: Installed) -> None:
        self.node = _UNSAFE.sub("-", node.lower()) or "device"
        self._installed = installed

    def after(self, happening: Happening) -> Iterator[Publication]:
        """The messages to publish after a happening; none if it is not about an image's version."""
        if happening.event not in (Event.UPDATE_AVAILABLE, Event.DOWNLOADED) or "name" not in happening.facts:
            return
        type_, name, tag = (str(happening.facts.get(key, "")) for key in ("type", "name", "tag"))
        key = hashlib.sha256(f"{type_} {name}:{tag}".encode()).hexdigest()[:16]
        config = f"homeassistant/update/imagedepot_{self.node}/{key}/config"
        state = f"imagedepot/{self.node}/update/{key}"
        here = self._installed(type_, name, tag)
        if not here and happening.event is Event.DOWNLOADED:  # removed again meanwhile
            yield Publication(config, "", retain=True)
            yield Publication(state, "", retain=True)
            return
        latest = here if happening.event is Event.DOWNLOADED else str(happening.facts.get("latest", ""))
        versions = {
            "installed_version": _shown(str(happening.facts.get("installed", here))),
            "latest_version": _shown(latest),
            "title": f"{name}:{tag}",
        }
        yield Publication(config, json_text(self._config(key, state, f"{name}:{tag}")), retain=True)
        yield Publication(state, json_text(versions), retain=True)

    def _config(self, key: str, state: str, title: str) -> dict[str, object]:
        return {
            "name": title,
            "unique_id": f"imagedepot_{self.node}_{key}",
            "state_topic": state,
            "entity_category": "diagnostic",
            "device": {
                "identifiers": [f"imagedepot_{self.node}"],
                "name": f"Image Depot on {self.node}",
                "manufacturer": "Image Depot",
                "sw_version": __version__,
            },
            "origin": {"name": "Image Depot", "sw_version": __version__},
        }


def _shown(version: str) -> str:
    """A digest as people compare them; a tag as it is."""
    return version[:_SHOWN] if version.startswith("sha") and ":" in version else version
