"""Manifests that are no image for this host, and answers that are no manifest (upstreams.md 2.2 and 6)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from tests.fakes.message import Answer, Request
from tests.fakes.rules import Fault

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
_ANY = "sha256:" + hashlib.sha256(b"any").hexdigest()


@dataclass(frozen=True)
class Served:
    """A body and the media type under which it is served."""

    media_type: str
    body: bytes

    @property
    def digest(self) -> str:
        """The body's sha256."""
        return "sha256:" + hashlib.sha256(self.body).hexdigest()


def _json(media_type: str, value: Any) -> Served:
    return Served(media_type, json.dumps(value, indent=2).encode())


def _entry(os: str, architecture: str, **more: Any) -> dict[str, Any]:
    platform = {"os": os, "architecture": architecture, **more.pop("platform", {})}
    return {"mediaType": OCI_MANIFEST, "digest": _ANY, "size": 500, "platform": platform, **more}


def index(*entries: dict[str, Any]) -> Served:
    """An OCI index."""
    return _json(OCI_INDEX, {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(entries)})


def _manifest(config_type: str, layer_type: str, **more: Any) -> Served:
    value = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": config_type, "digest": _ANY, "size": 3},
        "layers": [{"mediaType": layer_type, "digest": _ANY, "size": 3}],
    }
    return _json(OCI_MANIFEST, {**value, **more})


_ATTESTATION = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": _ANY}
_DESCRIPTOR = {"mediaType": OCI_LAYER, "digest": _ANY, "size": 3}

NOT_FOR_US: dict[str, Served] = {
    "windows_only_index": index(_entry("windows", "amd64", platform={"os.version": "10.0.20348.2700"})),
    "only_attestations": index(_entry("unknown", "unknown", annotations=_ATTESTATION)),
    "empty_index": index(),
    "s390x_only": index(_entry("linux", "s390x")),
    "helm_chart": _manifest(
        "application/vnd.cncf.helm.config.v1+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
    ),
    "cosign_signature": _manifest(OCI_CONFIG, "application/vnd.dev.cosign.simplesigning.v1+json"),
    "artifact_type": _manifest(
        "application/vnd.oci.empty.v1+json", "text/plain", artifactType="application/vnd.example.thing"
    ),
    "docker_model": _manifest("application/vnd.docker.ai.model.config.v0.1+json", "application/vnd.docker.ai.gguf.v3"),
    "schema1": _json(
        SCHEMA1,
        {
            "schemaVersion": 1,
            "name": "library/old",
            "tag": "latest",
            "architecture": "amd64",
            "fsLayers": [{"blobSum": _ANY}],
            "history": [{"v1Compatibility": "{}"}],
            "signatures": [{"header": {"alg": "ES256"}, "signature": "x", "protected": "e30"}],
        },
    ),
}
"""Well-formed, but nothing that can be installed: each must be refused in a sentence that says what it is."""

NOT_MANIFESTS: dict[str, Served] = {
    "both_manifests_and_layers": _json(
        OCI_MANIFEST,
        {"schemaVersion": 2, "manifests": [_entry("linux", "amd64")], "config": _DESCRIPTOR, "layers": [_DESCRIPTOR]},
    ),
    "neither": _json(OCI_MANIFEST, {"schemaVersion": 2}),
    "a_list": _json(OCI_MANIFEST, []),
    "a_number": _json(OCI_MANIFEST, 7),
    "broken_json": Served(OCI_MANIFEST, b'{"schemaVersion": 2, "config": {'),
    "not_utf8": Served(OCI_MANIFEST, b'{"schemaVersion": 2, "x": "\xff\xfe"}'),
    "empty": Served(OCI_MANIFEST, b""),
    "deep": Served(OCI_MANIFEST, b"[" * 100_000 + b"]" * 100_000),
    "negative_size": _json(OCI_MANIFEST, {"schemaVersion": 2, "config": {**_DESCRIPTOR, "size": -1}, "layers": []}),
    "size_is_text": _json(OCI_MANIFEST, {"schemaVersion": 2, "config": {**_DESCRIPTOR, "size": "3"}, "layers": []}),
    "absurd_size": _json(OCI_MANIFEST, {"schemaVersion": 2, "config": _DESCRIPTOR, "layers": [{"size": 10**30}]}),
    "digest_is_a_path": _json(
        OCI_MANIFEST,
        {"schemaVersion": 2, "config": {**_DESCRIPTOR, "digest": "sha256:../../../etc/passwd"}, "layers": []},
    ),
    "digest_of_nobody": _json(
        OCI_MANIFEST, {"schemaVersion": 2, "config": {**_DESCRIPTOR, "digest": "md5:00"}, "layers": []}
    ),
    "layers_are_text": _json(OCI_MANIFEST, {"schemaVersion": 2, "config": _DESCRIPTOR, "layers": "none"}),
    "layers_are_null": _json(OCI_MANIFEST, {"schemaVersion": 2, "config": _DESCRIPTOR, "layers": [None]}),
    "huge": Served(OCI_MANIFEST, b'{"schemaVersion":2,"x":"' + b"x" * 6_000_000 + b'"}'),
}
"""Bodies that no client may swallow."""


def manifest_instead(served: Served, digest: bool = True) -> Fault:
    """This manifest for every reference (inject on `rules.MANIFESTS`); `digest`: with its Docker-Content-Digest."""
    headers = (("Docker-Content-Digest", served.digest),) if digest else ()

    def instead(_: Request) -> Answer:
        return Answer.of(200, served.body, served.media_type, headers)

    return Fault("manifest_instead", instead=instead)


def changed_manifest() -> Fault:
    """The upstream's manifest with one more byte of white space: still JSON, no longer what its digest says."""

    def change(request: Request, answer: Answer) -> Answer:
        if answer.status != 200 or request.method == "HEAD":
            return answer
        body = answer.read() + b"\n"
        return Answer(200, answer.headers, (body,), len(body))

    return Fault("changed_manifest", change=change)


def nested_index(depth: int) -> dict[str, Served]:
    """Indexes inside indexes: digest -> body, the outermost also under "root"; the innermost names nothing here."""
    inner = index(_entry("linux", "amd64"))
    served = {inner.digest: inner}
    for _ in range(depth - 1):
        inner = index({"mediaType": OCI_INDEX, "digest": inner.digest, "size": len(inner.body)})
        served[inner.digest] = inner
    return {**served, "root": inner}


def nested_indexes(depth: int) -> Fault:
    """Answers every manifest request from `nested_index`: a digest with its body, anything else with the root."""
    served = nested_index(depth)

    def instead(request: Request) -> Answer:
        found = served.get(request.path.rpartition("/")[2], served["root"])
        return Answer.of(200, found.body, found.media_type, (("Docker-Content-Digest", found.digest),))

    return Fault(f"nested_{depth}", instead=instead)
