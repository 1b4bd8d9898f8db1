"""Every setting, once: the command line's flags, the settings page and the docs are made from this table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from imagedepot.config import values
from imagedepot.model.names.postgres_address import without_password
from imagedepot.model.stores import EMBEDDED

PREFIX = "IMAGEDEPOT_"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `default` is text as a person would write it; `shown` says it where the text depends on the host.

    `runtime`: people may change it while the service runs; `restart`: such a change counts from the next start on.
    `reveal` gives what may be shown of its text.
    """

    name: str
    default: str
    meaning: str
    parse: Callable[[str], Any]
    shown: str = ""
    runtime: bool = False
    restart: bool = False
    reveal: Callable[[str], str] = str

    @property
    def key(self) -> str:
        """Its name in the TOML file and in `Settings`: `max_downloads`."""
        return self.name.removeprefix(PREFIX).lower()

    @property
    def flag(self) -> str:
        """Its name on the command line: `--max-downloads`."""
        return "--" + self.key.replace("_", "-")

    @property
    def bounds(self) -> tuple[int, int] | tuple[None, None]:
        """The lowest and the highest value of a number; None twice for what is no number."""
        return (self.parse.lowest, self.parse.highest) if isinstance(self.parse, values.Number) else (None, None)


SETTINGS = (
    Setting("IMAGEDEPOT_LISTEN", "127.0.0.1:8080", "Address and port to listen on.", values.address),
    Setting(
        "IMAGEDEPOT_SETUP",
        "yes",
        "Without a user, at an address that other machines can reach: whether a page creates the administrator, with a "
        "one-time code that is printed at the start. With no, the service does not start there.",
        values.yes_no,
    ),
    Setting(
        "IMAGEDEPOT_DATA_DIR",
        "",
        "Folder for all data of the service.",
        values.folder,
        shown="$XDG_DATA_HOME/imagedepot, else ~/.local/share/imagedepot",
    ),
    Setting(
        "IMAGEDEPOT_DATABASE",
        "",
        "PostgreSQL database that users, settings, downloads and all other rows are kept in, as "
        "postgresql://user@db.lan/imagedepot?sslmode=verify-full. Needs the extra imagedepot[fleet].",
        values.database,
        shown="a SQLite file in the data folder",
        reveal=without_password,
    ),
    Setting(
        "IMAGEDEPOT_DATABASE_PASSWORD_FILE",
        "",
        "With PostgreSQL: file with the password of its user, which is better than one in the address.",
        values.file,
    ),
    Setting(
        "IMAGEDEPOT_BLOBS",
        "",
        "Bucket that blobs are kept in, as s3://bucket/prefix?endpoint=https://s3.lan&region=garage; with "
        "&public=https://s3.example clients of /v2/ are sent there for them. Credentials are found as AWS's own tools "
        "find them. Needs the extra imagedepot[fleet].",
        values.blobs,
        shown="the data folder",
    ),
    Setting(
        "IMAGEDEPOT_BLOB_CACHE",
        "10GB",
        "With a bucket: bytes of whole blobs that are kept in the data folder for who reads them again; 0 for none.",
        values.space,
    ),
    Setting(
        "IMAGEDEPOT_DOCKER",
        EMBEDDED,
        "Where Docker images are stored: embedded; engine (what DOCKER_HOST names, else the well-known sockets of "
        "Docker, then Podman); or an engine's address, such as unix:///var/run/docker.sock or tcp://127.0.0.1:2375.",
        values.docker_store,
        runtime=True,
    ),
    Setting(
        "IMAGEDEPOT_LXC",
        EMBEDDED,
        "Where LXC images are stored: embedded; engine (Incus, then LXD); or a socket, such as "
        "unix:///var/lib/incus/unix.socket.",
        values.lxc_store,
        runtime=True,
    ),
    Setting(
        "IMAGEDEPOT_PLATFORM",
        "",
        "Default platform for downloads, for example linux/arm64/v8.",
        values.platform,
        shown="the host's",
        runtime=True,
    ),
    Setting(
        "IMAGEDEPOT_HUB_URL",
        "",
        "Docker Hub's API: search, official list, repository details. Also used for the legacy search (/v1/search).",
        values.url,
        shown="Docker Hub's API",
    ),
    Setting(
        "IMAGEDEPOT_REGISTRY_URL",
        "",
        "Registry that docker.io references are fetched from; any mirror.",
        values.url,
        shown="Docker Hub's registry",
    ),
    Setting(
        "IMAGEDEPOT_INSECURE_REGISTRIES",
        "",
        "Registries that may use http or a self-signed certificate, as host[:port], separated by commas.",
        values.hosts,
        shown="none",
        runtime=True,
    ),
    Setting(
        "IMAGEDEPOT_CA_BUNDLE",
        "",
        "PEM file with the authorities of registries that have their own.",
        values.pem,
        shown="the system's",
    ),
    Setting(
        "IMAGEDEPOT_UPSTREAMS",
        "",
        "Registries that the registry face (/v2/) mirrors beside the built-in ones, with commas between: a host, or "
        "alias=https://host:port[/prefix], where the alias is what stands in paths.",
        values.upstreams,
        shown="none",
        runtime=True,
    ),
    Setting(
        "IMAGEDEPOT_ANONYMOUS_PULL",
        "no",
        "With users: allow pulls from the registry (/v2/) without signing in, for images that need no credentials "
        "upstream.",
        values.yes_no,
        runtime=True,
    ),
    Setting(
        "IMAGEDEPOT_PUBLIC_URL",
        "",
        "Address under which clients of the registry face (/v2/) reach the service behind a reverse proxy, such as "
        "https://depot.example.",
        values.origin,
        shown="the one that each request is for",
    ),
    Setting(
        "IMAGEDEPOT_MIRROR_SPACE",
        "50GB",
        "Space for images pulled through /v2/; the least recently used are removed first. 0 switches the mirror off.",
        values.space,
        runtime=True,
    ),
    Setting(
        "IMAGEDEPOT_MIRROR_FRESH",
        "60",
        "Seconds before the mirror checks a tag again.",
        values.Number(0, 86_400),
        runtime=True,
    ),
    Setting(
        "IMAGEDEPOT_PEERS",
        "",
        "Other Image Depots, as https://host:port with commas between, that are asked for a digest before its registry "
        "is. A login for such a host (imagedepot login) is sent to it.",
        values.origins,
        shown="none",
        runtime=True,
    ),
    Setting(
        "IMAGEDEPOT_CATALOGS",
        "builtin",
        "Catalogs of the App Center: addresses or files with commas between, in place of the built-in one (builtin "
        "names it).",
        values.catalogs,
        runtime=True,
    ),
    Setting(
        "IMAGEDEPOT_MAX_DOWNLOADS",
        "3",
        "How many downloads run in parallel. The rest are queued.",
        values.Number(1, 64),
        runtime=True,
    ),
    Setting(
        "IMAGEDEPOT_FLEET_DOWNLOADS",
        "0",
        "How many downloads run in parallel on all nodes of a fleet; 0 for no limit but that of each node.",
        values.Number(0, 10_000),
        runtime=True,
    ),
    Setting(
        "IMAGEDEPOT_BANDWIDTH",
        "",
        "Speed limit of all downloads together, for example 20MB/s.",
        values.rate,
        shown="no limit",
        runtime=True,
    ),
    Setting(
        "IMAGEDEPOT_KEEP_BLOBS",
        "no",
        "Also keep a copy in Image Depot's own store when an engine is used.",
        values.yes_no,
        runtime=True,
    ),
    Setting(
        "IMAGEDEPOT_LOW_DISK",
        "5GB",
        "Send a notification when less space than this is free on the data folder's disk; 0 for never.",
        values.space,
        runtime=True,
    ),
    Setting("IMAGEDEPOT_TLS_CERT", "", "PEM file of the certificate to serve https with.", values.pem, shown="none"),
    Setting("IMAGEDEPOT_TLS_KEY", "", "PEM file of that certificate's key.", values.pem, shown="none"),
    Setting(
        "IMAGEDEPOT_HSTS",
        "no",
        "With https: make browsers use nothing but https for this host name, for a year, on all of its ports.",
        values.yes_no,
    ),
    Setting(
        "IMAGEDEPOT_ROOT_PATH",
        "",
        "Path prefix under which a reverse proxy shows the service, such as /depot.",
        values.root_path,
        shown="none",
    ),
    Setting(
        "IMAGEDEPOT_ALLOWED_HOSTS",
        "",
        "Host names, with commas between, under which a reverse proxy shows the service.",
        values.hosts,
        shown="none",
    ),
    Setting(
        "IMAGEDEPOT_SIGN_IN_PROXIES",
        "",
        "Addresses or networks, with commas between, of reverse proxies that sign people in: what they write into the "
        "two headers below is believed, and from no other address.",
        values.networks,
        shown="none",
    ),
    Setting(
        "IMAGEDEPOT_USER_HEADER",
        "Remote-User",
        "Header in which such a proxy names the user.",
        values.header,
    ),
    Setting(
        "IMAGEDEPOT_GROUPS_HEADER",
        "Remote-Groups",
        "Header in which such a proxy names the user's groups, with commas or | between.",
        values.header,
    ),
    Setting(
        "IMAGEDEPOT_OIDC_ISSUER",
        "",
        "Address of an OpenID Connect provider that people may sign in at, as its discovery document names it.",
        values.url,
        shown="none",
    ),
    Setting(
        "IMAGEDEPOT_OIDC_CLIENT_ID",
        "",
        "What the provider calls this service; its redirect address there is the one of this page and /sign-in.",
        values.text,
        shown="none",
    ),
    Setting(
        "IMAGEDEPOT_OIDC_CLIENT_SECRET_FILE",
        "",
        "File with the client's secret at the provider; none for a public client.",
        values.file,
        shown="none",
    ),
    Setting("IMAGEDEPOT_OIDC_NAME", "OpenID Connect", "Name of the provider on the button.", values.text),
    Setting("IMAGEDEPOT_OIDC_SCOPES", "openid profile", "Scopes to ask for, with blanks between.", values.text),
    Setting("IMAGEDEPOT_OIDC_USER_CLAIM", "preferred_username", "Claim that holds the user's name.", values.text),
    Setting("IMAGEDEPOT_OIDC_GROUPS_CLAIM", "groups", "Claim that holds the user's groups.", values.text),
    Setting(
        "IMAGEDEPOT_ADMIN_GROUPS",
        "",
        "Groups, with commas between, whose users are administrators where something else signs them in.",
        values.names,
        shown="none",
    ),
    Setting(
        "IMAGEDEPOT_MEMBER_GROUPS",
        "",
        "Groups, with commas between, whose users are members there; others are viewers. While no group is set, the "
        "role is the one that an administrator gives.",
        values.names,
        shown="none",
    ),
    Setting(
        "IMAGEDEPOT_ADMIN_PASSWORD_FILE",
        "",
        "File with the password of the user admin, who is created at the first start.",
        values.file,
        shown="none",
    ),
    Setting(
        "IMAGEDEPOT_LOG_LEVEL",
        "info",
        "How much is logged: debug, info, warning or error.",
        values.one_of("debug", "info", "warning", "error"),
        runtime=True,
    ),
    Setting(
        "IMAGEDEPOT_AUDIT_DAYS",
        "365",
        "Days to keep entries of the audit trail; 0 keeps only the log.",
        values.Number(0, 36_500),
        runtime=True,
    ),
    Setting(
        "IMAGEDEPOT_METRICS",
        "yes",
        "Figures for Prometheus at /metrics; with users they need a session, or an access token with the scope read.",
        values.yes_no,
    ),
    Setting(
        "IMAGEDEPOT_LOG_FORMAT",
        "text",
        "How the log is written: text, for people, or json, one object a line, for programs.",
        values.one_of("text", "json"),
    ),
)

BY_NAME = {setting.name: setting for setting in SETTINGS}
BY_KEY = {setting.key: setting for setting in SETTINGS}
