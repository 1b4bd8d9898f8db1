"""What the fake Docker Hub holds: repositories that look like the real ones, with made-up figures."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_OFFICIAL = """
adminer aerospike almalinux alpine alt amazoncorretto amazonlinux api-firewall arangodb archlinux backdrop
bash bonita buildpack-deps busybox caddy cassandra chronograf cirros clearlinux clefos clickhouse clojure
composer consul convertigo couchbase couchdb crate dart debian docker drupal eclipse-mosquitto eclipse-temurin
eggdrop elasticsearch elixir emqx erlang express-gateway fedora flink fluentd friendica gazebo gcc geonetwork
ghost golang gradle groovy haproxy haskell haxe hello-world hitch hitchhiker httpd hylang ibm-semeru-runtimes
ibmjava influxdb irssi jetty joomla jruby julia kapacitor kibana kong krakend lightstreamer liquibase logstash
mageia mariadb matomo maven mediawiki memcached mongo mongo-express monica mono mysql nats nats-streaming
neo4j neurodebian nextcloud nginx node notary odoo open-liberty openjdk opensuse oraclelinux orientdb percona
perl photon php php-zendserver phpmyadmin plone postfixadmin postgres pypy python r-base rabbitmq rakudo-star
redis redmine registry rethinkdb rocket.chat rockylinux ros ruby rust sapmachine satosa scratch silverpeas sl
solr sonarqube spark spiped storm swift swipl teamspeak telegraf thrift tomcat tomee traefik ubuntu unit
varnish vault websphere-liberty wordpress xwiki yourls znc zookeeper celery django glassfish hipache iojs
jenkins jobber kaazing-gateway known nuxeo owncloud piwik rails rapidoid sentry sourcemage thrift-compiler
ubuntu-debootstrap ubuntu-upstart vaultwarden-base bind9 dnsmasq etcd gitea-base grafana-base haproxy-edge
minio-base mosquitto-clients openldap openresty
"""
_OWNERS = ("bitnami", "ubuntu", "linuxserver", "homelab", "acme", "nasfans")
_COMMUNITY = {
    "jellyfin/jellyfin": "The Free Software Media System",
    "linuxserver/jellyfin": "Jellyfin, packaged by LinuxServer.io",
    "linuxserver/plex": "A Plex Media Server container, brought to you by LinuxServer.io.",
    "homeassistant/home-assistant": "Open source home automation that puts local control and privacy first.",
    "portainer/portainer-ce": "Making container management easy",
    "pihole/pihole": "Pi-hole in a docker container",
    "vaultwarden/server": "Alternative implementation of the Bitwarden server API",
    "syncthing/syncthing": "Open Source Continuous File Synchronization",
    "grafana/grafana": "The official Grafana docker container",
    "gitea/gitea": "Gitea: Git with a cup of tea",
    "lgsd/diamond": "Collects system figures and sends them to Graphite",
}
_WORDS = "a small fast reliable modern open server database runtime toolkit proxy queue cache language system"


@dataclass(frozen=True)
class HubRepository:
    """One repository; `tags` count only while the registry behind does not have it.

    A `logo` that begins with a slash is served by the fake itself.
    """

    namespace: str
    name: str
    description: str = ""
    full_description: str = ""
    stars: int = 0
    pulls: int = 0
    official: bool = False
    badge: str | None = "none"
    logo: str | None = None
    architectures: tuple[str, ...] = ("amd64", "arm64")
    operating_systems: tuple[str, ...] = ("linux",)
    kind: str = "image"
    private: bool = False
    owner: str = ""
    archived: bool = False
    categories: tuple[str, ...] = ("Developer tools",)
    registered: str = "2014-06-05T20:04:57.316325Z"
    updated: str = "2026-11-18T01:02:03.456789Z"
    tags: tuple[str, ...] = ("latest",)

    @property
    def key(self) -> str:
        """namespace/name, as the registry calls it."""
        return f"{self.namespace}/{self.name}"

    @property
    def shown(self) -> str:
        """As search calls it: bare for an official one."""
        return self.name if self.namespace == "library" else self.key


def official(name: str, description: str = "", **more: object) -> HubRepository:
    """An Official Image; figures that are not given follow from its name."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big")
    words = _WORDS.split()
    made_up = " ".join(words[(seed >> shift) % len(words)] for shift in (0, 8, 16, 24))
    usual: dict[str, object] = {
        "description": description or f"{name.title()} is {made_up}.",
        "full_description": f"# {name}\n\n## Quick reference\n\nHow to use **{name}**: `docker run {name}`\n",
        "stars": seed % 22_000,
        "pulls": seed % 13_000_000_000,
        "logo": f"/logos/library/{name}.png",
        "architectures": ("386", "amd64", "arm", "arm64", "ppc64le", "s390x"),
        "badge": "official",
    }
    return HubRepository("library", name, official=True, **{**usual, **more})  # type: ignore[arg-type]


def community(key: str, description: str = "", **more: object) -> HubRepository:
    """A user's repository (`namespace/name`)."""
    namespace, _, name = key.partition("/")
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:6], "big")
    usual: dict[str, object] = {
        "description": description or f"{name} by {namespace}",
        "stars": seed % 900,
        "pulls": seed % 50_000_000,
        "badge": "verified_publisher" if namespace in ("bitnami", "grafana") else "none",
        "logo": f"/logos/{key}.png" if seed % 2 else None,
    }
    return HubRepository(namespace, name, **{**usual, **more})  # type: ignore[arg-type]


def usual_repositories() -> dict[str, HubRepository]:
    """About 180 Official Images, and some hundred of users', by key."""
    some = ("nginx", "redis", "postgres", "mariadb", "python", "alpine")
    rows = [official(name) for name in sorted(set(_OFFICIAL.split()))]
    rows += [community(key, text) for key, text in _COMMUNITY.items()]
    rows += [community(f"{owner}/{name}") for name in some for owner in _OWNERS]
    rows += [community(f"{owner}{number}/nginx") for owner in _OWNERS for number in range(1, 12)]
    return {row.key: row for row in rows}
