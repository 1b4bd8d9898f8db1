"""The merged entries of all catalogs at one moment: rows for lists, and look-ups by name.

Made once for each change, in the thread that changes something; reading takes no lock. Of rows with the same name
and architecture the first catalog's counts, but a name that only an image server could resolve gives way to an entry
that has its files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from imagedepot.model.hub import page_on_hub
from imagedepot.model.image import Found, ImageType
from imagedepot.remote.catalogs.entry import Entry, Section
from imagedepot.remote.catalogs.source import State
from imagedepot.remote.http.address import AddressSource


@dataclass(frozen=True, slots=True)
class Known:
    """An entry, and the source of the addresses in it."""

    entry: Entry
    given_by: AddressSource
    catalog: str


_Key = tuple[ImageType, str, str]


class Collection:
    """The merged entries of `states`, which are in the order of the setting."""

    def __init__(self, states: Iterable[State]) -> None:
        merged: dict[_Key, Known] = {}
        official: dict[_Key, Known] = {}
        for state in states:
            for entry in state.parsed.entries:
                known = Known(entry, state.given_by, state.address)
                key = (entry.type, entry.row_name, entry.architecture)
                if entry.section is not Section.OFFICIAL:
                    _add(merged, key, known)
                if entry.section is Section.OFFICIAL or (entry.section is None and _is_official(entry)):
                    _add(official, key, known)
        self._entries = _sorted(merged)
        self._merged = merged
        self._official = _sorted(official)

    @cached_property
    def rows(self) -> tuple[Found, ...]:
        """The rows of the App Center, of both types, ascending by name in byte order."""
        return tuple(
            _row(name, known.entry, known.entry.location, place)
            for (name, known), place in zip(self._entries, self._places, strict=True)
        )

    @cached_property
    def _places(self) -> Sequence[int]:
        """The place of each entry of `_entries` in the catalogs."""
        places = {id(known): place for place, known in enumerate(self._merged.values())}
        return [places[id(known)] for _, known in self._entries]

    @cached_property
    def sought(self) -> tuple[str, ...]:
        """For each row, the text that a filter searches."""
        return tuple(f"{row.name}\n{row.title}\n{row.description}".lower() for row in self.rows)

    @cached_property
    def official(self) -> tuple[Found, ...]:
        """The rows of official repositories: what `official` lists while Docker Hub is out of reach."""
        return tuple(_row(name, known.entry, _hub_page(known.entry)) for name, known in self._official)

    @cached_property
    def icons(self) -> Mapping[str, AddressSource]:
        """The addresses of icons, each with its source."""
        return {known.entry.icon: known.given_by for _, known in (*self._official, *self._entries) if known.entry.icon}

    def lxc(self, name: str) -> Sequence[Known]:
        """The entries of an LXC image by name or alias: one for each architecture, none when no catalog has it."""
        return self._lxc.get(self._aliases.get(name, name), ())

    def docker(self, name: str, tag: str) -> Entry | None:
        """The entry of an image, or else of its repository."""
        return self._docker.get((name, tag)) or self._docker.get((name, ""))

    @cached_property
    def _lxc(self) -> Mapping[str, Sequence[Known]]:
        found: dict[str, list[Known]] = {}
        for _, known in self._entries:
            if known.entry.type is ImageType.LXC:
                found.setdefault(known.entry.name, []).append(known)
        return found

    @cached_property
    def _aliases(self) -> Mapping[str, str]:
        """Names by alias. The name of an entry is never an alias of another."""
        found: dict[str, str] = {}
        for _, known in self._entries:
            for alias in known.entry.aliases:
                if alias not in self._lxc:
                    found.setdefault(alias, known.entry.name)
        return found

    @cached_property
    def _docker(self) -> Mapping[tuple[str, str], Entry]:
        """Entries by name and tag; also by name and "", for any tag."""
        found: dict[tuple[str, str], Entry] = {}
        for _, known in (*self._entries, *self._official):
            entry = known.entry
            if entry.type is ImageType.DOCKER:
                found.setdefault((entry.name, entry.version), entry)
                found.setdefault((entry.name, ""), entry)
        return found


def _add(merged: dict[_Key, Known], key: _Key, known: Known) -> None:
    first = merged.setdefault(key, known)
    if first is known or known.entry.type is ImageType.DOCKER or first.entry.files is not None:
        return
    base, files = first.entry, known.entry
    if files.files is not None:
        merged[key] = replace(known, entry=replace(base, files=files.files, size=files.size, aliases=files.aliases))


def _sorted(merged: Mapping[_Key, Known]) -> tuple[tuple[str, Known], ...]:
    """The entries with the names of their rows, in the byte order of UTF-8, which is that of code points."""
    return tuple((key[1], merged[key]) for key in sorted(merged, key=lambda key: (key[1], key[2], key[0])))


def _is_official(entry: Entry) -> bool:
    return entry.type is ImageType.DOCKER and "/" not in entry.name


def _row(name: str, entry: Entry, location: str, place: int = 0) -> Found:
    """The row of an entry. Positional arguments are faster, and thousands are made at once."""
    if entry.type is ImageType.LXC:
        tag, size, inspect, is_official = "", entry.size, "{}", False
    else:
        tag, size, inspect, is_official = entry.version, None, "", "/" not in entry.name
    texts = (entry.row_title, entry.description, entry.icon, location, entry.architecture)
    return Found(entry.type, name, tag, *texts, size, inspect, entry.categories, is_official, place=place)


def _hub_page(entry: Entry) -> str:
    if "hub.docker.com/" in entry.location:
        return entry.location
    return page_on_hub(entry.name)
