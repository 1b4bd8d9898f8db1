"""References, against the grammar of github.com/distribution/reference and Docker's normalisation."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.errors import InvalidReference
from imagedepot.model.digest import Digest
from imagedepot.model.names.reference import Reference

SHA = "sha256:" + "ab" * 32
COMPONENT = r"[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}"
names = st.from_regex(rf"{COMPONENT}(/{COMPONENT}){{0,2}}", fullmatch=True).filter(
    lambda name: (
        "." not in name.partition("/")[0] and not name.startswith("localhost/") and not name.startswith("library/")
    )
)
tags = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True)
hosts = st.from_regex(r"[a-z]([a-z0-9-]{0,6}[a-z0-9])?\.lan(:[1-9][0-9]{0,3})?", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "full", "familiar"),
    [
        ("redis", "docker.io/library/redis:latest", "redis:latest"),
        ("redis:7", "docker.io/library/redis:7", "redis:7"),
        ("library/redis", "docker.io/library/redis:latest", "redis:latest"),
        ("lgsd/diamond", "docker.io/lgsd/diamond:latest", "lgsd/diamond:latest"),
        ("docker.io/redis", "docker.io/library/redis:latest", "redis:latest"),
        ("index.docker.io/a/b", "docker.io/a/b:latest", "a/b:latest"),
        ("registry.hub.docker.com/library/nginx:1", "docker.io/library/nginx:1", "nginx:1"),
        ("ghcr.io/a/b:2", "ghcr.io/a/b:2", "ghcr.io/a/b:2"),
        ("localhost/a", "localhost/a:latest", "localhost/a:latest"),
        ("registry.lan:5000/a/b/c:x", "registry.lan:5000/a/b/c:x", "registry.lan:5000/a/b/c:x"),
        ("[::1]:5000/a", "[::1]:5000/a:latest", "[::1]:5000/a:latest"),
        ("Registry/a", "Registry/a:latest", "Registry/a:latest"),
        (f"redis@{SHA}", f"docker.io/library/redis@{SHA}", f"redis@{SHA}"),
        (f"redis:7@{SHA}", f"docker.io/library/redis:7@{SHA}", f"redis:7@{SHA}"),
        ("library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"),
    ],
)
def test_names_are_read_and_shown_as_docker_does(text: str, full: str, familiar: str) -> None:
    reference = Reference.parse(text)
    assert str(reference) == full
    assert reference.familiar == familiar


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "../../etc",
        "a/../b",
        "/etc/passwd",
        "UPPER",
        "a//b",
        "a/",
        "a:",
        "a:b c",
        "a:-x",
        "a:" + "x" * 129,
        "a@sha256:12",
        "a@" + SHA.upper(),
        "a@md5:" + "0" * 32,
        "ab" * 32,
        "a" * 256,
        "host.lan:99999/a",
        "host.lan:/a",
        "http://host/a",
        "a\nb",
        "a\x00",
        "é",
        "-a",
        "a-",
        "a___b",
        "docker.io/",
        "user@host/a",
    ],
)
def test_what_breaks_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(InvalidReference):
        Reference.parse(text)


@given(names, tags)
def test_every_valid_hub_name_survives_the_way_there_and_back(name: str, tag: str) -> None:
    reference = Reference.parse(f"{name}:{tag}")
    assert Reference.parse(str(reference)) == reference
    assert Reference.parse(reference.familiar) == reference
    assert reference.familiar == f"{name}:{tag}"


@given(hosts, names, tags)
def test_every_valid_host_is_kept(host: str, name: str, tag: str) -> None:
    reference = Reference.parse(f"{host}/{name}:{tag}")
    assert (reference.registry, reference.repository, reference.tag) == (host, name, tag)
    assert Reference.parse(reference.familiar) == reference


@given(st.text(max_size=60))
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    try:
        reference = Reference.parse(text)
    except InvalidReference:
        return
    assert Reference.parse(str(reference)) == reference
    assert Reference.parse(reference.familiar) == reference
    assert re.fullmatch(r"[A-Za-z0-9._:/@\[\]-]+", str(reference))
    assert ".." not in reference.repository.split("/")


def test_a_path_segment_may_be_a_tag_or_a_digest() -> None:
    assert Reference.for_tag("redis", "7") == Reference.parse("redis:7")
    assert Reference.for_tag("redis", SHA) == Reference.parse(f"redis@{SHA}")
    assert Reference.for_tag("redis:7", "7") == Reference.parse("redis:7")
    assert Reference.for_tag("registry.lan:5000/a", "1").registry == "registry.lan:5000"


@pytest.mark.parametrize(
    ("name", "tag"), [("redis:7", "8"), ("redis", "a b"), ("redis", "sha256:12"), (f"redis@{SHA}", "7")]
)
def test_a_tag_that_disagrees_with_the_name_is_refused(name: str, tag: str) -> None:
    with pytest.raises(InvalidReference):
        Reference.for_tag(name, tag)


def test_of_a_tag_and_a_digest_the_digest_decides() -> None:
    assert Reference.parse("redis:7").label == "7"
    assert Reference.parse(f"redis:7@{SHA}").label == SHA
    assert Reference.parse("redis:7").with_digest(Digest.parse(SHA)).label == SHA
    for tag in ("7", SHA):
        assert Reference.for_tag(f"redis:7@{SHA}", tag) == Reference.parse(f"redis@{SHA}")


def test_the_short_form_is_never_read_as_another_registrys() -> None:
    for text in ("docker.io/ghcr.io/a/b:1", "docker.io/localhost/a:1"):
        assert Reference.parse(text).familiar == text


def test_official_images_are_docker_hubs() -> None:
    assert Reference.parse("redis").is_official
    assert not Reference.parse("ghcr.io/library/redis").is_official
