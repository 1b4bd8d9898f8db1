"""The settings of one process: frozen values, each with the place it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from imagedepot.config.table import BY_NAME, SETTINGS, Setting
from imagedepot.config.values import Address
from imagedepot.errors import InvalidSetting
from imagedepot.model.names.postgres_address import PostgresAddress
from imagedepot.model.names.s3_address import S3Address
from imagedepot.model.names.upstreams import Upstream
from imagedepot.model.platform import Platform
from imagedepot.model.text.texts import without_logins


class Source(StrEnum):
    """Where a value came from; the first that has one wins."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    RUNTIME = "runtime"
    FILE = "file"
    DEFAULT = "default"


_WORDS = {
    Source.FLAG: "on the command line",
    Source.ENVIRONMENT: "in the environment",
    Source.RUNTIME: "as changed at run time",
    Source.FILE: "in the configuration file",
    Source.DEFAULT: "by default",
}

_PASSWORD = "IMAGEDEPOT_DATABASE_PASSWORD_FILE"  # noqa: S105 - the name of a setting

Layers = Mapping[Source, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting as people see it (`GET /settings`)."""

    name: str
    value: str
    default: str
    source: Source
    read_only: bool
    restart: bool
    meaning: str
    lowest: int | None
    highest: int | None


@dataclass(frozen=True)
class Settings:
    """Every setting of `config/table.py`, parsed; made by `load` or `with_runtime`, never by hand.

    `database` is None for a file in the data folder, and `blobs` for the data folder; `blob_cache`, `mirror_space` and
    `low_disk` in bytes, `bandwidth` in bytes a second, None for no cap; `mirror_fresh` in seconds. `hub_url` and
    `registry_url` are None for Docker Hub's own.
    `refused`: what was changed at run time and is left out, each name with the reason in one sentence.
    """

    listen: Address
    setup: bool
    data_dir: Path
    database: PostgresAddress | None
    database_password_file: Path | None
    blobs: S3Address | None
    blob_cache: int
    docker: str
    lxc: str
    platform: Platform
    hub_url: str | None
    registry_url: str | None
    insecure_registries: tuple[str, ...]
    ca_bundle: Path | None
    upstreams: tuple[Upstream, ...]
    anonymous_pull: bool
    public_url: str
    mirror_space: int
    mirror_fresh: int
    peers: tuple[str, ...]
    catalogs: tuple[str, ...]
    max_downloads: int
    fleet_downloads: int
    bandwidth: int | None
    keep_blobs: bool
    low_disk: int
    tls_cert: Path | None
    tls_key: Path | None
    hsts: bool
    root_path: str
    allowed_hosts: tuple[str, ...]
    sign_in_proxies: tuple[IPv4Network | IPv6Network, ...]
    user_header: str
    groups_header: str
    oidc_issuer: str | None
    oidc_client_id: str
    oidc_client_secret_file: Path | None
    oidc_name: str
    oidc_scopes: str
    oidc_user_claim: str
    oidc_groups_claim: str
    admin_groups: tuple[str, ...]
    member_groups: tuple[str, ...]
    admin_password_file: Path | None
    log_level: str
    audit_days: int
    metrics: bool
    log_format: str
    layers: Layers = field(repr=False, compare=False)
    refused: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, layers: Layers) -> Settings:
        """The settings from texts by source and full name; the default layer is complete. Raises `InvalidSetting`."""
        values: dict[str, Any] = {}
        for setting in SETTINGS:
            source = _source(layers, setting)
            values[setting.key] = _parsed(setting, layers[source][setting.name], source)
        for one, other in (("TLS_CERT", "TLS_KEY"), ("TLS_KEY", "TLS_CERT")):
            if values[one.lower()] and not values[other.lower()]:
                raise InvalidSetting(f"IMAGEDEPOT_{other}", f"IMAGEDEPOT_{one} is set and does not work without it")
        if values["oidc_issuer"] and not values["oidc_client_id"]:
            raise InvalidSetting(
                "IMAGEDEPOT_OIDC_CLIENT_ID", "IMAGEDEPOT_OIDC_ISSUER is set and does not work without it"
            )
        if values["hsts"] and not values["tls_cert"]:
            raise InvalidSetting(
                "IMAGEDEPOT_HSTS", "works only with IMAGEDEPOT_TLS_CERT: browsers ignore it without https"
            )
        if values["database_password_file"] is not None:
            values["database"] = _with_password(values["database"], values["database_password_file"])
        return cls(**values, layers=layers)

    @property
    def expects_proxy(self) -> bool:
        """Whether a reverse proxy is set up: only then is what it says of its client believed."""
        return bool(self.proxy_setting)

    @property
    def proxy_setting(self) -> str:
        """The name of a setting by which a reverse proxy is set up; "" for none."""
        named = {
            "IMAGEDEPOT_ALLOWED_HOSTS": self.allowed_hosts,
            "IMAGEDEPOT_ROOT_PATH": self.root_path,
            "IMAGEDEPOT_SIGN_IN_PROXIES": self.sign_in_proxies,
        }
        return next((name for name, value in named.items() if value), "")

    def source(self, name: str) -> Source:
        """Where the value of the setting `name` (`IMAGEDEPOT_LISTEN`) came from."""
        return _source(self.layers, BY_NAME[name])

    def rows(self) -> list[SettingRow]:
        """All settings as people see them, in the table's order."""
        return [self._row(setting) for setting in SETTINGS]

    def with_runtime(self, changes: Mapping[str, str]) -> Settings:
        """These settings after `changes`, the complete set of what was changed at run time: text by full name.

        Raises `InvalidSetting`, also for a setting that cannot change at run time.
        """
        for name, text in changes.items():
            setting = BY_NAME.get(name)
            if setting is None:
                raise InvalidSetting(name, "there is no such setting")
            if not setting.runtime:
                raise InvalidSetting(name, "cannot be changed at run time")
            _parsed(setting, text, Source.RUNTIME)
        return Settings.of({**self.layers, Source.RUNTIME: dict(changes)})

    def with_stored(self, changes: Mapping[str, str]) -> Settings:
        """Like `with_runtime`, for changes of an earlier run.

        What is not valid or not known to this version, after a downgrade for one, is left out and stands in `refused`.
        """
        valid, refused = {}, {}
        for name, text in changes.items():
            try:
                self.with_runtime({name: text})
            except InvalidSetting as error:
                refused[name] = str(error)
            else:
                valid[name] = text
        return replace(self.with_runtime(valid), refused=refused)

    def _row(self, setting: Setting) -> SettingRow:
        source = self.source(setting.name)
        lowest, highest = setting.bounds
        return SettingRow(
            name=setting.name,
            value=setting.reveal(self.layers[source][setting.name]),
            default=self.layers[Source.DEFAULT][setting.name],
            source=source,
            read_only=not setting.runtime or source in (Source.FLAG, Source.ENVIRONMENT),
            restart=setting.restart,
            meaning=setting.meaning,
            lowest=lowest,
            highest=highest,
        )


def _source(layers: Layers, setting: Setting) -> Source:
    return next(source for source in Source if setting.name in layers.get(source, {}))


def _parsed(setting: Setting, text: str, source: Source) -> Any:
    try:
        return setting.parse(text)
    except ValueError as error:
        # A change is refused while the person sees what they wrote.
        shown = without_logins(setting.reveal(text))[:200]
        where = "" if source is Source.RUNTIME else f" (it is {shown!r} {_WORDS[source]})"
        raise InvalidSetting(setting.name, f"{error}{where}") from error


def _with_password(database: PostgresAddress | None, file: Path) -> PostgresAddress:
    if database is None:
        raise InvalidSetting(_PASSWORD, "IMAGEDEPOT_DATABASE names no database that it is for")
    if database.has_password:
        raise InvalidSetting(_PASSWORD, "IMAGEDEPOT_DATABASE has a password already")
    return replace(database, password_file=file)
