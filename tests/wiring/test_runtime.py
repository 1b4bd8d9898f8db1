"""What is changed at run time takes force at once, without a restart."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.app import parts_of
from imagedepot.config import SETTINGS, load
from imagedepot.model.depot import DOCKERHUB
from imagedepot.model.download import Download, DownloadStatus
from imagedepot.model.image import ImageRequest, ImageType
from imagedepot.wiring.services import Services, effects, open_services
from tests.ground.images import push_image, push_index, random_layer
from tests.ground.needs import require
from tests.ground.registry import DockerRegistry
from tests.ground.waiting import wait_until

PLATFORM = "IMAGEDEPOT_PLATFORM"
INSECURE = "IMAGEDEPOT_INSECURE_REGISTRIES"


@pytest.fixture
def services(tmp_path: Path, docker_registry: DockerRegistry) -> Iterator[Services]:
    data = tmp_path / "data"
    (tmp_path / "config.toml").write_text(f'platform = "linux/amd64"\nregistry_url = "{docker_registry.url}"\n')
    flags = {"IMAGEDEPOT_DATA_DIR": str(data)}
    with open_services(load(flags, environment={}, files=[tmp_path / "config.toml"])) as services:
        yield services


@pytest.fixture
def self_signed(tmp_path: Path, docker_registry: DockerRegistry) -> Iterator[DockerRegistry]:
    """What `docker_registry` has, behind a certificate that nobody vouches for."""
    require("openssl")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key))
    made = ("openssl", "req", "-x509", *new_key, "-subj", "/CN=127.0.0.1", "-days", "2", "-out", str(certificate))
    subprocess.run(made, check=True, capture_output=True)
    registry = DockerRegistry(tmp_path / "registry", tls=(certificate, key))
    registry.data.symlink_to(docker_registry.data)
    registry.start()
    yield registry
    registry.stop()


def bring(services: Services, name: str) -> Download:
    key = services.downloads.start(ImageRequest(DOCKERHUB, ImageType.DOCKER, name, "1")).id
    wait_until(lambda: services.downloads.get(key).ended is not None)
    return services.downloads.get(key)


def platform_here(services: Services) -> str:
    (image,) = services.images.local(ImageType.DOCKER)
    return str(image.platform)


def test_the_next_download_is_for_the_platform_that_was_set(
    services: Services, docker_registry: DockerRegistry
) -> None:
    push_index(docker_registry.url, "lab/both", "1", ["linux/amd64", "linux/arm64"])
    told = parts_of(services).platform
    for change, platform in (("linux/arm64", "linux/arm64"), (None, "linux/amd64"), ("linux/arm64/v8", "linux/arm64")):
        services.changes.reset(PLATFORM) if change is None else services.changes.put(PLATFORM, change)
        assert bring(services, "lab/both").error is None
        assert platform_here(services) == str(told()) == platform
    push_image(docker_registry.url, "lab/single", "1", [random_layer(500)], platform="linux/amd64")
    assert bring(services, "lab/single").warning == "This image is for linux/amd64, not for this host's linux/arm64"


def test_a_registry_is_insecure_as_long_as_the_setting_lists_it(
    services: Services, docker_registry: DockerRegistry, self_signed: DockerRegistry
) -> None:
    push_image(docker_registry.url, "lab/shy", "1", [random_layer(700)])
    name = f"{self_signed.host}/lab/shy"
    assert "certificate" in (bring(services, name).error or "")
    services.changes.put(INSECURE, self_signed.host)
    assert bring(services, name).status is DownloadStatus.DONE
    services.changes.reset(INSECURE)
    assert "certificate" in (bring(services, name).error or "")


def test_every_setting_that_counts_at_once_names_its_effect(services: Services) -> None:
    at_once = {each.name for each in SETTINGS if each.runtime and not each.restart}
    assert set(effects(services, services.downloads, services.repositories, services.mirror, services.audit)) == at_once


def test_the_number_of_downloads_and_their_bandwidth_change_at_once(services: Services) -> None:
    services.changes.put("IMAGEDEPOT_BANDWIDTH", "2MB/s")
    assert services.throttle.rate == 2_000_000
    services.changes.put("IMAGEDEPOT_LOG_LEVEL", "error")
    assert logging.getLogger("imagedepot").level == logging.ERROR
    services.changes.reset("IMAGEDEPOT_LOG_LEVEL")
    services.changes.reset("IMAGEDEPOT_BANDWIDTH")
    assert services.throttle.rate is None
