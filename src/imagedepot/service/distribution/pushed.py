"""Our own repositories as `/v2/` serves them, and what their clients may mount from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from imagedepot.errors import ImageNotFound
from imagedepot.model.digest import Digest
from imagedepot.model.names.registry_names import RepositoryName
from imagedepot.model.names.upstreams import OWN_HOST
from imagedepot.protocols import Blobs
from imagedepot.service.distribution.content import Content
from imagedepot.service.distribution.own import OwnRepositories
from imagedepot.service.distribution.pushes import Pushes
from imagedepot.service.distribution.served import Manifest, Tagged

_PREFIX = f"{OWN_HOST}/"


class PushedImages:
    """`served.Holdings` over our own repositories."""

    def __init__(self, repositories: OwnRepositories, pushes: Pushes) -> None:
        self._repositories = repositories
        self._pushes = pushes

    def tag(self, repository: str, tag: str) -> Tagged | None:
        found = self._repositories.manifest(_own(repository), tag)
        return Tagged(found.digest) if found else None

    def manifest(self, repository: str, digest: Digest) -> Manifest | None:
        found = self._repositories.manifest(_own(repository), str(digest))
        try:
            return Manifest(self._pushes.raw(found), found.media_type, digest) if found else None
        except ImageNotFound:
            return None

    def has_blob(self, repository: str, digest: Digest) -> bool:
        return self._repositories.has_blob(_own(repository), digest)

    def tags(self, repository: str) -> Collection[str]:
        name = _own(repository)
        return self._repositories.tags(name) if self._repositories.owns(name) else ()

    def repositories(self) -> Collection[str]:
        return [f"{_PREFIX}{name}" for name in self._repositories.names()]

    def referrers(self, repository: str, digest: Digest) -> Sequence[dict[str, Any]]:
        return self._pushes.referrers(_own(repository), digest)


class Mounts:
    """Mounts blobs that are here already into repositories, so that they need not be sent."""

    def __init__(self, repositories: OwnRepositories, content: Content, blobs: Blobs) -> None:
        self._repositories = repositories
        self._content = content
        self._blobs = blobs

    def mount(
        self, name: str, digest: Digest, source: RepositoryName | None, may_read: Callable[[RepositoryName], bool]
    ) -> bool:
        """Whether it is the repository's now. Without a `source` any repository of our own will do that the caller may
        read: what an upstream has was not pushed by anybody here. Raises `StorageFailure`."""
        with self._blobs.lease() as lease:
            lease.pin([digest])
            sources = [source] if source else map(RepositoryName, self._repositories.having_blob(digest))
            if not any(may_read(each) and self._content.blob_here(each, digest) is not None for each in sources):
                return False
            self._repositories.add_blob(name, digest)
        return True


def _own(repository: str) -> str:
    """The name of an own repository without its host; "" for one of an upstream."""
    return repository.removeprefix(_PREFIX) if repository.startswith(_PREFIX) else ""
