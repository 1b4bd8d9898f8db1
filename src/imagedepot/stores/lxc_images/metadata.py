"""LXD's `metadata.yaml` (its documentation: image-format): read without trust, written from what a catalog says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import yaml

from imagedepot.errors import InvalidAnswer
from imagedepot.model.platform import Platform
from imagedepot.stores.lxc_images.facts import ImageFacts, kernel_name

LARGEST = 256 << 10
_LONGEST_VALUE = 4096
_MOST_PROPERTIES = 100
_NOBODY_KNOWS = datetime.fromtimestamp(1, UTC)  # they refuse an image without a date, and one of 0


def read_metadata(raw: bytes, name: str) -> ImageFacts:
    """Raises `InvalidAnswer`. Of what makes no sense in it, nothing is taken."""
    if len(raw) > LARGEST:
        raise InvalidAnswer(f"{name}: its metadata.yaml is longer than {LARGEST >> 10} KiB")
    try:
        found = yaml.load(raw, _Plain)  # noqa: S506 (builds strings, lists and mappings, nothing else)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidAnswer(f"{name}: its metadata.yaml cannot be read") from error
    if not isinstance(found, dict):
        raise InvalidAnswer(f"{name}: its metadata.yaml is not a mapping")
    properties = found.get("properties")
    pairs = properties.items() if isinstance(properties, dict) else ()
    kept = {key: value for key, value in pairs if isinstance(key, str) and _is_short(value)}
    return ImageFacts(
        name,
        _debian(found.get("architecture")),
        _moment(found.get("creation_date")),
        dict(list(kept.items())[:_MOST_PROPERTIES]),
    )


def write_metadata(facts: ImageFacts) -> bytes:
    """`metadata.yaml` for LXD and Incus; the same facts give the same bytes, and so the same fingerprint."""
    created = facts.created or _NOBODY_KNOWS
    architecture = kernel_name(facts.architecture)
    properties = {
        "architecture": facts.architecture,
        "name": facts.name,
        "description": facts.name,
        **facts.properties,
    }
    content: dict[str, Any] = {
        "architecture": architecture,
        "creation_date": int(created.timestamp()),
        "properties": {key: value for key, value in properties.items() if value},
    }
    return yaml.safe_dump(content, allow_unicode=True, encoding="utf-8")


class _Plain(yaml.BaseLoader):
    """All scalars are strings (`22.10` stays that), and aliases, which can make a mountain of a few bytes, are
    refused."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it has aliases")
        return super().compose_node(parent, index)


def _is_short(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_VALUE


def _debian(architecture: object) -> str:
    platform = Platform.try_parse(str(architecture or ""))
    return platform.debian if platform else ""


def _moment(seconds: object) -> datetime | None:
    """The date; 1970 means that it is not known."""
    try:
        moment = datetime.fromtimestamp(int(str(seconds)), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.year > 1970 else None
