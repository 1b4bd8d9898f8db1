"""Which names the images of our own store have: a full reference names a manifest and what we know of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from imagedepot.model.digest import Digest
from imagedepot.model.platform import Platform


@dataclass(frozen=True, slots=True)
class Entry:
    """`name` is the full reference; `size` is that of the manifest, in bytes; `facts` are ours.

    `others` and `more` are annotations and keys that other programs gave the entry.
    """

    name: str
    digest: Digest
    size: int
    platform: Platform | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


class Index(Protocol):
    """Every change is durable when the call returns, and happens whole or not at all. Raises `StorageFailure`."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The entries by name; another object after each change."""

    @property
    def strangers(self) -> Collection[Digest]:
        """The digests in rows that other programs added and that we cannot list."""

    @property
    def unnamed(self) -> Collection[Digest]:
        """Manifests that lost their names with an index."""

    @property
    def loss(self) -> str:
        """Why the index is not the one that was written last ("is missing"), or ""."""

    def put(self, entry: Entry) -> None:
        """Name an image, or let its name mean another one from now on."""

    def swap(self, before: Entry | None, after: Entry) -> bool:
        """As `put`, if the name still means `before`; None: if it means nothing. False when it does not."""

    def remove(self, names: Collection[str]) -> None:
        """Remove names; unknown ones count as removed."""

    def rebuilt(self, keep: Collection[str], unnamed: Mapping[Digest, int]) -> None:
        """End a loss: the entries in `keep` stay, and manifests that nothing names are kept by digest alone.

        `unnamed`: the bytes of each. One that is named later leaves that list.
        """

    def forget_unnamed(self) -> None: ...

    def watch(self, changed: Callable[[], None]) -> AbstractContextManager[None]:
        """While inside, call `changed` after each change, in the thread that made it."""
