"""The Hub API's lists and details of repositories and tags (upstreams.md 1.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from tests.fakes.hub_data import HubRepository
from tests.fakes.hub_paging import page_of
from tests.fakes.hub_tags import HubTags
from tests.fakes.message import Answer, Request

_NEW = re.compile(
    r"/v2/namespaces/(?P<ns>[^/]+)/repositories(?:/(?P<repo>[^/]+)(?P<tags>/tags(?:/(?P<tag>[^/]+))?)?)?/?"
)
_OLD = re.compile(r"/v2/repositories/(?P<ns>[^/]+)(?:/(?P<repo>[^/]+)(?P<tags>/tags(?:/(?P<tag>[^/]+))?)?)?/?")
_ORDERINGS = ("name", "last_updated", "pull_count")
MaySee = Callable[[Request, HubRepository], bool]


def about(path: str) -> re.Match[str] | None:
    """Groups `ns`, `repo`, `tags`, `tag` of a path in the new or the deprecated form."""
    return _NEW.fullmatch(path) or _OLD.fullmatch(path)


class HubRepositories:
    """Answers below /v2/namespaces/ and /v2/repositories/."""

    def __init__(self, repositories: Mapping[str, HubRepository], tags: HubTags, may_see: MaySee) -> None:
        self._repositories, self._tags, self._may_see = repositories, tags, may_see

    def answer(self, request: Request) -> Answer:
        """A list, a repository, its tags or one tag."""
        found = about(request.path)
        if request.method not in ("GET", "HEAD"):
            return Answer.json(405, {"detail": f'Method "{request.method}" not allowed.'})
        if not found:
            return Answer.json(404, {"message": "page not found", "errinfo": {}})
        namespace, name = unquote(found["ns"]), unquote(found["repo"] or "")
        if not name:
            return self._list(request, namespace)
        repository = self._find(f"{namespace}/{name}")
        if not repository or not self._may_see(request, repository):
            errinfo = {"namespace": namespace, "repository": name}
            return Answer.json(404, {"message": "object not found", "errinfo": errinfo})
        if not found["tags"]:
            return Answer.json(200, _detail(repository))
        return self._tag(repository, unquote(found["tag"])) if found["tag"] else self._tag_list(request, repository)

    def _find(self, key: str) -> HubRepository | None:
        """A repository that is declared, or one that the registry alone knows."""
        if key in self._repositories:
            return self._repositories[key]
        namespace, _, name = key.partition("/")
        return HubRepository(namespace, name) if self._tags.names(key) is not None else None

    def _list(self, request: Request, namespace: str) -> Answer:
        rows = [r for r in self._repositories.values() if r.namespace == namespace and self._may_see(request, r)]
        if not rows:
            return Answer.json(404, {"message": "object not found", "errinfo": {"namespace": namespace}})
        rows = [r for r in rows if request.arg("name") in r.name]
        ordering = request.arg("ordering", "-last_updated")
        field = ordering.removeprefix("-")
        if field not in _ORDERINGS:
            problem = f'"{ordering}" is not a valid choice.'
            return Answer.json(400, {"fields": {"ordering": [problem]}, "text": problem})
        by = {"name": lambda r: r.name, "last_updated": lambda r: r.updated, "pull_count": lambda r: r.pulls}
        rows.sort(key=by[field], reverse=ordering.startswith("-"))
        return page_of(request, [_row(r) for r in rows])

    def _tag_list(self, request: Request, repository: HubRepository) -> Answer:
        rows = [row for row in self._tags.rows(repository) if request.arg("name") in row["name"]]
        if request.arg("ordering").removeprefix("-") == "name":
            rows.sort(key=lambda row: str(row["name"]), reverse=request.arg("ordering").startswith("-"))
        return page_of(request, rows)

    def _tag(self, repository: HubRepository, tag: str) -> Answer:
        names = self._tags.names(repository.key)
        if tag not in (repository.tags if names is None else names):
            errinfo = {"namespace": repository.namespace, "repository": repository.name, "tag": tag}
            return Answer.json(404, {"message": f"tag '{tag}' not found", "errinfo": errinfo})
        return Answer.json(200, self._tags.row(repository, tag, made_up=names is None))


def _row(repository: HubRepository) -> dict[str, Any]:
    return {
        "name": repository.name,
        "namespace": repository.namespace,
        "repository_type": repository.kind if repository.kind == "image" else None,
        "status": 1,
        "status_description": "active",
        "description": repository.description,
        "is_private": repository.private,
        "star_count": repository.stars,
        "pull_count": repository.pulls,
        "last_updated": repository.updated,
        "last_modified": repository.updated,
        "date_registered": repository.registered,
        "affiliation": "",
        "media_types": ["application/vnd.oci.image.index.v1+json"],
        "content_types": ["image"],
        "categories": [{"name": name, "slug": name.lower().replace(" ", "-")} for name in repository.categories],
        "storage_size": 123_456_789,
    }


def _detail(repository: HubRepository) -> dict[str, Any]:
    return {
        "user": repository.namespace,
        **_row(repository),
        "is_automated": False,
        "collaborator_count": 0,
        "hub_user": "doijanky" if repository.official else repository.namespace,
        "has_starred": False,
        "full_description": repository.full_description,
        "permissions": {"read": True, "write": False, "admin": False},
        "immutable_tags_settings": {"enabled": False, "rules": [".*"]},
        "source": None,
    }
