"""Keeps fetched catalogs on disk, so that a start without a network has rows.

DATA_DIR/cache/catalogs/
  <key>.json      address, time, address source, and the URL, validators and checksum of each document
  <key>.<n>       the documents' bytes

A copy that does not match its checksum counts as missing.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from imagedepot.files import stored_json
from imagedepot.model.text.moment import parse_moment
from imagedepot.remote.catalogs.documents import Document, Fetched
from imagedepot.remote.http.address import AddressSource

_log = logging.getLogger(__name__)


class CatalogCache:
    """The cache in one folder; each catalog has one writer at a time. Methods do not raise."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, address: str) -> tuple[Fetched, datetime] | None:
        """The copy of a catalog and when it was fetched; None without a valid copy."""
        state = self._path(address, "json")
        try:
            record = stored_json.decode(state.read_bytes())
            documents = tuple(self._document(address, number, *each) for number, each in enumerate(record["documents"]))
            given_by = AddressSource.parse(record["namer"])
            fetched = parse_moment(record["fetched"])
            if fetched is None:
                raise ValueError("a date")
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            _log.warning("the kept copy of a catalog is of no use (%s): %s", type(error).__name__, state.name)
            return None
        return (Fetched(documents, given_by), fetched) if documents else None

    def write(self, address: str, fetched: Fetched, when: datetime) -> None:
        record = {
            "address": address,
            "fetched": when.isoformat(),
            "namer": str(fetched.given_by),
            "documents": [[each.url, each.etag, each.modified, _checksum(each.body)] for each in fetched.documents],
        }
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for number, document in enumerate(fetched.documents):
                _replace(self._path(address, str(number)), document.body)
            _replace(self._path(address, "json"), stored_json.encode(record))
        except OSError as error:
            _log.warning("a catalog could not be kept: %s", error.strerror)

    def keep_only(self, addresses: Iterable[str]) -> None:
        """Delete the copies of all other catalogs."""
        keys = {_key(address) for address in addresses}
        with contextlib.suppress(OSError):
            for path in list(self._folder.iterdir()):
                if path.name.partition(".")[0] not in keys:
                    path.unlink(missing_ok=True)

    def _document(self, address: str, number: int, url: str, etag: str, modified: str, checksum: str) -> Document:
        if not all(isinstance(text, str) for text in (url, etag, modified)):
            raise TypeError("not a text")
        body = self._path(address, str(number)).read_bytes()
        if _checksum(body) != checksum:
            raise ValueError("torn")
        return Document(url, body, etag, modified)

    def _path(self, address: str, suffix: str) -> Path:
        return self._folder / f"{_key(address)}.{suffix}"


def _key(address: str) -> str:
    return _checksum(address.encode())[:32]


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(content)
    beside.replace(path)
