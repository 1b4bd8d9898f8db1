"""The start of every command: global flags, settings, and a backend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from imagedepot.backup.commit import finish_pending
from imagedepot.cli.backend.protocol import Backend
from imagedepot.config import Settings, load
from imagedepot.database.stored import stored_settings
from imagedepot.files.locks import CONTROL_SOCKET
from imagedepot.wiring.database import place_of

if TYPE_CHECKING:
    from imagedepot.cli.backend.service import ServiceBackend


@dataclass
class Start:
    """Kept in Typer's context. `flags`: text by the setting's full name; `file`: what `--config` named."""

    flags: dict[str, str] = field(default_factory=dict)
    file: Path | None = None

    def settings(self, flags: Mapping[str, str] | None = None) -> Settings:
        """Raises `InvalidSetting`."""
        return load(
            {**self.flags, **(flags or {})},
            files=None if self.file is None else (self.file,),
            runtime=_stored,
        )

    @contextmanager
    def backend(self) -> Iterator[Backend]:
        """The running service, or else this process. Raises `InvalidSetting`, `DataFolderBusy`."""
        # Late: which of the two is needed is known only now, and each costs its imports.
        settings = self.settings()
        backend = service_backend(settings) or _local_backend(settings)
        try:
            yield backend
        finally:
            backend.close()


def start_of(context: typer.Context) -> Start:
    """The global flags of the command line."""
    start = context.find_object(Start)
    return start if start is not None else Start()


def _stored(settings: Settings) -> Mapping[str, str]:
    """The settings changed at run time. Raises `DataFolderBusy`, and `StorageFailure` after a killed restore."""
    finish_pending(settings.data_dir)
    return stored_settings(place_of(settings))


def service_backend(settings: Settings) -> ServiceBackend | None:
    """The running service; None where there is none."""
    if not (settings.data_dir / CONTROL_SOCKET).exists():
        return None
    from imagedepot.cli.backend.service import ServiceBackend

    backend = ServiceBackend(settings.data_dir)
    return backend if backend.is_answered() else None


def _local_backend(settings: Settings) -> Backend:
    from imagedepot.cli.backend.local import LocalBackend

    return LocalBackend(settings)
