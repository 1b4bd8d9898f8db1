"""Pushing through `/v2/`, request by request (OCI distribution specification, "Push")."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imagedepot.model.content.manifest import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST
from imagedepot.model.digest import Digest
from tests.api.face import Face
from tests.registry.asking import Answer, ask

CONTENT = b"0123456789" * 1000
DIGEST = Digest.of(CONTENT)
CONFIG = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}).encode()


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Face]:
    """A service that nobody can ask upstream for: its registry is not there."""
    folder: Path = tmp_path_factory.mktemp("push")
    with Face(folder, registry_url="http://127.0.0.1:9", hub_url="http://127.0.0.1:9") as running:
        yield running


def begin(face: Face, name: str = "team/app", query: str = "") -> str:
    answer = ask(face, f"{name}/blobs/uploads/{query}", "POST", b"")
    assert answer.status == 202, answer.content
    return answer.headers["location"]


def send(face: Face, content: bytes, name: str = "team/app") -> Digest:
    digest = Digest.of(content)
    answer = ask(face, f"{name}/blobs/uploads/?digest={digest}", "POST", content)
    assert answer.status == 201, answer.content
    return digest


def put(face: Face, label: str, body: Any, name: str = "team/app", media_type: str = OCI_MANIFEST) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ask(face, f"{name}/manifests/{label}", "PUT", raw, Content_Type=media_type)


def image(face: Face, name: str = "team/app", **more: Any) -> dict[str, Any]:
    send(face, CONFIG, name)
    send(face, CONTENT, name)
    return {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": described(OCI_CONFIG, CONFIG),
        "layers": [described("application/vnd.oci.image.layer.v1.tar", CONTENT)],
        **more,
    }


def described(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": str(Digest.of(content)), "size": len(content)}


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_blob_in_one_request_in_two_and_in_chunks(face: Face, algorithm: str) -> None:
    for way in ("post", "put", "chunks"):
        content = f"{way} {algorithm}".encode() * 1000
        digest = Digest.of(content, algorithm)
        if way == "post":
            answer = ask(face, f"team/app/blobs/uploads/?digest={digest}", "POST", content)
        elif way == "put":
            answer = ask(face, f"{begin(face)}?digest={digest}", "PUT", content)
        else:
            place = begin(face, query=f"?digest-algorithm={algorithm}")
            half = len(content) // 2
            for start, piece in ((0, content[:half]), (half, content[half:])):
                part = ask(face, place, "PATCH", piece, Content_Range=f"{start}-{start + len(piece) - 1}")
                assert (part.status, part.headers["range"]) == (202, f"0-{start + len(piece) - 1}")
                place = part.headers["location"]
            status = ask(face, place)
            assert (status.status, status.headers["range"]) == (204, f"0-{len(content) - 1}")
            answer = ask(face, f"{place}?digest={digest}", "PUT", b"")
        assert (answer.status, answer.headers["docker-content-digest"]) == (201, str(digest)), way
        got = ask(face, answer.headers["location"])
        assert (got.status, got.content) == (200, content)


def test_an_empty_blob_is_one_too(face: Face) -> None:
    assert ask(face, f"{begin(face)}?digest={Digest.of(b'')}", "PUT", b"").status == 201


def test_a_chunk_out_of_order_is_416_and_says_where_to_go_on(face: Face) -> None:
    place = begin(face)
    ask(face, place, "PATCH", CONTENT[:100], Content_Range="0-99")
    for chunk in ("0-99", "200-299"):
        answer = ask(face, place, "PATCH", CONTENT[:100], Content_Range=chunk)
        assert (answer.status, answer.code, answer.headers["range"]) == (416, "RANGE_INVALID", "0-99")
    last = ask(face, f"{place}?digest={DIGEST}", "PUT", CONTENT[200:], Content_Range=f"200-{len(CONTENT) - 1}")
    assert last.status == 416
    rest = ask(face, f"{place}?digest={DIGEST}", "PUT", CONTENT[100:], Content_Range=f"100-{len(CONTENT) - 1}")
    assert rest.status == 201


@pytest.mark.parametrize(
    ("method", "query", "headers", "status", "code"),
    [
        ("PATCH", "", {"Content_Range": "0-5"}, 400, "SIZE_INVALID"),
        ("PATCH", "", {"Content_Range": "9-2"}, 400, "BLOB_UPLOAD_INVALID"),
        ("PATCH", "", {"Content_Range": "all"}, 400, "BLOB_UPLOAD_INVALID"),
        ("PUT", "", {}, 400, "DIGEST_INVALID"),
        ("PUT", "?digest=md5:d41d8cd98f00b204e9800998ecf8427e", {}, 400, "DIGEST_INVALID"),
        ("PUT", "?digest=sha256:../../../etc/passwd", {}, 400, "DIGEST_INVALID"),
        ("PUT", f"?digest={Digest.of(b'something else')}", {}, 400, "DIGEST_INVALID"),
    ],
)
def test_lying_clients_read_what_is_wrong(
    face: Face, method: str, query: str, headers: dict[str, str], status: int, code: str
) -> None:
    answer = ask(face, begin(face) + query, method, CONTENT, **headers)
    assert (answer.status, answer.code) == (status, code)


def test_an_upload_can_be_cancelled_and_is_unknown_then(face: Face) -> None:
    place = begin(face)
    assert ask(face, place, "DELETE").status == 204
    for method, body in (("GET", None), ("PATCH", CONTENT), ("PUT", CONTENT), ("DELETE", None)):
        answer = ask(face, f"{place}?digest={DIGEST}", method, body)
        assert (answer.status, answer.code) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_a_blob_is_mounted_from_another_repository_with_and_without_its_name(face: Face) -> None:
    digest = send(face, b"to be mounted", "team/base")
    for number, query in enumerate((f"?mount={digest}&from=team/base", f"?mount={digest}")):
        answer = ask(face, f"team/mounted{number}/blobs/uploads/{query}", "POST", b"")
        assert (answer.status, answer.headers["docker-content-digest"]) == (201, str(digest))
        assert ask(face, f"team/mounted{number}/blobs/{digest}").content == b"to be mounted"
    for query in (f"?mount={digest}&from=team/none", f"?mount={Digest.of(b'none')}&from=team/base", "?mount="):
        answer = ask(face, f"team/mounted2/blobs/uploads/{query}", "POST", b"")
        assert answer.status == (202 if len(query) > 10 else 400)


def test_a_manifest_is_kept_byte_for_byte_and_listed_at_once(face: Face) -> None:
    raw = json.dumps(image(face), indent=3).encode()
    answer = put(face, "1", raw)
    assert (answer.status, answer.headers["docker-content-digest"]) == (201, str(Digest.of(raw)))
    got = ask(face, "team/app/manifests/1", Accept=OCI_MANIFEST)
    assert (got.content, got.headers["content-type"]) == (raw, OCI_MANIFEST)
    (row,) = (row for row in face.get("/image/?from=local")["results"] if row["name"] == "depot.internal/team/app")
    assert "1" in row["tags"]
    assert "1" in ask(face, "team/app/tags/list").json["tags"]
    assert "depot.internal/team/app" in str(ask(face, "_catalog").json)


def test_a_digest_with_tags_names_them_all(face: Face) -> None:
    raw = json.dumps(image(face)).encode()
    answer = put(face, f"{Digest.of(raw)}?tag=a&tag=b", raw)
    assert (answer.status, answer.headers["oci-tag"]) == (201, "a, b")
    for tag in ("a", "b"):
        assert ask(face, f"team/app/manifests/{tag}", "HEAD").headers["docker-content-digest"] == str(Digest.of(raw))
    assert put(face, f"{Digest.of(raw)}?tag=a&tag=..%2Fb", raw).code == "TAG_INVALID"


def test_a_subject_makes_a_referrer(face: Face) -> None:
    subject = image(face, annotations={"n": "1"})
    digest = Digest.of(json.dumps(subject).encode())
    refers = image(
        face, artifactType="application/example", subject=described(OCI_MANIFEST, json.dumps(subject).encode())
    )
    answer = put(face, str(Digest.of(json.dumps(refers).encode())), refers)
    assert answer.headers["oci-subject"] == str(digest)
    (row,) = ask(face, f"team/app/referrers/{digest}").json["manifests"]
    assert row["artifactType"] == "application/example"
    assert ask(face, f"team/app/referrers/{digest}?artifactType=other").json["manifests"] == []


def test_a_manifest_that_names_what_is_not_here_is_refused(face: Face) -> None:
    body = image(face)
    assert put(face, "1", body, "team/elsewhere").code == "MANIFEST_BLOB_UNKNOWN"
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [described(OCI_MANIFEST, b"{}")]}
    assert put(face, "1", index, media_type=OCI_INDEX).code == "MANIFEST_BLOB_UNKNOWN"


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"mediaType": "text/plain"}', b"\xff\xfe"])
def test_what_is_no_manifest_is_refused(face: Face, raw: bytes) -> None:
    assert put(face, "1", raw).code == "MANIFEST_INVALID"


def test_a_manifest_has_at_most_four_mebibytes(face: Face) -> None:
    body = image(face, annotations={"pad": ""})
    pad = (4 << 20) - len(json.dumps(body).encode())
    body["annotations"]["pad"] = "x" * pad
    assert put(face, "large", body).status == 201
    body["annotations"]["pad"] += "x"
    answer = put(face, "large", body)
    assert (answer.status, answer.code) == (413, "SIZE_INVALID")


@pytest.mark.parametrize(
    "name",
    ["library/redis", "redis.example/app", "ghcr.io/team/app", "localhost/app", "docker.io/team/app"],
)
def test_names_of_other_registries_are_not_pushed_to(face: Face, name: str) -> None:
    for path, method in ((f"{name}/blobs/uploads/", "POST"), (f"{name}/manifests/1", "PUT")):
        answer = ask(face, path, method, b"{}")
        assert answer.code in ("DENIED", "NAME_UNKNOWN"), answer.content
        assert answer.json["errors"][0]["message"].count(".") < 10
    assert ask(face, "team/app/blobs/uploads/?ns=ghcr.io", "POST", b"").code == "DENIED"


@pytest.mark.parametrize(
    "name", ["Team/App", "team//app", "team/../app", "-team/app", "a/" * 300 + "a", "t%C3%A9am/app"]
)
def test_names_that_are_none_are_refused(face: Face, name: str) -> None:
    answer = ask(face, f"{name}/blobs/uploads/", "POST", b"")
    assert answer.status in (400, 404)
    assert answer.code in ("NAME_INVALID", "NAME_UNKNOWN")


def test_tags_manifests_and_blobs_are_deleted(face: Face) -> None:
    name = "team/gone"
    raw = json.dumps(image(face, name)).encode()
    put(face, "1", raw, name)
    assert ask(face, f"{name}/manifests/1", "DELETE").status == 202
    assert ask(face, f"{name}/manifests/1").code == "MANIFEST_UNKNOWN"
    assert ask(face, f"{name}/manifests/{Digest.of(raw)}").status == 200
    assert ask(face, f"{name}/manifests/{Digest.of(raw)}", "DELETE").status == 202
    assert ask(face, f"{name}/manifests/{Digest.of(raw)}", "DELETE").code == "MANIFEST_UNKNOWN"
    assert ask(face, f"{name}/blobs/{DIGEST}", "DELETE").status == 202
    assert ask(face, f"{name}/blobs/{DIGEST}").code == "BLOB_UNKNOWN"
    assert ask(face, f"{name}/tags/list").json["tags"] == []  # it is here until an administrator removes it


def test_removing_the_image_removes_its_tag(face: Face) -> None:
    for tag in ("1", "2"):
        put(face, tag, image(face, "team/removed", annotations={"tag": tag}), "team/removed")
    assert face.call("DELETE", "/image/local/docker/depot.internal/team/removed:1").status == 200
    assert ask(face, "team/removed/tags/list").json["tags"] == ["2"]
    assert face.call("DELETE", "/image/local/docker/depot.internal/team/removed:2").status == 200
    assert ask(face, "team/removed/tags/list").json["tags"] == []
    assert face.call("DELETE", "/image/local/docker/depot.internal/team/removed").status == 200
    assert ask(face, "team/removed/tags/list").code != ""  # the name is Docker Hub's again
    assert face.call("DELETE", "/image/local/docker/depot.internal/team/removed").status == 404
    put(face, "chart", image(face, "team/charts", artifactType="application/example"), "team/charts")
    assert face.call("DELETE", "/image/local/docker/depot.internal/team/charts:chart").status == 200
    assert ask(face, "team/charts/tags/list").json["tags"] == []


def test_a_bare_name_of_which_nothing_is_here_is_unknown_also_while_docker_hub_is_away(face: Face) -> None:
    for path, code in (
        ("team/none/tags/list", "NAME_UNKNOWN"),
        (f"team/none/blobs/{DIGEST}", "BLOB_UNKNOWN"),
    ):
        answer = ask(face, path)
        assert (answer.status, answer.code) == (404, code)
