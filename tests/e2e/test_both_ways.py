"""`--json` of each command prints the same rows whether a service answers or the command does the work itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.e2e.service import Service
from tests.fakes.registry import FaultyRegistry
from tests.ground.images import push_image, random_layer

LOOKS = (
    ("list",),
    ("list", "--type", "docker", "LAB"),
    ("list", "--type", "lxc"),
    ("list", "--depot", "appcenter", "nginx"),
    ("search", "nginx", "--depot", "appcenter", "--limit", "2"),
    ("inspect", "lab/app:1"),
    ("tags", "lab/app"),
    ("downloads",),
    ("limits",),
    ("verify",),
    ("gc",),
    ("user", "list"),
    ("session", "list"),
    ("catalog", "list"),
    ("registry", "list"),
    ("version",),
)


def looked(service: Service) -> dict[tuple[str, ...], Any]:
    answers: dict[tuple[str, ...], Any] = {look: json.loads(service.command(*look, "--json").stdout) for look in LOOKS}
    for row in answers["catalog", "list"]:
        assert row.pop("fetched")  # the built-in catalog is read by each process
    return answers


def test_every_look_shows_the_same_rows(tmp_path: Path, faulty_registry: FaultyRegistry) -> None:
    url = faulty_registry.upstream.url
    push_image(url, "lab/app", "1", [random_layer(1000)])
    push_image(url, "lab/app", "2", [random_layer(1000), random_layer(2000)])
    password = tmp_path / "password"
    password.write_text("correct horse\n")
    catalog = tmp_path / "list.json"
    catalog.write_text(json.dumps([{"name": "lab/app", "version": "2", "type": "docker", "repository": "dockerhub"}]))
    with Service(tmp_path / "data", registry_url=faulty_registry.url) as service:
        service.command("pull", "lab/app:1", "lab/app:2")
        service.command("pull", "lab/absent:1", check=False)
        service.command("user", "add", "ada", "--password-file", str(password))
        service.command("catalog", "add", str(catalog))
        with_service = looked(service)
        assert service.stop() == 0
        alone = looked(service)
    for look in LOOKS:
        assert alone[look] == with_service[look], look
    assert [row["tags"] for row in alone[("list",)]["results"]] == [["1", "2"]]
    assert [row["status"] for row in alone[("downloads",)]] == ["failed", "done", "done"]
    assert alone["user", "list"][0]["username"] == "ada"


def test_every_change_answers_the_same(tmp_path: Path, faulty_registry: FaultyRegistry) -> None:
    push_image(faulty_registry.upstream.url, "lab/app", "1", [random_layer(1000)])
    password = tmp_path / "password"
    password.write_text("correct horse\n")
    changes = (
        ("pull", "lab/app:1"),
        ("remove", "lab/app"),
        ("pull", "lab/absent:1"),
        ("user", "add", "ada", "--password-file", str(password)),
        ("user", "passwd", "ada", "--password-file", str(password)),
        ("catalog", "remove", "builtin"),
        ("catalog", "refresh"),
    )
    answers = []
    for name in ("served", "alone"):
        service = Service(tmp_path / name, registry_url=faulty_registry.url)
        if name == "served":
            service.start()
        try:
            done = [service.command(*change, "--json", check=False) for change in changes]
        finally:
            if name == "served":
                service.stop()
        answers.append([(each.returncode, _timeless(json.loads(each.stdout))) for each in done])
    assert answers[0] == answers[1]


def _timeless(answer: Any) -> Any:
    """Without what differs from one run to the next."""
    if isinstance(answer, list):
        return [_timeless(each) for each in answer]
    if isinstance(answer, dict):
        return {key: _timeless(value) for key, value in answer.items() if key not in ("created", "ended", "id")}
    return answer
