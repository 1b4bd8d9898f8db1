"""Configs as registries send them: checked as far as anybody relies on them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.errors import InvalidAnswer
from imagedepot.model.content.config import parse_config

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
    assert read(body) == body


def read(body: dict[str, Any]) -> Any:
    return parse_config(json.dumps(body).encode(), "lab/app:1")


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ({"history": [None, {"created_by": "RUN"}]}, {"history": [{}, {"created_by": "RUN"}]}),
        ({"created": 1700000000}, {"created": "2023-11-14T22:13:20Z"}),
        ({"created": 10**20}, {"created": None}),
        ({"a": float("nan"), "b": [-float("inf")]}, {"a": None, "b": [None]}),
        ({"a": 2**64, "b": -(2**63) - 1, "c": 2**64 - 1, "d": 1.5}, {"a": None, "b": None, "c": 2**64 - 1, "d": 1.5}),
        ({"config": {"Cmd": "echo hi"}}, {"config": {"Cmd": ["echo hi"]}}),
        ({"config": {"Entrypoint": "a", "Cmd": ["b", None, 5]}}, {"config": {"Entrypoint": ["a"], "Cmd": ["b", ""]}}),
        ({"config": {"Labels": {"a": None, "b": "c", "d": 5}}}, {"config": {"Labels": {"a": "", "b": "c"}}}),
        ({"config": {"Labels": None, "Env": None}}, {"config": {"Labels": None, "Env": None}}),
        (
            {"config": {"Env": "A=b", "ExposedPorts": ["80"], "User": 5, "Tty": True}},
            {"config": {"Tty": True}},
        ),
    ],
)
def test_what_builders_write_is_read_as_docker_reads_it(sent: dict[str, Any], meant: dict[str, Any]) -> None:
    assert read(sent) == meant


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"architecture": 5}, "the architecture is not text"),
        ({"os": []}, "the operating system is not text"),
        ({"config": "x"}, "the settings are not a JSON object"),
        ({"rootfs": []}, "the root file system is not a JSON object"),
        ({"created": [1]}, "the date of its creation is not text"),
        ({"history": ["x"]}, "its history is not a list of steps"),
        ({"history": [{"comment": 5}]}, "its history is not a list of steps"),
        ({"rootfs": {"diff_ids": [None]}}, "the list of layers does not hold their digests"),
    ],
)
def test_what_cannot_be_relied_on_is_refused_in_words(body: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidAnswer, match=rf"^lab/app:1: its config is malformed \({sentence}\)$"):
        read(body)


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
