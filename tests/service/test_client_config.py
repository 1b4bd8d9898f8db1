"""The files for other machines: what is in them, and that the real programs take them."""

from __future__ import annotations

import json
import subprocess
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from imagedepot.errors import InvalidInput
from imagedepot.model.names.upstreams import BUILT_IN, Upstream, Upstreams
from imagedepot.service.client_config import Client, ClientConfig, ClientConfigs, ServiceAddress
from tests.ground.engines import DOCKER, Dockerd
from tests.ground.needs import require, require_root

PLAIN = ServiceAddress("nas.lan:8080", False)
TLS = ServiceAddress("nas.lan:8443", True)
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
NAMED = (
    Upstream.parse("registry.lan=https://registry.lan:5000"),
    Upstream.parse("proxy.lan=https://harbor.lan/proxy"),
)
UPSTREAMS = Upstreams(NAMED).all


def written(client: Client, at: ServiceAddress = PLAIN, authority: str = "") -> ClientConfig:
    return ClientConfigs(lambda: UPSTREAMS, at, lambda: authority).write(client)


def contents(config: ClientConfig) -> dict[str, str]:
    return {file.path: file.content for file in config.files}


def test_docker_has_a_mirror_of_docker_hub_and_hosts_files_for_the_others() -> None:
    files = contents(written(Client.DOCKER))
    assert json.loads(files.pop("/etc/docker/daemon.json")) == {
        "registry-mirrors": ["http://nas.lan:8080"],
        "insecure-registries": ["nas.lan:8080"],
    }
    assert set(files) == {
        f"/etc/docker/certs.d/{host}/hosts.toml" for host in ("registry.lan:5000", *BUILT_IN) if host != "docker.io"
    }


@pytest.mark.parametrize("client", [Client.DOCKER, Client.CONTAINERD])
def test_a_hosts_file_names_us_first_and_the_registry_itself_as_the_server(client: Client) -> None:
    files = contents(written(client))
    hosts = next(tomllib.loads(text) for path, text in files.items() if path.endswith("/ghcr.io/hosts.toml"))
    assert hosts == {
        "server": "https://ghcr.io",
        "host": {"http://nas.lan:8080": {"capabilities": ["pull", "resolve"]}},
    }


def test_containerd_reaches_docker_hub_where_its_registry_really_is() -> None:
    hosts = tomllib.loads(contents(written(Client.CONTAINERD))["/etc/containerd/certs.d/docker.io/hosts.toml"])
    assert hosts["server"] == "https://registry-1.docker.io"


def test_podman_has_each_registry_with_its_prefix_below_our_address() -> None:
    (text,) = contents(written(Client.PODMAN)).values()
    blocks = {each.get("prefix", each["location"]): each for each in tomllib.loads(text)["registry"]}
    assert blocks["harbor.lan/proxy"]["mirror"] == [{"location": "nas.lan:8080/proxy.lan", "insecure": True}]
    assert blocks["registry.lan:5000"]["mirror"] == [{"location": "nas.lan:8080/registry.lan", "insecure": True}]
    assert blocks["nas.lan:8080"]["insecure"] is True
    assert {"docker.io", "ghcr.io", "quay.io"} < set(blocks)


def test_buildkit_has_a_mirror_with_a_path_for_each_registry() -> None:
    (text,) = contents(written(Client.BUILDKIT)).values()
    registries = tomllib.loads(text)["registry"]
    assert registries["docker.io"] == {"mirrors": ["nas.lan:8080/docker.io"]}
    assert registries["nas.lan:8080"] == {"http": True}
    assert "harbor.lan" not in registries


def test_k3s_has_an_endpoint_for_each_registry() -> None:
    (text,) = contents(written(Client.K3S)).values()
    assert '  "quay.io":\n    endpoint:\n      - "http://nas.lan:8080"\n' in text
    assert text.count("endpoint:") == len(UPSTREAMS)  # the one with a prefix is left out, our own address is in


@pytest.mark.parametrize("client", list(Client))
def test_with_https_the_authority_goes_along_and_nothing_is_insecure(client: Client) -> None:
    config = written(client, TLS, PEM)
    files = contents(config)
    (trusted,) = (path for path, text in files.items() if PEM in text)
    everything = "".join(files.values())
    assert "insecure" not in everything
    assert "http://" not in everything
    assert trusted.endswith(("nas.lan:8443/ca.crt", "imagedepot-ca.crt"))
    if client in (Client.CONTAINERD, Client.K3S, Client.BUILDKIT):
        assert f'"{trusted}"' in everything


@pytest.mark.parametrize("client", list(Client))
def test_with_a_certificate_that_everybody_trusts_no_authority_is_named(client: Client) -> None:
    assert "ca" + ".crt" not in "".join(contents(written(client, TLS)).values())


def test_an_address_without_a_scheme_has_the_service_s_own() -> None:
    configs = ClientConfigs(lambda: UPSTREAMS, TLS)
    assert configs.write(Client.PODMAN, "depot.lan").address.url == "https://depot.lan"
    assert configs.write(Client.PODMAN, "http://[fd00::1]:8080/").address.url == "http://[fd00::1]:8080"


