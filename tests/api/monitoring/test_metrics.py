"""`/metrics`: the right names, the right figures, and no series that strangers can add."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics

from imagedepot.model.access.scope import Scope
from tests.api.conftest import NOBODY, PASSWORD
from tests.api.face import Face
from tests.api.monitoring.exposition import families, faults, series, value
from tests.ground.images import push_image, random_layer
from tests.ground.registry import DockerRegistry

DASHBOARD = Path(__file__).parents[3] / "docs" / "grafana-dashboard.json"
_WORD = re.compile(r"\bimagedepot_\w+|\bprocess_\w+")
_LABELS = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"")
_GROUPED = re.compile(r"\bby\s*\(([^)]*)\)")


def scrape(face: Face, headers: Mapping[str, str] | None = None) -> str:
    with face.opened("GET", "/metrics", headers=headers, base="") as response:
        text = response.read().decode()
        assert response.status == 200, text
    return text


def status(face: Face, path: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    with face.opened(method, path, headers=headers, base="") as response:
        response.read()
        return response.status, str(response.headers["content-type"])


class Headers(dict[str, str]):
    """What of an answer names Docker Hub's limit."""

    def header(self, name: str) -> str:
        return self.get(name, "")


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory, docker_registry: DockerRegistry) -> Iterator[Face]:
    """A service that has downloaded, failed, mirrored and been asked, so that every figure has a series."""
    push_image(docker_registry.url, "lab/app", "1", [random_layer(100_000)])
    data = tmp_path_factory.mktemp("busy")
    with Face(data, registry_url=docker_registry.url, hub_url="http://127.0.0.1:9") as running:
        running.download("dockerhub/docker/lab/app/1")
        running.download("dockerhub/docker/lab/absent/1")
        for path in ("/v2/docker.io/lab/app/manifests/1", "/v2/docker.io/lab/app/manifests/1", "/v2/", "/", "/nowhere"):
            status(running, path)
        limits = Headers({"ratelimit-limit": "100;w=21600", "ratelimit-remaining": "93;w=21600"})
        running.services.upstreams.registry.limits.note(cast(Any, limits))
        yield running


def test_every_figure_is_named_as_prometheus_wants_it(busy: Face) -> None:
    text = scrape(busy)
    assert list(faults(text)) == []
    ours = [name for name in families(text) if not name.startswith("process_")]
    assert all(name.startswith("imagedepot_") for name in ours)
    assert len(ours) > 20


def test_openmetrics_is_answered_to_those_who_ask_for_it(busy: Face) -> None:
    text = scrape(busy, {"Accept": "application/openmetrics-text; version=1.0.0"})
    assert text.endswith("# EOF\n")
    parsed = openmetrics(text)  # type: ignore[no-untyped-call]
    assert {each.name for each in parsed} == {
        name.removesuffix("_info") if name == "imagedepot_build" else name for name in families(scrape(busy))
    }


def test_figures_are_those_of_what_happened(busy: Face) -> None:
    text = scrape(busy)
    assert value(text, "imagedepot_downloads_total", type="docker", status="done") == 1
    assert value(text, "imagedepot_downloads_total", type="docker", status="failed") == 1
    assert value(text, "imagedepot_download_errors_total", type="docker", reason="upstream_not_found") == 1
    assert value(text, "imagedepot_download_queue", status="waiting") == 0
    assert value(text, "imagedepot_store_images", type="docker", store="embedded") == 1
    assert value(text, "imagedepot_store_images_bytes", type="docker", store="embedded") > 100_000
    assert value(text, "imagedepot_content_bytes") > 100_000
    assert value(text, "imagedepot_upstream_received_bytes_total", upstream="docker.io") > 100_000
    assert value(text, "imagedepot_upstream_requests_total", upstream="docker.io", outcome="2xx") >= 3
    assert value(text, "imagedepot_upstream_requests_total", upstream="docker.io", outcome="4xx") >= 1
    assert value(text, "imagedepot_mirror_hits_total") >= 1
    assert value(text, "imagedepot_upstream_pulls_limit", upstream="docker.io") == 100
    assert value(text, "imagedepot_upstream_pulls_remaining", upstream="docker.io") == 93
    assert value(text, "imagedepot_check_ok", check="database") == 1
    assert value(text, "imagedepot_disk_free_bytes") > value(text, "imagedepot_disk_reserve_bytes") > 0
    assert value(text, "imagedepot_http_requests_active") == 1  # this one


