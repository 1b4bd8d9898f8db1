"""Reads an image's config (OCI image specification, config.md) as Docker does, and checks what we rely on.

Docker reads a string as a list of one, null as "", and a null step of the history as an empty one; so do we. What else
Docker refuses (a number for a label, a list of ports) matters only to what runs the image, and counts as absent here:
such an image can still be kept and passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from imagedepot.errors import InvalidAnswer
from imagedepot.model.platform import Platform
from imagedepot.model.text.json_text import parse_json

LARGEST_CONFIG = 8 << 20
_TEXTS = {
    "architecture": "architecture",
    "os": "operating system",
    "variant": "variant",
    "author": "author",
    "container": "container",
    "docker_version": "Docker version",
}
_OBJECTS = {"config": "settings are", "container_config": "build settings are", "rootfs": "root file system is"}


def parse_config(raw: bytes, image: str) -> Mapping[str, Any]:
    """Parse a config into the shapes of the specification; null means absent.

    Raises `InvalidAnswer`; `image` is for the sentence.
    """
    try:
        config = parse_json(raw)
    except (ValueError, RecursionError) as error:
        raise InvalidAnswer(f"{image}: its config is not JSON") from error
    if not isinstance(config, dict):
        raise InvalidAnswer(f"{image}: its config is not a JSON object")
    for key, called in _TEXTS.items():
        if not isinstance(config.get(key), str | None):
            raise _malformed(image, f"the {called} is not text")
    for key, called in _OBJECTS.items():
        if not isinstance(config.get(key), dict | None):
            raise _malformed(image, f"the {called} not a JSON object")
    diff_ids = (config.get("rootfs") or {}).get("diff_ids")
    if diff_ids is not None and not _is_list_of_texts(diff_ids):
        raise _malformed(image, "the list of layers does not hold their digests")
    if not isinstance(config.get("created"), str | int | None):
        raise _malformed(image, "the date of its creation is not text")
    if not _is_history(config.get("history")):
        raise _malformed(image, "its history is not a list of steps")
    return {key: _READERS[key](value) if key in _READERS else value for key, value in config.items()}


def platform_of(config: Mapping[str, Any]) -> Platform | None:
    """The platform that a config names; None when it names none that makes sense."""
    parts = [config.get("os") or "linux", config.get("architecture"), config.get("variant")]
    return Platform.try_parse("/".join(str(part) for part in parts if part)) if parts[1] else None


def _malformed(image: str, what: str) -> InvalidAnswer:
    return InvalidAnswer(f"{image}: its config is malformed ({what})")


def _created(value: Any) -> str | None:
    """The date of creation; some builders write it as Unix seconds."""
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")
        except (ValueError, OverflowError, OSError):
            return None
    return value if isinstance(value, str) else None


def _history(value: list[Any] | None) -> list[dict[str, Any]] | None:
    return None if value is None else [step or {} for step in value]


def _is_history(value: Any) -> bool:
    """Whether this is a list of steps; null means an empty step."""
    if value is None:
        return True
    return isinstance(value, list) and all(
        step is None or (isinstance(step, dict) and _is_text(step.get("comment"))) for step in value
    )


def _settings(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """`Cmd`, `Env`, `Labels` and so on; a setting of the wrong type is left out."""
    if value is None:
        return None
    read = {key: _SETTINGS[key](each) if key in _SETTINGS else each for key, each in value.items()}
    return {key: each for key, each in read.items() if each is not None or value[key] is None}


def _texts(value: Any) -> list[str] | None:
    return ["" if each is None else each for each in value if _is_text(each)] if isinstance(value, list) else None


def _words(value: Any) -> list[str] | None:
    return [value] if isinstance(value, str) else _texts(value)


def _labels(value: Any) -> dict[str, str] | None:
    return {key: each or "" for key, each in value.items() if _is_text(each)} if isinstance(value, dict) else None


def _keyed(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _is_text(value: Any) -> bool:
    return isinstance(value, str | None)


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


_Readers = Mapping[str, Callable[[Any], Any]]
_READERS: _Readers = {"created": _created, "history": _history, "config": _settings, "container_config": _settings}
_SETTINGS: _Readers = {
    **dict.fromkeys(("Entrypoint", "Cmd", "Shell", "OnBuild"), _words),
    **dict.fromkeys(("ExposedPorts", "Volumes"), _keyed),
    **dict.fromkeys(("WorkingDir", "User", "StopSignal"), _text),
    "Env": _texts,
    "Labels": _labels,
}
