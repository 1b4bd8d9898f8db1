"""`kill -9` at ten moments of one upload: it goes on where it stopped, and the store verifies."""

from __future__ import annotations

import random
import socket
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from imagedepot.model.digest import Digest
from tests.e2e.service import Service
from tests.ground.images import random_layer
from tests.ground.waiting import wait_until

CONTENT = random_layer(30_000_000)
KILLS = 10


@pytest.mark.timeout(600)
def test_an_upload_killed_ten_times_never_starts_over(tmp_path: Path) -> None:
    service = Service(tmp_path / "data", registry_url="http://127.0.0.1:9", hub_url="http://127.0.0.1:9")
    with service:
        with urlopen(Request(f"{service.url}/v2/team/app/blobs/uploads/", b"", method="POST")) as answer:
            place = str(answer.headers["location"])
        at = 0
        for moment in sorted(random.Random(7).sample(range(1_000_000, len(CONTENT) - 1_000_000), KILLS)):
            sent = at
            with socket.create_connection(("127.0.0.1", service.port)) as client:
                head = (
                    f"PATCH {place} HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\nContent-Length: {len(CONTENT) - sent}"
                )
                client.sendall(f"{head}\r\n\r\n".encode() + CONTENT[sent:moment])
                wait_until(lambda: offset(tmp_path) > sent)  # noqa: B023 - called before the next round
                service.kill()
            service.start()
            at = status(service, place)
            assert sent < at <= moment
        rest = Request(f"{service.url}{place}?digest={Digest.of(CONTENT)}", CONTENT[at:], method="PUT")
        rest.add_header("Content-Range", f"{at}-{len(CONTENT) - 1}")
        with urlopen(rest) as answer:
            assert answer.status == 201
        verified = service.post("/space/verify", {"repair": False})
        assert (verified["problems"], verified["bytes"]) == ([], len(CONTENT))


def offset(folder: Path) -> int:
    """Bytes of the one upload that are on the disk."""
    return sum(path.stat().st_size for path in (folder / "data/partial").glob("upload-*"))


def status(service: Service, place: str) -> int:
    """Where the service says that the upload goes on."""
    with urlopen(f"{service.url}{place}") as answer:
        return int(answer.headers["range"].partition("-")[2]) + 1
