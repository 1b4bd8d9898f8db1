"""Counts what operations cost: statements to PostgreSQL and requests to the bucket, of all nodes in this process.

What runs in the background (looking for changes, renewing claims, writing figures) comes on top now and then, so each
operation is counted several times, and the least counts.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event

from imagedepot.content.backends.s3.blobs import S3Blobs
from imagedepot.model.content.manifest import OCI_CONFIG, OCI_MANIFEST
from imagedepot.model.digest import Digest
from tests.api.face import Face
from tests.registry.asking import ask
from tests.registry.test_push import CONFIG, described, put, send

TIMES = 3


@dataclass(frozen=True, slots=True)
class Cost:
    statements: int
    requests: int


@contextmanager
def statements() -> Iterator[Counter[str]]:
    """Those that this process sends while inside, by their first word."""
    counted: Counter[str] = Counter()

    def count(_: Any, __: Any, statement: str, *___: Any) -> None:
        counted[statement.split(None, 1)[0].upper()] += 1

    event.listen(Engine, "before_cursor_execute", count)
    try:
        yield counted
    finally:
        event.remove(Engine, "before_cursor_execute", count)


def cost(faces: list[Face], work: Callable[[], object], times: int = TIMES) -> Cost:
    found = []
    for _ in range(times):
        before = sum(map(requests_of, faces))
        with statements() as counted:
            work()
        found.append(Cost(sum(counted.values()), sum(map(requests_of, faces)) - before))
    return Cost(min(each.statements for each in found), min(each.requests for each in found))


def requests_of(face: Face) -> int:
    blobs = face.services.blobs
    assert isinstance(blobs, S3Blobs)
    return sum(blobs._bucket.requests.values())


def new_image(layers: int, size: int = 2000) -> tuple[dict[str, Any], list[bytes]]:
    """A manifest, and the config and layers that it names."""
    bodies = [CONFIG, *(os.urandom(size) for _ in range(layers))]
    named = [described("application/vnd.oci.image.layer.v1.tar", each) for each in bodies[1:]]
    config = described(OCI_CONFIG, CONFIG)
    return {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": named}, bodies


def push(face: Face, name: str, tag: str, layers: int) -> dict[str, Any]:
    manifest, bodies = new_image(layers)
    for each in bodies:
        send(face, each, name)
    assert put(face, tag, manifest, name).status == 201
    return manifest


def pull(face: Face, name: str, tag: str) -> int:
    """What a client does that has nothing of it; the requests that it takes."""
    manifest = ask(face, f"{name}/manifests/{tag}").json
    parts = [manifest["config"], *manifest["layers"]]
    for part in parts:
        content = ask(face, f"{name}/blobs/{part['digest']}").content
        assert str(Digest.of(content)) == part["digest"]
    return 1 + len(parts)


def check_tag(face: Face, name: str, tag: str) -> None:
    """What a client does that asks whether a tag has changed."""
    assert ask(face, f"{name}/manifests/{tag}", "HEAD").status == 200
