from __future__ import annotations

from pathlib import Path

from imagedepot.config import Settings, load
from imagedepot.content.backends.local import BlobStore
from imagedepot.model.depot import BUILT_IN
from imagedepot.remote.http.address import Address
from imagedepot.wiring.in_force import InForce
from imagedepot.wiring.upstreams import Upstreams


def settings(folder: Path, catalogs: str = "", **runtime: str) -> Settings:
    environment = {"HOME": str(folder), "IMAGEDEPOT_DATA_DIR": str(folder)}
    if catalogs:
        environment["IMAGEDEPOT_CATALOGS"] = catalogs
    loaded = load(environment=environment, files=[])
    return loaded.with_runtime(runtime) if runtime else loaded


def trusts(of: Settings, url: str) -> bool:
    return Upstreams(InForce(of), BlobStore(of.data_dir)).transport.rules.trusts(Address.of(url))


def test_a_plain_catalog_is_trusted_where_whoever_starts_the_service_wrote_it_down(tmp_path: Path) -> None:
    address = "http://192.0.2.1:8000/list.json"
    assert trusts(settings(tmp_path, f"builtin, {address}"), address)
    assert not trusts(settings(tmp_path, IMAGEDEPOT_CATALOGS=address), address)
    assert not trusts(settings(tmp_path, f"builtin,{address}"), "http://192.0.2.1/list.json")


def test_the_catalogs_are_those_of_the_setting(tmp_path: Path) -> None:
    of = settings(tmp_path, "/srv/a.json,builtin")
    sources = Upstreams(InForce(of), BlobStore(tmp_path)).catalogs.sources
    assert [each.address for each in sources] == ["/srv/a.json", "builtin"]


def test_the_depots_of_every_service_are_of_the_kinds_that_are_known_without_them(tmp_path: Path) -> None:
    depots = Upstreams(InForce(settings(tmp_path)), BlobStore(tmp_path)).depots
    assert {id_: depot.kind for id_, depot in depots.items()} == BUILT_IN
