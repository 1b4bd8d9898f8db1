"""The registry of the fake Docker Hub: tokens, pulls that count, blobs at the CDN; judged by skopeo too."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.asking import Got, ask
from tests.fakes.hub import FakeHub
from tests.fakes.hub_data import community
from tests.fakes.manifests import OCI_INDEX, OCI_MANIFEST
from tests.ground.images import push_image, push_index, random_layer
from tests.ground.needs import require

MANIFEST = "/v2/library/app/manifests/1"
PULL = "repository:library/app:pull"


@pytest.fixture
def hub(fake_hub: FakeHub) -> FakeHub:
    push_image(fake_hub.upstream.url, "library/app", "1", [random_layer(5000), random_layer(100_000)])
    push_index(fake_hub.upstream.url, "library/multi", "1", ["linux/amd64", "linux/arm64"])
    return fake_hub


def bearer(hub: FakeHub, scope: str = PULL, **headers: str) -> str:
    got = ask(f"{hub.url}/token?service=registry.docker.io&scope={scope}", **headers)
    return f"Bearer {got.json['token']}"


def manifest(hub: FakeHub, method: str = "GET", path: str = MANIFEST, token: str = "") -> Got:
    accept = f"{OCI_INDEX}, {OCI_MANIFEST}"
    return ask(hub.url + path, method, Accept=accept, Authorization=token or bearer(hub))


def skopeo(*words: str) -> subprocess.CompletedProcess[str]:
    require("skopeo")
    return subprocess.run(["skopeo", *words], capture_output=True, text=True, check=False)


def test_the_challenge_is_docker_hubs(hub: FakeHub) -> None:
    got = ask(hub.url + MANIFEST)
    expected = f'Bearer realm="{hub.url}/token",service="registry.docker.io",scope="{PULL}"'
    assert (got.status, got.challenges) == (401, [expected])
    assert ask(f"{hub.url}/v2/").challenges == [f'Bearer realm="{hub.url}/token",service="registry.docker.io"']
    body = ask(f"{hub.url}/token?service=registry.docker.io&scope={PULL}").json
    assert (body["token"], body["expires_in"]) == (body["access_token"], 300)


def test_get_counts_and_head_does_not(hub: FakeHub) -> None:
    left = [manifest(hub, method).headers["ratelimit-remaining"] for method in ("HEAD", "GET", "HEAD", "GET")]
    assert left == ["100;w=21600", "99;w=21600", "99;w=21600", "98;w=21600"]
    got = manifest(hub, "HEAD")
    assert (got.headers["ratelimit-limit"], got.headers["docker-ratelimit-source"]) == ("100;w=21600", "192.0.2.1")


def test_an_index_and_its_image_are_one_pull(hub: FakeHub) -> None:
    token = bearer(hub, "repository:library/multi:pull")
    index = manifest(hub, path="/v2/library/multi/manifests/1", token=token).json
    manifest(hub, path=f"/v2/library/multi/manifests/{index['manifests'][0]['digest']}", token=token)
    assert hub.pulls.left(None) == 99


def test_over_the_limit_get_is_429_and_head_is_not(hub: FakeHub) -> None:
    hub.pulls.exhaust()
    over = manifest(hub)
    assert (over.status, over.json["errors"][0]["code"], "Retry-After" in over.headers) == (
        429,
        "TOOMANYREQUESTS",
        False,
    )
    assert manifest(hub, "HEAD").status == 200


def test_an_account_has_a_limit_of_its_own_or_none(hub: FakeHub) -> None:
    hub.accounts["ada"] = "lovelace"
    token = bearer(hub, Authorization="Basic YWRhOmxvdmVsYWNl")
    hub.pulls.exhaust()
    got = manifest(hub, token=token)
    assert (got.status, got.headers["ratelimit-remaining"]) == (200, "199;w=21600")
    assert got.headers["docker-ratelimit-source"] != "192.0.2.1"
    hub.pulls.known = None
    assert not [name for name in manifest(hub, token=token).headers if "ratelimit" in name.lower()]


def test_unknown_and_private_look_the_same(hub: FakeHub) -> None:
    push_image(hub.upstream.url, "ada/secret", "1", [random_layer(500)])
    hub.add(community("ada/secret", private=True, owner="ada"))
    hub.accounts["ada"] = "lovelace"
    for name in ("ada/secret", "no/such-thing"):
        token = bearer(hub, f"repository:{name}:pull")
        assert hub.authority.issued[-1].grants == frozenset()
        got = manifest(hub, path=f"/v2/{name}/manifests/1", token=token)
        assert (got.status, got.json["errors"][0]["code"]) == (401, "UNAUTHORIZED")
        assert 'error="insufficient_scope"' in got.challenges[0]
    mine = bearer(hub, "repository:ada/secret:pull", Authorization="Basic YWRhOmxvdmVsYWNl")
    assert manifest(hub, path="/v2/ada/secret/manifests/1", token=mine).status == 200


def test_a_missing_tag_of_a_known_repository_is_404(hub: FakeHub) -> None:
    got = manifest(hub, path="/v2/library/app/manifests/none")
    assert (got.status, got.json["errors"][0]["code"]) == (404, "MANIFEST_UNKNOWN")


def test_the_catalog_is_refused(hub: FakeHub) -> None:
    assert ask(f"{hub.url}/v2/_catalog", Authorization=bearer(hub, "registry:catalog:*")).status == 401


def test_blobs_are_at_the_cdn(hub: FakeHub) -> None:
    layer = manifest(hub).json["layers"][0]
    sent = ask(f"{hub.url}/v2/library/app/blobs/{layer['digest']}", Authorization=bearer(hub))
    assert (sent.status, sent.headers["Location"].startswith(hub.cdn.url)) == (307, True)
    assert len(ask(sent.headers["Location"]).body) == layer["size"]


def copy(hub: FakeHub, name: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return skopeo("copy", "--src-tls-verify=false", *options, f"docker://{hub.host}/{name}", f"oci:{folder}:1")


def test_skopeo_copies_an_image_and_leaks_nothing(hub: FakeHub, tmp_path: Path) -> None:
    done = copy(hub, "library/app:1", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert skopeo("inspect", f"oci:{tmp_path}/out:1").returncode == 0
    assert hub.cdn.leaks == []
    assert hub.pulls.left(None) == 99
    assert hub.requests.count("/token") >= 1


def test_skopeo_copies_one_platform_of_an_index(hub: FakeHub, tmp_path: Path) -> None:
    done = copy(hub, "library/multi:1", tmp_path / "out", "--override-arch=arm64")
    assert done.returncode == 0, done.stderr
    assert hub.pulls.left(None) == 99


def test_skopeo_lists_tags_and_logs_in(hub: FakeHub, tmp_path: Path) -> None:
    listed = skopeo("list-tags", "--tls-verify=false", f"docker://{hub.host}/library/app")
    assert '"1"' in listed.stdout, listed.stderr
    hub.accounts["ada"] = "lovelace"
    words = ("login", "--tls-verify=false", f"--authfile={tmp_path}/auth.json", "-u", "ada")
    assert skopeo(*words, "-p", "lovelace", hub.host).returncode == 0
    assert skopeo(*words, "-p", "babbage", hub.host).returncode != 0


@pytest.mark.parametrize(
    ("name", "words"), [("no/such-thing:1", "denied|unauthorized"), ("library/app:none", "manifest unknown")]
)
def test_skopeo_says_what_docker_hub_would_make_it_say(hub: FakeHub, tmp_path: Path, name: str, words: str) -> None:
    done = copy(hub, name, tmp_path / "out", "--retry-times=0")
    assert done.returncode != 0
    assert re.search(words, done.stderr), done.stderr


def test_it_can_be_run_by_hand(hub: FakeHub) -> None:
    command = [sys.executable, "-m", "tests.fakes.hub", "--registry", hub.upstream.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        assert ask(f"{url}/v1/search?q=redis").status == 200
        process.terminate()
        assert process.wait(60) == 0