def test_requests_are_counted_by_the_template_of_their_route(busy: Face) -> None:
    def count(route: str, code: str, method: str = "GET") -> float:
        return value(scrape(busy), "imagedepot_http_requests_total", method=method, route=route, code=code)

    template = "/api/v1/image/{type}/{name}/{tag}/inspect"
    before = count(template, "200")
    busy.get("/image/docker/lab/app/1/inspect")
    assert count(template, "200") == before + 1
    assert count("/v2/{name}/manifests/{reference}", "200") == 2
    buckets = {"method": "GET", "route": template}
    assert value(scrape(busy), "imagedepot_http_request_duration_seconds_count", **buckets) == before + 1
    assert value(scrape(busy), "imagedepot_http_request_duration_seconds_bucket", le="+Inf", **buckets) == before + 1


def test_nothing_that_a_client_sends_becomes_a_series(busy: Face) -> None:
    def ask_all(word: str) -> None:
        for path in (
            f"/{word}",
            f"/api/v1/{word}",
            f"/api/v1/image/docker/{word}/1/inspect",
            f"/v2/{word}/manifests/{word}",
            f"/v2/{word}.example/{word}/manifests/1",
            f"/v2/docker.io/{word}/{word}/manifests/1",
            f"/v2/{word}/blobs/uploads/{word}",
            f"/metrics/{word}",
        ):
            status(busy, path, headers={"X-Request-Id": word, "User-Agent": word})
        status(busy, "/api/v1/system", method=word.upper())
        busy.call("GET", f"/image/dockerhub/docker/127.0.0.1:7/{word}/1/platforms")

    ask_all("first")
    before = set(series(scrape(busy)))
    for number in range(20):
        ask_all(f"word{number}")
    after = scrape(busy)
    assert set(series(after)) - before == set()
    assert "word1" not in after
    assert value(after, "imagedepot_upstream_requests_total", upstream="other", outcome="failed") >= 20


def test_with_users_it_needs_a_session_or_a_token_with_read(changing: Face) -> None:
    access = changing.services.access

    def token(username: str, scopes: list[Scope], repositories: list[str]) -> dict[str, str]:
        secret = access.add_token(access.owner(), "prometheus", scopes, repositories, None, username)[1]
        return {"Authorization": f"Bearer {secret}"}

    assert status(changing, "/metrics")[0] == 401
    assert status(changing, "/metrics", headers={"Authorization": "Bearer made-up"})[0] == 401
    assert status(changing, "/metrics", headers=token("bob", [Scope.PULL], ["*"]))[0] == 403
    assert status(changing, "/metrics", headers=token("bob", [Scope.READ], ["lab/*"]))[0] == 403
    assert status(changing, "/metrics", headers=token("bob", [Scope.READ], ["*"]))[0] == 200
    changing.log_in("bob", PASSWORD)
    assert status(changing, "/metrics", headers={"Cookie": changing.cookie})[0] == 200


def test_pages_of_other_sites_and_other_host_names_get_no_figures(face: Face) -> None:
    assert status(face, "/metrics", headers={"Origin": "https://evil.example"})[0] == 403
    assert status(face, "/metrics", headers={"Host": "evil.example"})[0] == 421
    assert status(face, "/metrics", headers={"X-Forwarded-For": "192.0.2.7"})[0] == 403


def test_switched_off_it_is_not_there_and_neither_is_a_page(tmp_path: Path) -> None:
    with Face(tmp_path, metrics="no", **NOBODY) as quiet:
        for path in ("/metrics", "/metrics/", "/metrics/more", "/healthz/more", "/readyz/more"):
            assert status(quiet, path) == (404, "application/json"), path
        assert status(quiet, "/healthz")[0] == 200


def test_the_dashboard_asks_for_figures_and_labels_that_exist(busy: Face) -> None:
    board = json.loads(DASHBOARD.read_text())
    known = {sample.name: set(sample.labels) for family in families(scrape(busy)).values() for sample in family.samples}
    targets = [target for panel in board["panels"] for target in panel.get("targets", ())]
    asked: set[str] = set()
    for target in targets:
        names = set(_WORD.findall(target["expr"]))
        assert names, target
        assert names <= set(known), target
        labels = set.intersection(*(known[name] for name in names)) | {"instance"}
        used = set(_LABELS.findall(target["expr"])) | set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
        used |= {each.strip() for group in _GROUPED.findall(target["expr"]) for each in group.split(",")}
        assert used <= labels, target
        asked |= names
    bare = {name.removesuffix("_bucket") for name in asked}
    ours = {name for name in families(scrape(busy)) if name.startswith("imagedepot_")}
    left_out = {name for name in ours if name not in bare and f"{name}_total" not in bare}
    assert left_out == {"imagedepot_upstream_pulls_limit", "imagedepot_upstream_pulls_reset_timestamp_seconds"}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
