"""The use cases of pulling: a manifest by tag or digest, a blob, tags, referrers; from what is here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imagedepot.content.backends.local import BlobStore
from imagedepot.errors import NotFound
from imagedepot.model.digest import Digest
from imagedepot.model.names.reference import is_tag
from imagedepot.model.names.registry_names import RepositoryName
from imagedepot.service.distribution.served import Holdings, Manifest, WholeBlob


class Content:
    """`holdings` are asked in turn."""

    def __init__(self, blobs: BlobStore, holdings: Sequence[Holdings]) -> None:
        self._blobs = blobs
        self._holdings = tuple(holdings)

    def manifest_here(self, name: RepositoryName, label: str) -> Manifest | None:
        """By tag or digest, without asking an upstream. Raises `InvalidReference`."""
        reference = name.reference(label)
        if reference.digest is not None:
            return self._by_digest(name.name, reference.digest)
        for each in self._holdings:
            tagged = each.tag(name.name, label)
            if tagged is not None and (found := self._by_digest(name.name, tagged.digest)) is not None:
                return found
        return None

    def blob_here(self, name: RepositoryName, digest: Digest) -> WholeBlob | None:
        """A blob that is here and that the repository is known to have."""
        if not self._blobs.has(digest) or not any(each.has_blob(name.name, digest) for each in self._holdings):
            return None
        return WholeBlob(digest, self._blobs.path(digest), self._blobs.size(digest))

    def tags(self, name: RepositoryName) -> Sequence[str]:
        """In lexical order. Raises `NotFound` for a repository of which nothing is here."""
        found = {tag for each in self._holdings for tag in each.tags(name.name) if is_tag(tag)}
        if not found and not self.is_known(name):
            raise NotFound(f"Nothing is known of the repository {name.path}")
        return sorted(found)

    def is_known(self, name: RepositoryName) -> bool:
        return self.has_repository(name.name)

    def has_repository(self, name: str) -> bool:
        """Whether anything is here of the repository with this full name."""
        return any(name in each.repositories() for each in self._holdings)

    def repositories(self) -> Sequence[str]:
        """Full names of all repositories of which anything is here, ascending."""
        return sorted({name for each in self._holdings for name in each.repositories()})

    def referrers(self, name: RepositoryName, digest: Digest) -> Sequence[dict[str, Any]]:
        found = {each["digest"]: each for held in self._holdings for each in held.referrers(name.name, digest)}
        return [found[key] for key in sorted(found)]

    def _by_digest(self, repository: str, digest: Digest) -> Manifest | None:
        return next((found for each in self._holdings if (found := each.manifest(repository, digest))), None)
