"""What people paste in place of a reference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagedepot.errors import InvalidReference
from imagedepot.model.names.pasted import as_reference
from imagedepot.model.names.reference import Reference

HEX = "ab" * 32


@pytest.mark.parametrize(
    ("text", "familiar"),
    [
        ("  redis ", "redis:latest"),
        ("docker pull redis", "redis:latest"),
        ("$ sudo docker image pull redis:7\n", "redis:7"),
        ("podman pull quay.io/a/b", "quay.io/a/b:latest"),
        ("docker://redis:7", "redis:7"),
        ("https://hub.docker.com/r/linuxserver/jellyfin", "linuxserver/jellyfin:latest"),
        ("hub.docker.com/r/linuxserver/jellyfin/", "linuxserver/jellyfin:latest"),
        ("https://hub.docker.com/r/linuxserver/jellyfin/tags?page=1&name=10.9", "linuxserver/jellyfin:10.9"),
        ("https://hub.docker.com/_/redis", "redis:latest"),
        ("https://hub.docker.com/_/redis/?tab=description#usage", "redis:latest"),
        ("https://hub.docker.com/repository/docker/me/app/general", "me/app:latest"),
        (f"https://hub.docker.com/layers/library/redis/7/images/sha256-{HEX}", "redis:7"),
        ("https://ghcr.io/owner/name", "ghcr.io/owner/name:latest"),
        ("HTTPS://GHCR.io/owner/name:2", "ghcr.io/owner/name:2"),
        ("https://github.com/Owner/repo/pkgs/container/name", "ghcr.io/owner/name:latest"),
        ("https://github.com/owner/repo/pkgs/container/group%2Fname/1234?tag=v2", "ghcr.io/owner/group/name:v2"),
        ("https://github.com/orgs/owner/packages/container/package/name", "ghcr.io/owner/name:latest"),
        ("https://quay.io/repository/prometheus/node-exporter?tab=tags", "quay.io/prometheus/node-exporter:latest"),
        (f"https://quay.io/repository/a/b/manifest/sha256:{HEX}", f"quay.io/a/b@sha256:{HEX}"),
        ("quay.io/a:1", "quay.io/a:1"),
        ("https://gallery.ecr.aws/docker/library/redis", "public.ecr.aws/docker/library/redis:latest"),
        (
            "https://mcr.microsoft.com/en-us/artifact/mar/dotnet/runtime/about",
            "mcr.microsoft.com/dotnet/runtime:latest",
        ),
        ("mcr.microsoft.com/dotnet/runtime:8.0", "mcr.microsoft.com/dotnet/runtime:8.0"),
        ("https://codeberg.org/forgejo/-/packages/container/forgejo/9", "codeberg.org/forgejo/forgejo:9"),
        ("https://registry.lan:5000/team/app", "registry.lan:5000/team/app:latest"),
        ("http://registry.lan:5000/v2/team/app/manifests/2", "registry.lan:5000/team/app:2"),
        ("registry.hub.docker.com/nginx", "nginx:latest"),
    ],
)
def test_what_surely_means_one_image_is_taken(text: str, familiar: str) -> None:
    assert Reference.parse(as_reference(text)).familiar == familiar


@pytest.mark.parametrize(
    "text",
    [
        "https://hub.docker.com/u/linuxserver",
        "https://hub.docker.com/search?q=redis",
        "https://github.com/owner/repo",
        "https://quay.io/organization/prometheus",
        "https://registry.lan:5000/",
    ],
)
def test_a_page_that_is_not_one_images_says_what_to_write(text: str) -> None:
    with pytest.raises(InvalidReference, match=r"^Not the page of one image: .*; write the image's name, such as"):
        as_reference(text)


@pytest.mark.parametrize("text", ["docker run -p 80:80 nginx", "docker pull --platform linux/arm64 redis"])
def test_another_command_says_what_to_write(text: str) -> None:
    with pytest.raises(InvalidReference, match=r"^Write the name of the image alone, such as redis:7, not a command"):
        as_reference(text)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("Team/App:1", "(names are lower-case: team/app)"),
        ("Redis", "(names are lower-case: redis)"),
        ("ghcr.io/Owner/App", "(names are lower-case: ghcr.io/owner/app)"),
        ("registry.lan:5000/App", "(names are lower-case: registry.lan:5000/app)"),
    ],
)
def test_capitals_are_refused_with_the_name_to_type(text: str, advice: str) -> None:
    with pytest.raises(InvalidReference) as refused:
        Reference.parse(as_reference(text))
    assert str(refused.value).endswith(advice)


@given(st.text(st.sampled_from("htps:/docker.@? #-_AZaz09%&="), max_size=60) | st.text(max_size=60))
def test_any_text_stays_a_reference_or_is_refused(text: str) -> None:
    try:
        reference = Reference.parse(as_reference(text))
    except InvalidReference as error:
        assert "\n" not in str(error)
        return
    assert Reference.parse(as_reference(str(reference))) == reference
