"""Plain requests to `/v2/`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.api.face import Face


@dataclass(frozen=True)
class Answer:
    """One answer of `/v2/`; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> str:
        """Of a failure in its one shape."""
        (error,) = self.json["errors"]
        assert set(error) == {"code", "message", "detail"}
        assert error["message"]
        return str(error["code"])


def ask(face: Face, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    """`path` is below `/v2/`, or one of the service's own, and goes over the wire as it is written; `If_None_Match`
    stands for that header."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    address = path if path.startswith("/") else f"/v2/{path}"
    with face.opened(method, address, body, headers=sent, base="") as response:
        content = response.read()
        return Answer(response.status, {key.lower(): value for key, value in response.headers.items()}, content)
