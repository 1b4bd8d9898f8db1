"""Who may pull through `/v2/` once there are users."""

from __future__ import annotations

import base64
from pathlib import Path

from imagedepot.model.access.role import Role
from imagedepot.model.access.scope import Scope
from tests.api.conftest import NOBODY, PASSWORD
from tests.api.face import Face
from tests.registry.asking import ask


def basic(user: str, secret: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{secret}'.encode()).decode()}"


def test_users_log_in_with_a_password_or_a_token_and_never_by_cookie(tmp_path: Path) -> None:
    with Face(tmp_path / "data", **NOBODY) as face:
        access = face.services.access
        access.add("ada", PASSWORD, Role.ADMIN)
        caller = access.owner()
        _, secret = access.add_token(caller, "ci", [Scope.PULL], ["ghcr.io/owner/*"], None, "ada")
        _, other = access.add_token(caller, "reader", [Scope.READ], ["*"], None, "ada")
        refused = ask(face, "")
        assert (refused.status, refused.code) == (401, "UNAUTHORIZED")
        assert "www-authenticate" in refused.headers
        face.log_in("ada", PASSWORD)
        assert ask(face, "").status == 401
        face.cookie = ""
        assert ask(face, "", Authorization=basic("ada", PASSWORD), Host="any.name:80").status == 200
        assert ask(face, "", Authorization=basic("ada", "wrong")).status == 401
        assert ask(face, "", Authorization=basic("ada", secret)).status == 200
        assert ask(face, "ghcr.io/strange/app/tags/list", Authorization=basic("ada", secret)).code == "DENIED"
        assert ask(face, "", Authorization=basic("ada", other)).code == "DENIED"
        access.change("ada", "another long password")
        assert ask(face, "", Authorization=basic("ada", PASSWORD)).status == 401
