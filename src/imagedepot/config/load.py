"""Gather the settings: flag, then environment, then what was changed at run time, then file, then default."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from imagedepot.config.settings import Settings, Source
from imagedepot.config.table import BY_KEY, BY_NAME, PREFIX, SETTINGS
from imagedepot.errors import InvalidSetting
from imagedepot.model.platform import Platform

SYSTEM_FILE = Path("/etc/imagedepot/config.toml")
_PROXY_VARIABLES = frozenset({"http_proxy", "https_proxy", "all_proxy"})


def load(
    flags: Mapping[str, str] | None = None,
    environment: Mapping[str, str] = os.environ,
    files: Sequence[Path] | None = None,
    runtime: Callable[[Settings], Mapping[str, str]] = lambda _: {},
) -> Settings:
    """The settings of this process.

    `flags`: text by full name, as given on the command line. `files`: TOML files, the first wins setting by setting;
    None for the usual ones, of which none needs to exist. `runtime` gives what was changed at run time, and is handed
    the settings that say where it lies. Raises `InvalidSetting` for the first wrong name or value, but not for one
    changed at run time: those are left out (`Settings.refused`).
    """
    layers = {
        Source.FLAG: dict(flags or {}),
        Source.ENVIRONMENT: _from_environment(environment),
        Source.FILE: _from_files(usual_files(environment) if files is None else files, must_exist=files is not None),
        Source.DEFAULT: _defaults(environment),
    }
    _check_proxies(environment)
    settings = Settings.of(layers)
    changed = runtime(settings)
    return settings.with_stored(changed) if changed else settings


def usual_files(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """The user's configuration file, then the system's."""
    return _base(environment, "XDG_CONFIG_HOME", ".config") / "imagedepot/config.toml", SYSTEM_FILE


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """An empty variable counts as not set, as compose files write it."""
    named = {name: text for name, text in environment.items() if name.startswith(PREFIX)}
    for name in named:
        if name not in BY_NAME:
            raise InvalidSetting(name, f"there is no such setting (found in the environment){_alike(name, BY_NAME)}")
    return {name: text for name, text in named.items() if text}


def _check_proxies(environment: Mapping[str, str]) -> None:
    """Check the proxy variables of the environment as settings are checked. Raises `InvalidSetting`."""
    if any(name.lower() in _PROXY_VARIABLES for name in environment):
        from imagedepot.remote.http.proxies import Proxies  # late: most hosts have no proxy

        Proxies(environment)


def _from_files(files: Sequence[Path], must_exist: bool) -> dict[str, str]:
    merged: dict[str, str] = {}
    for file in reversed(files):
        try:
            content = file.read_bytes()
        except (FileNotFoundError, NotADirectoryError) as error:
            if must_exist:
                raise InvalidSetting("--config", f"there is no file {file}") from error
            continue
        except OSError as error:
            raise InvalidSetting("--config", f"{file} cannot be read: {error.strerror}") from error
        merged.update(_from_toml(file, content))
    return merged


def _from_toml(file: Path, content: bytes) -> dict[str, str]:
    import tomllib  # late: 15 ms that a host without a configuration file need not wait for

    try:
        table = tomllib.loads(content.decode())
    except ValueError as error:
        raise InvalidSetting(str(file), f"not a TOML file: {error}") from error
    texts = {}
    for key, value in table.items():
        if key not in BY_KEY:
            raise InvalidSetting(key, f"there is no such setting (found in {file}){_alike(key, BY_KEY)}")
        texts[BY_KEY[key].name] = _text(BY_KEY[key].name, value, file)
    return texts


def _text(name: str, value: object, file: Path) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ",".join(value)
    raise InvalidSetting(name, f"neither text, nor a number, nor true or false, nor a list of texts (in {file})")


def _defaults(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        **{setting.name: setting.default for setting in SETTINGS},
        "IMAGEDEPOT_DATA_DIR": str(_base(environment, "XDG_DATA_HOME", ".local/share") / "imagedepot"),
        "IMAGEDEPOT_PLATFORM": str(Platform.host()),
    }


def _base(environment: Mapping[str, str], name: str, usual: str) -> Path:
    """A base folder of the XDG specification; relative values are ignored, as it demands."""
    named = environment.get(name, "")
    return Path(named) if named.startswith("/") else Path(environment.get("HOME") or Path.home()) / usual


def _alike(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # late: only a mistake needs it

    close = get_close_matches(name, known, 1)
    return f"; did you mean {close[0]}?" if close else ""
