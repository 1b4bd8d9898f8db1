"""What the OCI distribution specification asks of manifests, tags and referrers, in our own words."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from imagedepot.model.content.manifest import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST
from imagedepot.model.digest import Digest
from tests.registry.asking import Answer
from tests.registry.over_http import Client, client

NAME = "conformance/manifests"
LAYER = "application/vnd.oci.image.layer.v1.tar"
CONFIG = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}).encode()
EMPTY = "application/vnd.oci.empty.v1+json"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with client(tmp_path_factory.mktemp("conformance")) as asking:
        yield prepared(asking)


def prepared(asking: Client) -> Client:
    """With the blobs that the manifests name."""
    for content in (CONFIG, b"{}", b"a layer"):
        for algorithm in ("sha256", "sha512"):
            asking.push(NAME, content, algorithm)
    return asking


def described(media_type: str, content: bytes, algorithm: str = "sha256", **more: Any) -> dict[str, Any]:
    digest = str(Digest.of(content, algorithm))
    return {"mediaType": media_type, "digest": digest, "size": len(content), **more}


def image(algorithm: str = "sha256", **more: Any) -> dict[str, Any]:
    config, layer = described(OCI_CONFIG, CONFIG, algorithm), described(LAYER, b"a layer", algorithm)
    return {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer], **more}


def artifact(**more: Any) -> dict[str, Any]:
    empty = described(EMPTY, b"{}")
    return image(artifactType="application/example", config=empty, layers=[empty], **more)


def index(*children: dict[str, Any], **more: Any) -> dict[str, Any]:
    rows = [described(each["mediaType"], raw(each)) for each in children]
    return {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": rows, **more}


def raw(manifest: dict[str, Any]) -> bytes:
    return json.dumps(manifest).encode()


def put(registry: Client, manifest: dict[str, Any], label: str = "", algorithm: str = "sha256") -> Answer:
    content = raw(manifest)
    label = label or str(Digest.of(content, algorithm))
    return registry.ask("PUT", f"{NAME}/manifests/{label}", content, Content_Type=manifest["mediaType"])


ELSEWHERE = {
    **described("application/vnd.oci.image.layer.nondistributable.v1.tar", b"not pushed"),
    "urls": ["https://example.invalid/layer"],
}
KINDS = {
    "image": [image()],
    "no_layers": [image(layers=[])],
    "sha512": [image("sha512", annotations={"algorithm": "sha512"})],
    "artifact": [artifact()],
    "unknown_fields": [image() | {"org.example": {"deep": [1, None]}}],
    "data_in_descriptors": [image(config=described(OCI_CONFIG, CONFIG, data=base64.b64encode(CONFIG).decode()))],
    "layer_elsewhere": [image(layers=[ELSEWHERE])],
    "missing_subject": [artifact(subject=described(OCI_MANIFEST, b"never pushed"))],
    "index": [image(), index(image())],
    "empty_index": [index()],
    "nested_index": [image(), index(image()), index(index(image()), image())],
    "index_of_artifacts": [artifact(), index(artifact(), artifactType="application/example")],
}


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_manifest_is_given_back_byte_for_byte_by_digest_and_tag(registry: Client, kind: str, algorithm: str) -> None:
    *children, whole = KINDS[kind]
    for child in children:
        assert put(registry, child).status == 201
    content = raw(whole)
    digest = Digest.of(content, algorithm)
    pushed = put(registry, whole, f"{digest}?tag={kind}", algorithm)
    assert (pushed.status, pushed.headers["docker-content-digest"]) == (201, str(digest))
    assert kind in pushed.headers["oci-tag"]
    for label in (str(digest), kind):
        for method in ("GET", "HEAD"):
            got = registry.ask(method, f"{NAME}/manifests/{label}", Accept=whole["mediaType"])
            assert (got.status, got.headers["docker-content-digest"]) == (200, str(digest))
            assert got.headers["content-type"] == whole["mediaType"]
            assert got.headers["content-length"] == str(len(content))
            assert got.content == (content if method == "GET" else b"")


def test_a_manifest_of_another_digest_is_refused(registry: Client) -> None:
    wrong = Digest.of(b"something else")
    assert put(registry, image(), str(wrong)).code in ("DIGEST_INVALID", "MANIFEST_INVALID")
    assert registry.ask("GET", f"{NAME}/manifests/{wrong}").code == "MANIFEST_UNKNOWN"


def test_tags_come_in_lexical_order_and_page_by_page(registry: Client) -> None:
    for tag in ("page-c", "page-a", "page-b"):
        put(registry, image(), tag)
    tags = registry.ask("GET", f"{NAME}/tags/list").json["tags"]
    assert tags == sorted(tags)
    assert registry.ask("GET", f"{NAME}/tags/list?n=2&last=page-a").json["tags"][:2] == ["page-b", "page-c"]
    assert len(registry.ask("GET", f"{NAME}/tags/list?n=1").json["tags"]) == 1


def test_referrers_tell_their_type_and_annotations_and_go_when_deleted(registry: Client) -> None:
    subject = image(annotations={"is": "a subject"})
    put(registry, subject)
    named = described(OCI_MANIFEST, raw(subject))
    first = artifact(subject=named, annotations={"number": "1"})
    second = {**artifact(subject=named, annotations={"number": "2"}), "artifactType": "application/other"}
    third = index(subject=named, artifactType="application/example", annotations={"number": "3"})
    for each in (first, second, third):
        assert put(registry, each).headers["oci-subject"] == named["digest"]
    path = f"{NAME}/referrers/{named['digest']}"
    listed = registry.ask("GET", path)
    assert (listed.status, listed.headers["content-type"]) == (200, OCI_INDEX)
    assert {row["annotations"]["number"]: row["artifactType"] for row in listed.json["manifests"]} == {
        "1": "application/example",
        "2": "application/other",
        "3": "application/example",
    }
    filtered = registry.ask("GET", f"{path}?artifactType=application/other")
    assert filtered.headers["oci-filters-applied"] == "artifactType"
    assert [row["annotations"]["number"] for row in filtered.json["manifests"]] == ["2"]
    assert registry.ask("DELETE", f"{NAME}/manifests/{Digest.of(raw(second))}").status == 202
    assert len(registry.ask("GET", path).json["manifests"]) == 2


def test_nothing_refers_to_what_nobody_named(registry: Client) -> None:
    listed = registry.ask("GET", f"{NAME}/referrers/{Digest.of(b'nobody')}")
    assert (listed.status, listed.json["manifests"]) == (200, [])


def test_a_deleted_tag_leaves_the_manifest_and_a_deleted_manifest_takes_its_tags(registry: Client) -> None:
    gone = image(annotations={"goes": "away"})
    digest = Digest.of(raw(gone))
    put(registry, gone, f"{digest}?tag=gone-1&tag=gone-2")
    assert registry.ask("DELETE", f"{NAME}/manifests/gone-1").status == 202
    assert registry.ask("HEAD", f"{NAME}/manifests/gone-1").status == 404
    assert registry.ask("HEAD", f"{NAME}/manifests/{digest}").status == 200
    assert registry.ask("DELETE", f"{NAME}/manifests/{digest}").status == 202
    for label in (str(digest), "gone-2"):
        assert registry.ask("GET", f"{NAME}/manifests/{label}").code == "MANIFEST_UNKNOWN"
    assert not {"gone-1", "gone-2"} & set(registry.ask("GET", f"{NAME}/tags/list").json["tags"])
