"""The templates for NAS systems and clusters: well formed, fit for the container image, with settings that exist."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from defusedxml.ElementTree import parse

from imagedepot import __version__
from imagedepot.config import SETTINGS
from tests.ground.debian import ROOT

PACKAGING = ROOT / "packaging"
TEMPLATES = PACKAGING / "templates"
COMPOSE = [PACKAGING / "container/compose.yaml", *sorted(TEMPLATES.glob("*.compose.yaml"))]
SCRIPTS = [TEMPLATES / "proxmox.sh", TEMPLATES / "qnap/shared/imagedepot.sh"]
SCRIPTS += [PACKAGING / "deb" / name for name in ("build", "postinst", "prerm", "postrm")]


def texts() -> Iterator[Path]:
    return (path for path in PACKAGING.rglob("*") if path.is_file())


def ports(service: dict[str, Any]) -> list[str]:
    return [f"{each['published']}:{each['target']}" if isinstance(each, dict) else each for each in service["ports"]]


def mounts(service: dict[str, Any]) -> list[str]:
    return [each["target"] if isinstance(each, dict) else each.split(":")[1] for each in service["volumes"]]


@pytest.mark.parametrize("file", COMPOSE, ids=lambda path: path.name)
def test_a_compose_file_runs_the_image_with_few_rights(file: Path) -> None:
    service = yaml.safe_load(file.read_text())["services"]["imagedepot"]
    assert service["image"] == "imagedepot:latest"
    assert ports(service) == ["8080:8080"]
    assert mounts(service) == ["/data"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert service.get("user", "10001:10001").partition(":")[0] != "0"


def test_the_compose_file_of_the_container_builds_it() -> None:
    build = yaml.safe_load(COMPOSE[0].read_text())["services"]["imagedepot"]["build"]
    context = (COMPOSE[0].parent / build["context"]).resolve()
    assert context == ROOT
    assert (context / build["dockerfile"]).is_file()


def test_every_setting_that_a_template_names_exists() -> None:
    known = {setting.name for setting in SETTINGS}
    named = {(path.name, name) for path in texts() for name in re.findall(r"\bIMAGEDEPOT_[A-Z_]+\b", path.read_text())}
    assert named
    assert {(file, name) for file, name in named if name not in known} == {
        ("imagedepot.yaml", "IMAGEDEPOT_PORT"),
        ("kubernetes.yaml", "IMAGEDEPOT_PORT"),
    }


def test_the_debian_configuration_is_one() -> None:
    import tomllib

    given = tomllib.loads((PACKAGING / "deb/config.toml").read_text())
    assert given == {"data_dir": "/var/lib/imagedepot", "listen": "0.0.0.0:8080"}


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_well_formed(file: Path) -> None:
    done = subprocess.run(["sh", "-n", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_kubernetes_objects_fit_together() -> None:
    objects = {each["kind"]: each for each in yaml.safe_load_all((TEMPLATES / "k3s/imagedepot.yaml").read_text())}
    assert set(objects) == {"Namespace", "Service", "StatefulSet"}
    workload = objects["StatefulSet"]["spec"]
    pod = workload["template"]
    labels = pod["metadata"]["labels"]
    assert labels == workload["selector"]["matchLabels"] == objects["Service"]["spec"]["selector"]
    (container,) = pod["spec"]["containers"]
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/data"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        claim["metadata"]["name"] for claim in workload["volumeClaimTemplates"]
    }
    assert pod["spec"]["securityContext"]["runAsUser"] == 10001
    assert pod["spec"]["enableServiceLinks"] is False, "IMAGEDEPOT_PORT would be a wrong setting"
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    probes = {name: container[name]["httpGet"]["path"] for name in ("livenessProbe", "readinessProbe")}
    assert probes == {"livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    assert workload["replicas"] == 1


def test_the_unraid_template_fits_the_image() -> None:
    root = parse(TEMPLATES / "unraid.xml").getroot()
    assert root is not None
    given = {each.attrib["Type"]: each.attrib["Target"] for each in root.iter("Config")}
    assert given["Port"] == "8080"
    assert given["Path"] == "/data"
    assert root.findtext("Privileged") == "false"


def test_the_qpkg_recipe_is_of_this_version() -> None:
    config = dict(line.split("=", 1) for line in (TEMPLATES / "qnap/qpkg.cfg").read_text().splitlines())
    assert config["QPKG_VER"] == f'"{__version__}"'
    assert (TEMPLATES / "qnap/shared" / config["QPKG_SERVICE_PROGRAM"].strip('"')).is_file()
