"""Inspect objects as engines of today answer them, filled in to what old clients read.

Only Docker 20.10 is on this machine; the shapes of newer ones are those that the Engine API's history describes.
"""

from __future__ import annotations

from typing import Any

import pytest

from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageType, InstalledImage
from imagedepot.model.names.reference import Reference
from imagedepot.stores.docker.rows import engine_history, engine_inspect, engine_rows, is_only_name

ID = "sha256:" + "1d" * 32
DIGEST = Digest("sha256", "ab" * 32)
FIELDS = (
    "Architecture Author Comment Config Container ContainerConfig Created DockerVersion Id Os Parent Size VirtualSize "
    "RepoTags RepoDigests RootFS"
)
CONFIG_FIELDS = (
    "AttachStderr AttachStdin AttachStdout Cmd Domainname Entrypoint Env ExposedPorts Hostname Image OnBuild OpenStdin "
    "StdinOnce Tty User Volumes WorkingDir"
)

_COMMON: dict[str, Any] = {
    "Id": ID,
    "RepoTags": ["lab/app:1"],
    "RepoDigests": [],
    "Created": "2026-01-02T03:04:05.678901234Z",
    "Architecture": "amd64",
    "Os": "linux",
    "Size": 4321,
    "GraphDriver": {"Name": "overlay2", "Data": None},
    "RootFS": {"Type": "layers", "Layers": ["sha256:" + "2e" * 32]},
    "Metadata": {"LastTagTime": "2026-01-02T03:04:06Z"},
}
ANSWERS: dict[str, dict[str, Any]] = {
    "1.44: no VirtualSize": {
        **_COMMON,
        "Parent": "",
        "Comment": "buildkit.dockerfile.v0",
        "Container": "",
        "ContainerConfig": None,
        "DockerVersion": "",
        "Author": "",
        "Config": {"Hostname": "", "Env": ["A=1"], "Cmd": ["/bin/sh"], "Labels": None},
    },
    "1.45: no Container, no ContainerConfig": {
        **_COMMON,
        "Parent": "",
        "Comment": "",
        "DockerVersion": "",
        "Author": "",
        "Config": {"Env": ["A=1"], "Cmd": ["/bin/sh"], "WorkingDir": "/"},
    },
    "1.52: what is empty is left out": {
        **{key: value for key, value in _COMMON.items() if key != "Created"},
        "Descriptor": {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": ID, "size": 1609},
        "Config": {"Cmd": ["/bin/sh"], "Env": ["A=1"]},
    },
    "Podman 4: more than asked": {
        **_COMMON,
        "VirtualSize": 4321,
        "OsVersion": "",
        "Container": "",
        "ContainerConfig": {"Cmd": ["/bin/sh"], "Env": ["A=1"]},
        "Metadata": {"LastTagTime": "0001-01-01T00:00:00Z"},
        "Config": {"Cmd": ["/bin/sh"], "Env": ["A=1"]},
    },
}


def row(tag: str = "1", digest: Digest | None = DIGEST) -> InstalledImage:
    return InstalledImage(ImageType.DOCKER, "lab/app", tag, 4321, digest=digest, id=ID)


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_old_clients_find_every_field_in_every_engines_answer(answer: dict[str, Any]) -> None:
    told = engine_inspect(answer, [row()])
    assert set(FIELDS.split()) <= told.keys()
    assert set(CONFIG_FIELDS.split()) <= told["Config"].keys()
    assert told["ContainerConfig"] is not None
    assert told["Config"]["Cmd"] == told["ContainerConfig"]["Cmd"] == ["/bin/sh"]
    assert told["Size"] == told["VirtualSize"] == 4321
    texts = ("Author", "Comment", "Container", "Created", "DockerVersion", "Parent", "Os", "Architecture")
    assert all(isinstance(told[key], str) for key in texts)
    assert (told["RepoTags"], told["RepoDigests"]) == (["lab/app:1"], [f"lab/app@{DIGEST}"])
    assert told["RootFS"] == _COMMON["RootFS"]


def test_a_digest_that_the_engine_knows_is_listed_once() -> None:
    answer = {**_COMMON, "RepoDigests": [f"docker.io/lab/app@{DIGEST}"]}
    assert engine_inspect(answer, [row(), row("2")])["RepoDigests"] == [f"docker.io/lab/app@{DIGEST}"]
    assert engine_inspect(answer, [row(), row("2")])["RepoTags"] == ["lab/app:1", "lab/app:2"]


@pytest.mark.parametrize("untagged", [["<none>:<none>"], [], None], ids=["1.41", "1.43", "null"])
def test_an_image_without_a_tag_is_not_listed(untagged: list[str] | None) -> None:
    answer = {"Id": ID, "RepoTags": untagged, "RepoDigests": None, "Created": 1700000000, "Size": 1}
    assert engine_rows([answer], {}, lambda _: None) == ()


@pytest.mark.parametrize(
    ("tags", "digests", "alone"),
    [
        (["lab/app:1"], [], True),
        (["docker.io/lab/app:1"], [f"lab/app@{DIGEST}"], True),
        (["lab/app:1", "lab/app:2"], [], False),
        (["lab/app:1"], [f"other/app@{DIGEST}"], False),
    ],
)
def test_an_image_goes_with_its_only_name(tags: list[str], digests: list[str], alone: bool) -> None:
    assert is_only_name({"RepoTags": tags, "RepoDigests": digests}, Reference.parse("lab/app:1")) is alone


def test_history_is_turned_to_the_words_of_a_config() -> None:
    newest_first = [
        {"Id": ID, "Created": 1700000060, "CreatedBy": "CMD sh", "Size": 0, "Comment": ""},
        {"Id": "<missing>", "Created": 1700000000, "CreatedBy": "COPY /", "Size": 10, "Comment": "buildkit"},
    ]
    assert engine_history(newest_first) == [
        {"created": "2023-11-14T22:13:20Z", "created_by": "COPY /", "comment": "buildkit"},
        {"created": "2023-11-14T22:14:20Z", "created_by": "CMD sh", "empty_layer": True},
    ]
