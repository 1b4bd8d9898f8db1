"""Docker Hub's three searches: the legacy index, v2 and v4 (upstreams.md 1.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.fakes.hub_data import HubRepository
from tests.fakes.hub_paging import number, page_of
from tests.fakes.message import Answer, Request

V1, V2, V4 = "/v1/search", "/v2/search/repositories/", "/api/search/v4"


def find(repositories: Iterable[HubRepository], text: str) -> list[HubRepository]:
    """What matches a query, the best first: official ones, then those most pulled."""
    words = text.lower().removeprefix("library/").split()
    found = [r for r in repositories if not r.private and all(w in f"{r.shown} {r.description}".lower() for w in words)]
    return sorted(found, key=lambda r: (r.shown != text, not r.official, -r.pulls, r.key))


def search_v1(request: Request, repositories: Iterable[HubRepository]) -> Answer:
    """`index.docker.io/v1/search?q=&n=&page=`: what dockerd calls."""
    size, page = number(request, "n", 25), number(request, "page", 1)
    if size is None or not 1 <= size <= 100:
        return Answer.text(400, f"Limit {request.arg('n')} is outside the range of [1, 100]")
    page = max(1, page or 1)
    found = find(repositories, request.arg("q"))
    rows = [
        {
            "name": r.shown,
            "description": r.description,
            "is_official": r.official,
            "is_automated": False,
            "is_trusted": False,
            "star_count": r.stars,
        }
        for r in found[(page - 1) * size : page * size]
    ]
    envelope = {
        "num_results": len(found),
        "num_pages": -(-len(found) // size),
        "page": page,
        "page_size": size,
        "query": request.arg("q"),
        "results": rows,
    }
    return Answer.json(200, envelope)


def search_v2(request: Request, repositories: Iterable[HubRepository]) -> Answer:
    """`hub.docker.com/v2/search/repositories/?query=&page=&page_size=`; the first page's `previous` is ""."""
    rows = [
        {
            "repo_name": r.shown,
            "short_description": r.description,
            "star_count": r.stars,
            "pull_count": r.pulls,
            "repo_owner": "",
            "is_automated": False,
            "is_official": r.official,
        }
        for r in find(repositories, request.arg("query"))
        if r.kind == "image"
    ]
    return page_of(request, rows, nothing="", default=25)


def search_v4(request: Request, repositories: Iterable[HubRepository]) -> Answer:
    """`hub.docker.com/api/search/v4?query=&from=&size=` with its comma-list filters and `sort`."""
    start, size = number(request, "from", 0), number(request, "size", 10)
    if start is None or size is None or start < 0 or not 0 <= size <= 100:
        return _bad("size must be from 0 to 100, from not below 0")
    if start + size > 2500:
        return _bad("from + size must not be above 2500")
    found = find(repositories, request.arg("query"))
    if kinds := _list(request, "type"):
        found = [r for r in found if r.kind in kinds]
    if badges := _list(request, "badges"):
        found = [r for r in found if (r.badge or "none") in badges]
    for name, of in (("architectures", "architectures"), ("operating_systems", "operating_systems")):
        if wanted := _list(request, name):
            found = [r for r in found if set(wanted) & set(getattr(r, of))]
    sort, down = request.arg("sort"), request.arg("order", "desc") == "desc"
    if sort not in ("", "updated_at", "pull_count"):
        return _bad(f"unknown sort {sort}")
    if sort:
        found.sort(key=lambda r: r.updated if sort == "updated_at" else f"{r.pulls:020}", reverse=down)
    return Answer.json(
        200, {"total": len(found), "results": [_row_v4(request, r) for r in found[start : start + size]]}
    )


def _bad(message: str) -> Answer:
    return Answer.json(400, {"message": message, "errinfo": {}})


def _list(request: Request, name: str) -> list[str]:
    return [item for item in request.arg(name).split(",") if item]


def _rounded(pulls: int) -> str:
    for unit, letter in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if pulls >= unit:
            return f"{10 ** (len(str(pulls // unit)) - 1)}{letter}+"
    return str(pulls)


def _row_v4(request: Request, repository: HubRepository) -> dict[str, Any]:
    address = (
        repository.logo and (f"http://{request.host}" if repository.logo.startswith("/") else "") + repository.logo
    )
    logo = {"large": address, "small": address} if address else None
    publisher = "Docker" if repository.official else repository.namespace
    return {
        "id": repository.shown,
        "name": repository.shown,
        "slug": repository.shown,
        "type": repository.kind,
        "publisher": {"id": publisher.lower(), "name": publisher},
        "created_at": repository.registered,
        "updated_at": repository.updated,
        "short_description": repository.description,
        "badge": repository.badge,
        "star_count": repository.stars,
        "pull_count": _rounded(repository.pulls),
        "raw_pull_count": repository.pulls,
        "logo_url": logo,
        "operating_systems": [{"name": name, "label": name.title()} for name in repository.operating_systems],
        "architectures": [{"name": name, "label": name.upper()} for name in repository.architectures],
        "categories": [{"slug": name.lower().replace(" ", "-"), "name": name} for name in repository.categories],
        "media_types": ["application/vnd.oci.image.index.v1+json"],
        "content_types": ["image"],
        "archived": repository.archived,
    }
