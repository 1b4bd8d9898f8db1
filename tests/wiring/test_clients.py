"""Where other machines find the service, and the authority that they have to trust."""

from __future__ import annotations

from pathlib import Path

from imagedepot.config import load
from imagedepot.service.client_config import Client, ClientConfig
from imagedepot.wiring.in_force import InForce
from imagedepot.wiring.served.clients import open_client_configs

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def written(folder: Path, **settings: str) -> ClientConfig:
    flags = {f"IMAGEDEPOT_{name.upper()}": value for name, value in {"data_dir": str(folder), **settings}.items()}
    loaded = load(flags, environment={"HOME": str(folder)}, files=())
    return open_client_configs(InForce(loaded), lambda: True).write(Client.PODMAN)


def test_an_authority_of_our_own_goes_along(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    folder.mkdir()
    for name in ("authority.pem", "server.pem", "server.key"):
        (folder / name).write_text(PEM)
    tls = {"tls_cert": str(folder / "server.pem"), "tls_key": str(folder / "server.key")}
    config = written(tmp_path, listen="0.0.0.0:8443", **tls)
    assert config.address.is_https
    assert any(PEM in file.content for file in config.files)
    assert config.warnings == ()


def test_an_authority_goes_along_by_whatever_path_its_certificate_is_set(tmp_path: Path) -> None:
    (tmp_path / "data/tls").mkdir(parents=True)
    for name in ("authority.pem", "server.pem", "server.key"):
        (tmp_path / "data/tls" / name).write_text(PEM)
    (tmp_path / "link").symlink_to("data")
    tls = {"tls_cert": str(tmp_path / "link/tls/server.pem"), "tls_key": str(tmp_path / "link/tls/server.key")}
    config = written(tmp_path / "data", listen="0.0.0.0:8443", **tls)
    assert any(PEM in file.content for file in config.files)


def test_the_public_address_is_the_one_that_clients_use(tmp_path: Path) -> None:
    config = written(tmp_path, public_url="https://depot.example")
    assert config.address.url == "https://depot.example"
    assert config.warnings == ()


def test_a_name_of_this_host_stands_for_every_address(tmp_path: Path) -> None:
    config = written(tmp_path, listen="0.0.0.0:8080")
    assert config.address.host.endswith(":8080")
    assert not config.address.host.startswith("0.0.0.0")
