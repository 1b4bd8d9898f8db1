"""The templates of a fleet: well formed, nodes that keep nothing, few rights, and settings that can be parsed."""

from __future__ import annotations

import subprocess
import tomllib
from typing import Any

import pytest
import yaml

from imagedepot.config import load
from tests.ground.debian import ROOT
from tests.ground.needs import require

FLEET = ROOT / "packaging/fleet"
COMPOSE: dict[str, Any] = yaml.safe_load((FLEET / "compose.yaml").read_text())
OBJECTS: dict[str, Any] = {each["kind"]: each for each in yaml.safe_load_all((FLEET / "kubernetes.yaml").read_text())}
NODES = ("node-1", "node-2", "node-3")


def settings(named: dict[str, str]) -> None:
    read = load({name: text for name, text in named.items() if name.startswith("IMAGEDEPOT_")}, {}, ())
    assert read.database is not None
    assert read.blobs is not None
    assert not read.database.has_password


@pytest.mark.parametrize("name", NODES)
def test_nodes_of_the_compose_file_run_with_few_rights_and_keep_nothing(name: str) -> None:
    node = COMPOSE["services"][name]
    settings(node["environment"])
    assert (node["read_only"], node["cap_drop"], node["security_opt"]) == (
        True,
        ["ALL"],
        ["no-new-privileges:true"],
    )
    assert "volumes" not in node
    assert node["tmpfs"] == ["/data:uid=10001,gid=10001,mode=0700"]
    assert node["build"]["args"] == {"LOCK": "requirements-fleet.lock"}
    assert (ROOT / "requirements-fleet.lock").is_file()


def test_services_secrets_and_volumes_of_the_compose_file_fit_together() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"proxy", *NODES, "database", "garage"}
    for service in services.values():
        assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])
        assert set(service.get("depends_on", ())) <= set(services)
        assert "privileged" not in service
    garage = tomllib.loads((FLEET / "garage.toml").read_text())
    for node in NODES:
        blobs = services[node]["environment"]["IMAGEDEPOT_BLOBS"]
        assert f"region={garage['s3_api']['s3_region']}" in blobs
        assert garage["s3_api"]["api_bind_addr"].rpartition(":")[2] in blobs
    files = [each.split(":")[0] for each in (*services["proxy"]["volumes"], services["garage"]["volumes"][0])]
    assert all((FLEET / file).is_file() for file in files)


def test_the_proxy_accepts_its_configuration_and_names_every_node() -> None:
    require("haproxy")
    done = subprocess.run(["haproxy", "-c", "-f", FLEET / "haproxy.cfg"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    text = (FLEET / "haproxy.cfg").read_text()
    assert [line.split()[1] for line in text.splitlines() if line.strip().startswith("server ")] == list(NODES)


def test_the_kubernetes_objects_of_a_fleet_fit_together() -> None:
    kinds = {"Namespace", "ConfigMap", "Service", "Ingress", "PodDisruptionBudget", "Deployment"}
    assert set(OBJECTS) == kinds
    settings(OBJECTS["ConfigMap"]["data"])
    workload = OBJECTS["Deployment"]["spec"]
    pod = workload["template"]
    labels = pod["metadata"]["labels"]
    assert labels == workload["selector"]["matchLabels"] == OBJECTS["Service"]["spec"]["selector"]
    assert labels == OBJECTS["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]
    (container,) = pod["spec"]["containers"]
    assert {each["name"] for each in container["volumeMounts"]} == {each["name"] for each in pod["spec"]["volumes"]}
    password = OBJECTS["ConfigMap"]["data"]["IMAGEDEPOT_DATABASE_PASSWORD_FILE"]
    assert password.startswith(next(e["mountPath"] for e in container["volumeMounts"] if e["name"] == "secrets"))
    assert pod["spec"]["enableServiceLinks"] is False, "IMAGEDEPOT_PORT would be a wrong setting"
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    probes = {name: container[name]["httpGet"]["path"] for name in ("livenessProbe", "readinessProbe")}
    assert probes == {"livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    (rule,) = OBJECTS["Ingress"]["spec"]["rules"]
    assert rule["host"] == OBJECTS["ConfigMap"]["data"]["IMAGEDEPOT_ALLOWED_HOSTS"]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    assert backend["name"] == OBJECTS["Service"]["metadata"]["name"]
    assert backend["port"]["name"] == OBJECTS["Service"]["spec"]["ports"][0]["name"]
