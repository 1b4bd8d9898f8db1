"""Use cases of catalogs: list them with their state, add, remove, refresh."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from imagedepot.errors import Conflict, InvalidInput, NotFound
from imagedepot.remote.catalogs.catalog_set import CatalogSet
from imagedepot.remote.catalogs.source import BUILTIN, State, title_of

SETTING = "IMAGEDEPOT_CATALOGS"
_LOOK_SECONDS = 60.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CatalogState:
    """One catalog as people see it. `rows` that it gives, of which stale ones have an `error` too; `skipped` ones were
    broken."""

    address: str
    title: str
    format: str
    rows: int
    skipped: int
    fetched: datetime | None
    error: str | None


class CatalogService:
    """`change` puts the setting, and brings `catalogs.put` about. Call `start` once, `close` at the end."""

    def __init__(self, catalogs: CatalogSet, change: Callable[[str], object], look: float = _LOOK_SECONDS) -> None:
        self._catalogs = catalogs
        self._change = change
        self._look = look
        self._changing = threading.Lock()
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._keep_fresh, name="catalogs", daemon=True)

    def start(self) -> None:
        self._catalogs.listen(lambda _: self._wake.set())  # a catalog that came has its turn at once
        self._thread.start()

    def close(self) -> None:
        self._closing = True
        self._catalogs.close()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def all(self) -> list[CatalogState]:
        """All catalogs in order of precedence, without waiting."""
        self._catalogs.now()
        return [_row_of(source.state) for source in self._catalogs.sources]

    def add(self, address: str) -> list[CatalogState]:
        """Add a catalog that can be read; it has the lowest precedence.

        Raises `InvalidInput`, `Conflict`, or why it cannot be read: then nothing changes.
        """
        address = _checked(address)
        self._is_new(address)
        state = self._catalogs.try_out(address)
        if state.error is not None:
            why = str(state.error)
            if address not in why:
                state.error.args = (f"{address}: {why[:1].lower()}{why[1:]}",)
            raise state.error
        with self._changing:
            self._change(",".join([*self._is_new(address), address]))
        return self.all()

    def remove(self, address: str) -> list[CatalogState]:
        """Raises `NotFound`, `Conflict`."""
        with self._changing:
            addresses = self._addresses()
            found = next((each for each in addresses if address.rstrip("/") == each.rstrip("/")), None)
            if found is None:
                raise NotFound(f"There is no catalog {address[:300]}")
            self._change(",".join(each for each in addresses if each != found))
        return self.all()

    def refresh(self) -> list[CatalogState]:
        """Refresh all now; a failure is in the catalog's row."""
        self._catalogs.refresh()
        return self.all()

    def _addresses(self) -> list[str]:
        return [source.address for source in self._catalogs.sources]

    def _is_new(self, address: str) -> list[str]:
        """The other catalogs, if the address is new. Raises `Conflict`."""
        addresses = self._addresses()
        if address in addresses:
            raise Conflict(f"{address} is among the catalogs already")
        return addresses

    def _keep_fresh(self) -> None:
        self._catalogs.now()
        self._catalogs.tidy()
        while not self._closing:
            self._catalogs.ask_due()
            self._wake.wait(self._look)
            self._wake.clear()


def _checked(address: str) -> str:
    """An address as the setting takes it; its target is checked when it is fetched. Raises `InvalidInput`."""
    address = address.strip()
    if address == BUILTIN:
        return address
    if not address.isprintable() or "," in address or " " in address:
        raise InvalidInput(f"Not the address of a catalog: {address[:200]!r}")
    if "://" not in address:
        if not address.startswith("/"):
            raise InvalidInput(f"A catalog is {BUILTIN}, an http(s) address, or the absolute path of a file")
        return str(Path(address))
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or parts.username is not None or parts.query or parts.fragment:
        raise InvalidInput("The address of a catalog is http or https, and carries no user, query or fragment")
    return address


def _row_of(state: State) -> CatalogState:
    parsed = state.parsed
    error = str(state.error) if state.error else None
    return CatalogState(
        state.address, title_of(state), parsed.format, len(parsed.entries), parsed.skipped, state.fetched, error
    )
