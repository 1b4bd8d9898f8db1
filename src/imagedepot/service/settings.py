"""The use cases of settings that are changed at run time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from imagedepot.errors import Conflict, InvalidSetting, NotFound
from imagedepot.protocols.rows import SettingRows


class SettingView(Protocol):
    """One setting, as it is shown."""

    @property
    def name(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def default(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def read_only(self) -> bool: ...
    @property
    def restart(self) -> bool: ...
    @property
    def meaning(self) -> str: ...
    @property
    def lowest(self) -> int | None: ...
    @property
    def highest(self) -> int | None: ...


class AllSettings(Protocol):
    """What this service needs of the configuration: rows to show, and itself after a change."""

    def rows(self) -> Sequence[SettingView]: ...

    def with_runtime(self, changes: Mapping[str, str]) -> Self:
        """`changes`: everything that differs at run time, by name. Raises `InvalidSetting`."""


S = TypeVar("S", bound=AllSettings)


@dataclass(frozen=True, slots=True)
class UnknownSetting:
    """A stored setting that this version does not know, after it was forgotten."""

    name: str
    value: str = ""
    default: str = ""
    source: str = "default"
    read_only: bool = True
    restart: bool = False
    meaning: str = "This version does not know this setting."
    lowest: int | None = None
    highest: int | None = None


class SettingsService(Generic[S]):
    """`apply` is called with the name of what changed and the settings from now on; it puts the change into force.
    `check` is called before with the same, and raises what speaks against it."""

    def __init__(
        self,
        rows: SettingRows,
        settings: S,
        apply: Callable[[str, S], None],
        check: Callable[[str, S], object] = lambda *_: None,
    ) -> None:
        self._rows = rows
        self._settings = settings
        self._changes = _valid(settings, {row.name: row.value for row in rows.all()})
        self._apply = apply
        self._check = check
        self._lock = threading.Lock()

    def reload(self) -> None:
        """Load them again, and put into force what another node has changed."""
        with self._lock:
            stored = _valid(self._settings, {row.name: row.value for row in self._rows.all()})
            before, self._changes = self._changes, stored
            changed = [name for name in {**before, **stored} if before.get(name) != stored.get(name)]
            if changed:
                self._settings = self._settings.with_runtime(stored)
                for name in changed:
                    self._apply(name, self._settings)

    def all(self) -> Sequence[SettingView]:
        return self._settings.rows()

    def put(self, name: str, value: str) -> SettingView:
        """Raises `NotFound`, `Conflict` (not to be changed here), `InvalidSetting`."""
        with self._lock:
            self._changeable(name)
            changed = self._settings.with_runtime({**self._changes, name: value})
            self._check(name, changed)
            self._rows.put(name, value)
            self._changes[name] = value
            return self._now(name, changed)

    def reset(self, name: str) -> SettingView:
        """Reset a setting to the file's value, else the default; forget one that this version does not know.

        Raises `NotFound`, `Conflict`.
        """
        with self._lock:
            if name in self._unknown():
                self._rows.remove(name)
                return UnknownSetting(name)
            self._changeable(name)
            changes = {key: value for key, value in self._changes.items() if key != name}
            changed = self._settings.with_runtime(changes)
            self._check(name, changed)
            self._rows.remove(name)
            self._changes = changes
            return self._now(name, changed)

    def reset_all(self) -> list[SettingView]:
        """Reset everything that was changed at run time, also what the command line or the environment overrides."""
        with self._lock:
            unknown = self._unknown()
            views: list[SettingView] = []
            for name in sorted({row.name for row in self._rows.all()}):
                self._rows.remove(name)
                if name in unknown:
                    views.append(UnknownSetting(name))
                    continue
                self._changes = {key: value for key, value in self._changes.items() if key != name}
                views.append(self._now(name, self._settings.with_runtime(self._changes)))
            return views

    def _unknown(self) -> set[str]:
        """The names of stored settings that this version does not know."""
        return {row.name for row in self._rows.all()} - {row.name for row in self._settings.rows()}

    def _now(self, name: str, changed: S) -> SettingView:
        self._settings = changed
        self._apply(name, changed)
        return self._view(name)

    def _changeable(self, name: str) -> None:
        view = self._view(name)
        if view.read_only:
            where = {"flag": "on the command line", "environment": "in the environment"}.get(view.source)
            raise Conflict(
                f"{name} is set {where} and cannot be changed here"
                if where
                else f"{name} cannot be changed while the service runs"
            )

    def _view(self, name: str) -> SettingView:
        for row in self._settings.rows():
            if row.name == name:
                return row
        raise NotFound(f"There is no setting {name[:100]}")


def _valid(settings: AllSettings, changes: Mapping[str, str]) -> dict[str, str]:
    """The changes that this version accepts."""
    valid = {}
    for name, value in changes.items():
        try:
            settings.with_runtime({name: value})
        except InvalidSetting:
            continue  # the start has logged it
        valid[name] = value
    return valid
