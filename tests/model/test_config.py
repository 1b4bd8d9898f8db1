"""Configs as registries send them: checked as far as anybody relies on them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.errors import InvalidAnswer
from imagedepot.model.config import parse_config

WHOLE = {
    "architecture": "amd64",
    "os": "linux",
    "created": "2024-01-02T03:04:05Z",
    "config": {"Cmd": ["sh"]},
    "rootfs": {"type": "layers", "diff_ids": ["sha256:" + "a" * 64]},
    "history": [{"created_by": "COPY", "comment": "buildkit"}, {"empty_layer": True}],
}


@pytest.mark.parametrize("body", [WHOLE, {}, dict.fromkeys(WHOLE), {"rootfs": {}}, {"unknown": [1, {}]}])
def test_a_good_config_is_read_as_it_is(body: dict[str, Any]) -> None:
    assert parse_config(json.dumps(body).encode(), "x") == body


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["diff_ids", "comment", "a"]), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*WHOLE, "author", "container_config"]), json_values))
def test_what_was_read_can_be_relied_on(body: dict[str, Any]) -> None:
    try:
        config = parse_config(json.dumps(body).encode(), "lab/app:1")
    except InvalidAnswer as error:
        assert str(error).startswith("lab/app:1: its config is malformed (")
        return
    assert all(isinstance(each, str) for each in (config.get("rootfs") or {}).get("diff_ids") or [])
    assert all(isinstance(step.get("comment") or "", str) for step in config.get("history") or [])
    assert isinstance(config.get("created") or "", str)
    assert isinstance(config.get("config") or {}, dict)
