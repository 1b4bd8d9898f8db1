"""An image's config (OCI image specification, config.md), checked as far as anybody here relies on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from imagedepot.errors import InvalidAnswer

_TEXTS = ("architecture", "os", "variant", "created", "author", "container", "docker_version")
_OBJECTS = ("config", "container_config", "rootfs")


def parse_config(raw: bytes, image: str) -> Mapping[str, Any]:
    """The config as it is; null stands for absent. Raises `InvalidAnswer`; `image` is for the sentence."""
    try:
        config = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InvalidAnswer(f"{image}: its config is not JSON") from error
    if not isinstance(config, dict):
        raise InvalidAnswer(f"{image}: its config is not a JSON object")
    wrong = [key for key in _TEXTS if not isinstance(config.get(key), str | None)]
    wrong += [key for key in _OBJECTS if not isinstance(config.get(key), dict | None)]
    if not wrong and not _is_list_of((config.get("rootfs") or {}).get("diff_ids"), str):
        wrong = ["rootfs.diff_ids"]
    history = config.get("history")
    if not _is_list_of(history, dict) or any(not isinstance(step.get("comment"), str | None) for step in history or ()):
        wrong.append("history")
    if wrong:
        raise InvalidAnswer(f"{image}: its config is malformed ({wrong[0]})")
    return config


def _is_list_of(value: Any, kind: type) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(each, kind) for each in value))
