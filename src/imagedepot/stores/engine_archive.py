"""A docker-archive written as a stream, for `docker load` and `podman load`.

    manifest.json               [{"Config": "<hex>.json", "RepoTags": [...], "Layers": ["<hex>.tar", ...]}]
    <config hex>.json           the config, byte for byte: its digest is the image's ID
    <layer hex>.tar             a layer as it came from the registry, gzip included

Layers that the engine has may be left out: Docker looks a layer up by its chain of diff ids before it opens the file
(tried on 20.10; see `docs/decisions`). Nothing is unpacked or copied here, so memory and time do not grow with size.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 1 << 20
_BLOCK = tarfile.BLOCKSIZE


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the archive: its name inside, and where its bytes are."""

    name: str
    source: Path | bytes

    @property
    def size(self) -> int:
        return len(self.source) if isinstance(self.source, bytes) else self.source.stat().st_size


def archive_members(
    config: Path, tags: Sequence[str], layers: Sequence[tuple[str, Path]], sent: frozenset[str]
) -> tuple[Member, ...]:
    """`layers`: (hex digest, file) from the base up; only those whose hex is in `sent` go along, each once."""
    names = [f"{digits}.tar" for digits, _ in layers]
    manifest = [{"Config": f"{config.name}.json", "RepoTags": list(tags) or None, "Layers": names}]
    files = {f"{digits}.tar": path for digits, path in layers if digits in sent}
    return (
        Member("manifest.json", json.dumps(manifest).encode()),
        Member(f"{config.name}.json", config),
        *(Member(name, path) for name, path in files.items()),
    )


def archive_stream(members: Sequence[Member], progress: Callable[[int, int], None]) -> Iterator[bytes]:
    """The tar file's bytes, about a MiB at a time. `progress(sent, total)` counts the members' own bytes."""
    total = sum(member.size for member in members)
    sent = 0
    for member in members:
        size = member.size
        header = tarfile.TarInfo(member.name)
        header.size = size
        header.mode = 0o644
        yield header.tobuf(tarfile.USTAR_FORMAT)
        for chunk in _chunks(member.source):
            sent += len(chunk)
            progress(sent, total)
            yield chunk
        if size % _BLOCK:
            yield bytes(_BLOCK - size % _BLOCK)
    yield bytes(2 * _BLOCK)


def _chunks(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
