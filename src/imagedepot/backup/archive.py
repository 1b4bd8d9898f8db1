"""The tar file of a backup: written in one go, read in one go, each member with its checksum."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import IO, Any, Protocol

from imagedepot.backup.members import CHECKSUMS, FORMAT, HEAD, digest_of, is_state
from imagedepot.errors import InvalidInput

_PIECE = 1 << 20
_LARGEST_TEXT = 64 << 20


@dataclass(frozen=True, slots=True)
class Head:
    """`revision` is that of the database's tables, "" without a database; `made` is a time in UTC."""

    version: str
    revision: str
    made: str
    with_blobs: bool
    format: int = FORMAT


class Bytes(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class ArchiveWriter:
    """Writes to `output`, which need not be seekable. `begin`, any number of `add`, then `end`."""

    def __init__(self, output: IO[bytes]) -> None:
        self._tar = tarfile.open(mode="w|", fileobj=output, bufsize=_PIECE, format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self._checksums: dict[str, str] = {}
        self.bytes = 0

    @property
    def names(self) -> Set[str]:
        """The names that were added; a view, not a copy, because it is asked for each blob."""
        return self._checksums.keys()

    def begin(self, head: Head) -> None:
        self.put(HEAD, json.dumps(asdict(head), indent=2).encode())

    def put(self, name: str, content: bytes) -> None:
        self.add(name, BytesIO(content), len(content))

    def add(self, name: str, source: Bytes, size: int) -> None:
        """Add a member of exactly `size` bytes. Raises `OSError`, also when `source` has fewer."""
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        hashed = _Hashed(source)
        self._tar.addfile(member, hashed)
        self._tar.members.clear()  # type: ignore[attr-defined]  # or it keeps them all in memory
        self._checksums[name] = hashed.hash.hexdigest()
        self.bytes += size

    def end(self) -> None:
        """Write the last member, without which a backup is not whole."""
        self.put(CHECKSUMS, "".join(f"{sum_}  {name}\n" for name, sum_ in self._checksums.items()).encode())
        self._tar.close()


class _Hashed:
    def __init__(self, source: Bytes) -> None:
        self._source = source
        self.hash = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        piece = self._source.read(size)
        self.hash.update(piece)
        return piece


@dataclass(frozen=True, slots=True)
class Member:
    """One member, to be read before the next one is asked for."""

    name: str
    size: int
    content: Bytes


class ArchiveReader:
    """Reads `source`; `title` names it in sentences. Nothing in it is trusted: every name is one that we write, every
    member a plain file, and `members` ends without an error only when each had its checksum.
    """

    def __init__(self, source: IO[bytes], title: str) -> None:
        self._source = source
        self._title = title
        with self._readable():
            self._tar = tarfile.open(mode="r|", fileobj=source, bufsize=_PIECE)  # noqa: SIM115
            first = self._tar.next()
        if first is None or first.name != HEAD:
            raise InvalidInput(f"{title} is not a backup of Image Depot")
        self._seen: dict[str, str] = {}
        self.head = self._parsed(self._text(first))

    def members(self) -> Iterator[Member]:
        """Raises `InvalidInput` for what is damaged, cut off, or not made by us; then nothing of it is to be used."""
        expected: dict[str, str] | None = None
        while True:
            with self._readable():
                found = self._tar.next()
            self._tar.members.clear()  # type: ignore[attr-defined]  # as above
            if found is None:
                break
            if expected is not None:
                raise self._hostile(found.name, "comes after the checksums")
            self._check(found)
            if found.name == CHECKSUMS:
                expected = self._checksums(self._text(found))
                continue
            hashed = _Hashed(_Guarded(self._content(found), self._title))
            yield Member(found.name, found.size, hashed)
            self._seen[found.name] = hashed.hash.hexdigest()
        if expected is None:
            raise InvalidInput(f"{self._title} ends too early: the backup was cut off")
        for name in sorted({*expected, *self._seen}):
            if expected.get(name) != self._seen.get(name):
                raise InvalidInput(f"{self._title} is damaged: {name} does not have its checksum")

    def _check(self, found: tarfile.TarInfo) -> None:
        if found.type != tarfile.REGTYPE or found.sparse is not None:
            raise self._hostile(found.name, "is not a plain file")
        if found.size < 0:
            raise self._hostile(found.name, "has a negative size")
        if found.name in self._seen:
            raise self._hostile(found.name, "is in it twice")
        if found.name != CHECKSUMS and not is_state(found.name) and digest_of(found.name) is None:
            raise self._hostile(found.name, "is nothing that a backup holds")

    def _hostile(self, name: str, why: str) -> InvalidInput:
        return InvalidInput(f"{self._title} was not made by Image Depot, or was changed: {name!r} {why}")

    def _content(self, found: tarfile.TarInfo) -> IO[bytes]:
        content = self._tar.extractfile(found)
        assert content is not None  # a plain file
        return content

    def _text(self, found: tarfile.TarInfo) -> bytes:
        """The text of one of our own members, which are small."""
        if found.type != tarfile.REGTYPE or found.sparse is not None or found.size > _LARGEST_TEXT:
            raise self._hostile(found.name, "is not a text")
        with self._readable():
            content = self._content(found).read()
        if found.name == HEAD:
            self._seen[HEAD] = hashlib.sha256(content).hexdigest()
        return content

    def _parsed(self, content: bytes) -> Head:
        try:
            read: Any = json.loads(content)
            if read["format"] != FORMAT:
                raise InvalidInput(f"{self._title} was made by a newer Image Depot ({read['version']}): use that one")
            return Head(str(read["version"]), str(read["revision"]), str(read["made"]), read["with_blobs"] is True)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InvalidInput(f"{self._title} is not a backup of Image Depot") from error

    def _checksums(self, content: bytes) -> dict[str, str]:
        lines = (line.partition("  ") for line in content.decode(errors="replace").splitlines())
        return {name: checksum for checksum, _, name in lines}

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (tarfile.TarError, EOFError, ValueError, RecursionError) as error:
            raise InvalidInput(f"{self._title} cannot be read as a backup: {error}") from error


class _Guarded:
    """A source that raises `InvalidInput` where the tar file turns out to be malformed."""

    def __init__(self, source: IO[bytes], title: str) -> None:
        self._source = source
        self._title = title

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._source.read(size)
        except (tarfile.TarError, EOFError) as error:
            raise InvalidInput(f"{self._title} ends too early: the backup was cut off") from error
