"""Clients that mean harm, or bring crowds, and a service that ends in the middle of an upload."""

from __future__ import annotations

import socket
from pathlib import Path

from imagedepot.model.digest import Digest
from tests.api.conftest import NOBODY
from tests.api.face import Face
from tests.api.listening import listening
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import push_image, random_layer
from tests.registry.asking import ask

CONTENT = random_layer(600_000)


def test_ten_thousand_uploads_are_refused_in_a_sentence(tmp_path: Path) -> None:
    """As many as make the point: those beyond the limit leave nothing behind."""
    with Face(tmp_path, **NOBODY) as face:
        answers = [ask(face, "team/app/blobs/uploads/", "POST", b"") for _ in range(130)]
        assert [each.status for each in answers] == [202] * 100 + [429] * 30
        assert (answers[-1].code, answers[-1].headers["retry-after"]) == ("TOOMANYREQUESTS", "61")
        assert ask(face, answers[0].headers["location"], "DELETE").status == 204
        assert ask(face, "team/app/blobs/uploads/", "POST", b"").status == 202


def test_an_upload_goes_on_after_a_restart_where_it_ended(tmp_path: Path) -> None:
    with Face(tmp_path, **NOBODY) as face:
        place = ask(face, "team/app/blobs/uploads/", "POST", b"").headers["location"]
        ask(face, place, "PATCH", CONTENT[:400_000])
    with Face(tmp_path, **NOBODY) as face:
        status = ask(face, place)
        assert (status.status, status.headers["range"]) == (204, "0-399999")
        rest = f"400000-{len(CONTENT) - 1}"
        assert ask(face, place, "PATCH", CONTENT[400_000:], Content_Range=rest).status == 202
        assert ask(face, f"{place}?digest={Digest.of(CONTENT)}", "PUT", b"").status == 201
        assert ask(face, f"team/app/blobs/{Digest.of(CONTENT)}").content == CONTENT


def test_what_came_before_a_connection_was_cut_is_kept(tmp_path: Path) -> None:
    with Face(tmp_path, **NOBODY) as face, listening(face) as port:
        place = ask(face, "team/app/blobs/uploads/", "POST", b"").headers["location"]
        head = f"PATCH {place} HTTP/1.1\r\nHost: {face.host}\r\nContent-Length: {len(CONTENT)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", port)) as cut:
            cut.sendall(head.encode() + CONTENT[:300_000])
        while (end := int(ask(face, place).headers["range"][2:])) + 1 < 300_000:
            pass
        rest = f"{end + 1}-{len(CONTENT) - 1}"
        assert ask(face, place, "PATCH", CONTENT[end + 1 :], Content_Range=rest).status == 202
        assert ask(face, f"{place}?digest={Digest.of(CONTENT)}", "PUT", b"").status == 201


def test_a_body_without_a_length_is_taken_as_it_comes_and_not_beyond_its_range(tmp_path: Path) -> None:
    with Face(tmp_path, **NOBODY) as face, listening(face) as port:
        for content_range, status in (("", b" 202 "), ("Content-Range: 0-99\r\n", b" 413 ")):
            place = ask(face, "team/app/blobs/uploads/", "POST", b"").headers["location"]
            head = f"PATCH {place} HTTP/1.1\r\nHost: {face.host}\r\n{content_range}Transfer-Encoding: chunked\r\n\r\n"
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(head.encode() + b"%x\r\n%s\r\n0\r\n\r\n" % (len(CONTENT), CONTENT))
                assert status in client.recv(4096)


def test_a_push_never_replaces_what_clients_get_from_docker_hub(
    tmp_path: Path, faulty_registry: FaultyRegistry
) -> None:
    push_image(faulty_registry.url, "tools/app", "1", [random_layer(1000)])
    with Face(tmp_path, registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9") as face:
        face.download("dockerhub/docker/tools/app/1")
        answer = ask(face, "tools/app/blobs/uploads/", "POST", b"")
        assert (answer.status, answer.code) == (403, "DENIED")
        assert "Docker Hub" in answer.json["errors"][0]["message"]
        assert ask(face, "tools/app/manifests/1").status == 200
