"""While 40 requests wait for an upstream that hangs, everything local goes on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.e2e.service import Service
from tests.fakes.delivery import stalled
from tests.fakes.message import Gate
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import TAGS
from tests.ground.images import push_image, random_layer

WAITING = 40


def test_local_calls_are_answered_while_forty_others_wait(tmp_path: Path, faulty_registry: FaultyRegistry) -> None:
    push_image(faulty_registry.upstream.url, "lab/here", "1", [random_layer(1000)])
    gate = Gate()
    with Service(tmp_path / "data", registry_url=faulty_registry.url) as service, ThreadPoolExecutor(WAITING) as pool:
        assert service.download("lab/here", "1")["status"] == "done"
        faulty_registry.inject(stalled(gate), TAGS)
        asked = [pool.submit(service.call, "GET", "/image/dockerhub/docker/0/lab/here/tags") for _ in range(WAITING)]
        try:
            gate.wait_reached()
            for _ in range(50):
                assert service.names() == ["lab/here"]
                assert service.get("/image/downloadstatus") == []
                assert service.get("/image/docker/lab/here/1/inspect")["RepoTags"] == ["lab/here:1"]
            assert service.command("list").stdout.startswith("lab/here\t1\t")
            # All this while nobody was let through: the forty still wait, and held nothing up.
            assert not gate.opened.is_set()
            assert [each for each in asked if each.done()] == []
        finally:
            gate.open()
        assert [each.result() for each in asked] == [(200, {"installed": ["1"], "tags": ["1"]})] * WAITING
