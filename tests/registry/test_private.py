"""What an upstream gives only to a login is for nobody without a name, and for no token without the pattern."""

from __future__ import annotations

from pathlib import Path

from imagedepot.model.access.role import Role
from imagedepot.model.access.scope import Scope
from tests.api.conftest import PASSWORD
from tests.api.face import Face
from tests.fakes.guard import BasicGuard
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import push_image, random_layer
from tests.registry.asking import ask
from tests.registry.test_push_access import Registry, basic

NAME = "tools/private"


def test_a_private_repository_is_kept_from_strangers_and_from_tokens_of_others(
    tmp_path: Path, faulty_registry: FaultyRegistry
) -> None:
    image = push_image(faulty_registry.upstream.url, NAME, "1", [random_layer(5000)])
    faulty_registry.guard = BasicGuard({"owner": "secret"})
    with Face(tmp_path, registry_url=faulty_registry.url, hub_url="http://127.0.0.1:9", anonymous_pull="yes") as face:
        face.services.upstreams.logins.log_in("docker.io", "owner", "secret")
        access = face.services.access
        access.add("ada", PASSWORD, Role.ADMIN)
        _, secret = access.add_token(access.owner(), "ci", [Scope.PUSH], ["team/*"], None, "ada")
        registry = Registry(face)
        paths = [
            f"{NAME}/manifests/1",
            f"{NAME}/manifests/{image.digest}",
            f"{NAME}/blobs/{image.layers[0]}",
            f"{NAME}/blobs/{image.config}",
            f"{NAME}/tags/list",
            f"{NAME}/referrers/{image.digest}",
        ]
        stranger = registry.token("", f"repository:{NAME}:pull")
        for is_here in (False, True):
            for path in paths:
                for spelling in (path, f"docker.io/{path}", f"{path}?ns=docker.io"):
                    for by in ("", stranger):
                        assert registry.ask(spelling, by=by).status == 401, (is_here, spelling, by)
                    assert registry.ask(spelling, by=basic("ada", secret)).code == "DENIED"
            for path in paths[:4]:
                assert registry.ask(path, by=basic("ada")).status == 200
        assert registry.ask("_catalog", by=stranger).code == "DENIED"
        for query in (f"?mount={image.layers[0]}&from={NAME}", f"?mount={image.layers[0]}"):
            answer = registry.ask(f"team/app/blobs/uploads/{query}", "POST", b"", by=basic("ada", secret))
            assert answer.status == 202
        assert ask(face, f"team/app/blobs/{image.layers[0]}", Authorization=basic("ada", secret)).status == 404