def test_the_public_address_goes_before_the_one_that_was_asked_at() -> None:
    public = ServiceAddress("depot.example", True)
    behind_a_proxy = ClientConfigs(lambda: UPSTREAMS, PLAIN, public=public)
    assert behind_a_proxy.write(Client.DOCKER, asked_at="http://localhost:8080").address == public
    assert behind_a_proxy.write(Client.DOCKER, "nas.lan").address.host == "nas.lan"
    assert ClientConfigs(lambda: UPSTREAMS, PLAIN).write(Client.DOCKER, asked_at="http://nas").address.host == "nas"


@pytest.mark.parametrize(
    "address", ["ftp://nas.lan", "nas lan", "http://", "http://a'b", "u:p@nas.lan", "nas:99999", "nas:0"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput, match="is not the address of a service"):
        ClientConfigs(lambda: UPSTREAMS, PLAIN).write(Client.DOCKER, address)


def test_an_address_with_a_path_is_refused_with_the_reason() -> None:
    with pytest.raises(InvalidInput, match="has a path, which no registry's address can have"):
        ClientConfigs(lambda: UPSTREAMS, PLAIN).write(Client.DOCKER, "https://nas.lan/depot")


def test_the_address_of_this_device_comes_with_a_warning() -> None:
    (warning,) = ClientConfigs(lambda: UPSTREAMS, PLAIN).write(Client.DOCKER, "localhost:8080").warnings
    assert "localhost:8080 is this device itself" in warning
    assert not written(Client.DOCKER).warnings


def run_script(config: ClientConfig, root: Path) -> subprocess.CompletedProcess[str]:
    """The script, with its files below `root` and without what it would restart."""
    script = config.script.removesuffix(f"{config.apply}\n").replace("'/etc/", f"'{root}/etc/")
    return subprocess.run(["sh"], input=script, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("client", list(Client))
def test_the_script_writes_the_very_files(client: Client, tmp_path: Path) -> None:
    config = written(client, TLS, PEM)
    assert run_script(config, tmp_path).returncode == 0
    for path, content in contents(config).items():
        assert (tmp_path / path.lstrip("/")).read_text() == content


def test_the_script_writes_its_own_files_again_and_leaves_those_of_others(tmp_path: Path) -> None:
    assert run_script(written(Client.CONTAINERD), tmp_path).returncode == 0
    assert run_script(written(Client.CONTAINERD, TLS), tmp_path).returncode == 0
    theirs = tmp_path / "etc/containerd/certs.d/quay.io/hosts.toml"
    theirs.write_text('server = "https://quay.io"\n')
    before = (tmp_path / "etc/containerd/certs.d/docker.io/hosts.toml").read_text()
    refused = run_script(written(Client.CONTAINERD), tmp_path)
    assert refused.returncode == 1
    assert "Nothing was changed" in refused.stderr
    assert "quay.io/hosts.toml exists already" in refused.stderr
    assert (tmp_path / "etc/containerd/certs.d/docker.io/hosts.toml").read_text() == before


class _Registry(BaseHTTPRequestHandler):
    """A registry without any image."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        self.send_response(200 if self.path == "/v2/" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def mirror() -> Iterator[tuple[ServiceAddress, list[str]]]:
    """Where a client that is configured well comes first, and what it asks there."""
    asked: list[str] = []
    handler = type("Handler", (_Registry,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield ServiceAddress(f"127.0.0.1:{server.server_port}", False), asked
        server.shutdown()


GONE = (Upstream.parse("registry.invalid"),)
"""A registry that only the mirror can stand for."""


def test_skopeo_comes_to_the_mirror_by_path(mirror: tuple[ServiceAddress, list[str]], tmp_path: Path) -> None:
    require("skopeo")
    at, asked = mirror
    (file,) = ClientConfigs(lambda: GONE, at).write(Client.PODMAN).files
    (tmp_path / "registries.conf").write_text(file.content)
    command = ["skopeo", "--registries-conf", str(tmp_path / "registries.conf"), "inspect"]
    subprocess.run([*command, "docker://registry.invalid/team/app:1"], capture_output=True, check=False, timeout=120)
    assert "GET /v2/registry.invalid/team/app/manifests/1" in asked


def test_dockerd_and_containerd_take_their_files(
    mirror: tuple[ServiceAddress, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    require("dockerd", DOCKER, "ctr")
    require_root("run dockerd")
    at, asked = mirror
    folder = tmp_path_factory.mktemp("d")
    (folder / "daemon.json").write_text(written(Client.DOCKER).files[0].content)
    engine = Dockerd(folder, "--config-file", f"{folder}/daemon.json")
    engine.start()
    try:
        known = json.loads(engine("info", "--format", "{{json .RegistryConfig}}"))
        run_script(ClientConfigs(lambda: GONE, at).write(Client.CONTAINERD), folder)
        hosts = f"{folder}/etc/containerd/certs.d"
        command = ["ctr", "--address", f"{folder}/exec/containerd/containerd.sock", "images", "pull"]
        command += ["--hosts-dir", hosts, "registry.invalid/team/app:1"]
        subprocess.run(command, capture_output=True, check=False, timeout=120)
    finally:
        engine.stop()
    assert known["Mirrors"] == ["http://nas.lan:8080/"]
    assert known["IndexConfigs"]["nas.lan:8080"]["Secure"] is False
    assert "HEAD /v2/team/app/manifests/1?ns=registry.invalid" in asked
