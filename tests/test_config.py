"""Settings: who wins, what is refused and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from imagedepot.config import SETTINGS, Settings, Source, load
from imagedepot.errors import InvalidSetting
from imagedepot.model.platform import Platform

HOME = {"HOME": "/home/ada"}


def settings(
    environment: Mapping[str, str] = {},
    flags: Mapping[str, str] = {},
    files: tuple[Path, ...] = (),
    runtime: Mapping[str, str] = {},
) -> Settings:
    return load(flags, {**HOME, **environment}, files, lambda _: runtime)


def toml(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text)
    return file


def test_defaults_are_those_of_the_table() -> None:
    given = settings()
    assert str(given.listen) == "127.0.0.1:8080"
    assert given.data_dir == Path("/home/ada/.local/share/imagedepot")
    assert (given.docker, given.lxc, given.catalogs) == ("embedded", "embedded", ("builtin",))
    assert given.platform == Platform.host()
    assert (given.max_downloads, given.bandwidth, given.keep_blobs) == (3, None, False)
    assert (given.hub_url, given.registry_url, given.tls_cert, given.root_path) == (None, None, None, "")
    assert {given.source(setting.name) for setting in SETTINGS} == {Source.DEFAULT}


def test_flag_beats_environment_beats_run_time_beats_file_beats_default(tmp_path: Path) -> None:
    name = "IMAGEDEPOT_MAX_DOWNLOADS"
    file = toml(tmp_path, "max_downloads = 4")
    seen = [
        settings(files=(file,)),
        settings(files=(file,), runtime={name: "5"}),
        settings({name: "6"}, files=(file,), runtime={name: "5"}),
        settings({name: "6"}, {name: "7"}, (file,), {name: "5"}),
    ]
    assert [given.max_downloads for given in seen] == [4, 5, 6, 7]
    assert [given.source(name) for given in seen] == ["file", "runtime", "environment", "flag"]


def test_what_flag_or_environment_sets_is_read_only() -> None:
    rows = {row.name: row for row in settings({"IMAGEDEPOT_BANDWIDTH": "20MB/s"}).rows()}
    assert rows["IMAGEDEPOT_BANDWIDTH"].read_only
    assert (rows["IMAGEDEPOT_BANDWIDTH"].value, rows["IMAGEDEPOT_BANDWIDTH"].source) == ("20MB/s", "environment")
    assert not rows["IMAGEDEPOT_MAX_DOWNLOADS"].read_only
    assert rows["IMAGEDEPOT_LISTEN"].read_only
    assert not any(row.restart for row in rows.values())


def test_numbers_name_their_bounds_and_other_settings_none() -> None:
    rows = {row.name: row for row in settings().rows()}
    bounds = {name: (row.lowest, row.highest) for name, row in rows.items()}
    assert bounds["IMAGEDEPOT_MAX_DOWNLOADS"] == (1, 64)
    assert bounds["IMAGEDEPOT_MIRROR_FRESH"] == (0, 86_400)
    assert bounds["IMAGEDEPOT_BANDWIDTH"] == bounds["IMAGEDEPOT_LOG_LEVEL"] == (None, None)


def test_the_users_file_wins_over_the_systems_setting_by_setting(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    own = toml(tmp_path / "own", 'listen = "127.0.0.1:9000"')
    system = toml(tmp_path, 'listen = "127.0.0.1:1"\nkeep_blobs = true\ncatalogs = ["builtin", "/srv/list.json"]')
    given = settings(files=(own, system))
    assert given.listen.port == 9000
    assert given.keep_blobs
    assert given.catalogs == ("builtin", "/srv/list.json")


def test_an_empty_variable_counts_as_not_set() -> None:
    assert settings({"IMAGEDEPOT_LISTEN": ""}).source("IMAGEDEPOT_LISTEN") is Source.DEFAULT


def test_run_time_values_are_read_from_the_data_folder_that_was_chosen(tmp_path: Path) -> None:
    asked = []

    def runtime(settings: Settings) -> Mapping[str, str]:
        asked.append(settings.data_dir)
        return {}

    load({}, {**HOME, "IMAGEDEPOT_DATA_DIR": str(tmp_path)}, (), runtime)
    assert asked == [tmp_path]


def test_a_change_at_run_time_counts_and_can_be_taken_back() -> None:
    before = settings()
    after = before.with_runtime({"IMAGEDEPOT_BANDWIDTH": "1.5 MiB/s"})
    assert after.bandwidth == 1_572_864
    assert after.with_runtime({}) == before


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("IMAGEDEPOT_LISTEN", "8080", "address and port"),
        ("IMAGEDEPOT_LISTEN", "127.0.0.1:65536", "address and port"),
        ("IMAGEDEPOT_LISTEN", "a b:80", "address and port"),
        ("IMAGEDEPOT_DATA_DIR", "/etc/passwd", "not a folder"),
        ("IMAGEDEPOT_DATA_DIR", "~nobody-of-that-name/depot", "no user"),
        ("IMAGEDEPOT_DATA_DIR", "/" + "a" * 5000, "cannot be read"),
        ("IMAGEDEPOT_DOCKER", "podman", "not embedded, engine"),
        ("IMAGEDEPOT_DOCKER", "tcp://", "not embedded, engine"),
        ("IMAGEDEPOT_LXC", "tcp://127.0.0.1:8443", "not embedded, engine"),
        ("IMAGEDEPOT_PLATFORM", "linux/a/b/c", "not a platform"),
        ("IMAGEDEPOT_HUB_URL", "hub.example", "not an http(s) address"),
        ("IMAGEDEPOT_HUB_URL", "https://ada:secret@hub.example", "no user"),
        ("IMAGEDEPOT_REGISTRY_URL", "http://[::1", "not an http(s) address"),
        ("IMAGEDEPOT_INSECURE_REGISTRIES", "http://registry.lan", "not a host"),
        ("IMAGEDEPOT_CA_BUNDLE", "/nowhere/ca.pem", "cannot be read"),
        ("IMAGEDEPOT_CA_BUNDLE", "/etc/passwd", "not a PEM file"),
        ("IMAGEDEPOT_CATALOGS", "list.json", "absolute path"),
        ("IMAGEDEPOT_CATALOGS", "/srv/\0.json", "absolute path"),
        ("IMAGEDEPOT_CATALOGS", "ftp://catalog.lan/list.json", "not an http(s) address"),
        ("IMAGEDEPOT_MAX_DOWNLOADS", "0", "a number from 1"),
        ("IMAGEDEPOT_MAX_DOWNLOADS", "many", "a number from 1"),
        ("IMAGEDEPOT_BANDWIDTH", "fast", "is not a speed"),
        ("IMAGEDEPOT_MAX_DOWNLOADS", "9" * 5000, "a number from 1"),
        ("IMAGEDEPOT_BANDWIDTH", "9" * 400 + "GB", "is not a speed"),
        ("IMAGEDEPOT_MIRROR_SPACE", "9" * 400 + "GB", "not an amount"),
        ("IMAGEDEPOT_BANDWIDTH", "3B", "below 1kB/s"),
        ("IMAGEDEPOT_KEEP_BLOBS", "maybe", "neither yes nor no"),
        ("IMAGEDEPOT_TLS_CERT", "/nowhere/cert.pem", "cannot be read"),
        ("IMAGEDEPOT_ROOT_PATH", "depot", "path prefix"),
        ("IMAGEDEPOT_ROOT_PATH", "/a/../b", "path prefix"),
        ("IMAGEDEPOT_ALLOWED_HOSTS", "nas.lan,*", "not a host"),
        ("IMAGEDEPOT_LOG_LEVEL", "loud", "not one of debug"),
    ],
)
def test_a_wrong_value_is_named_with_its_reason(name: str, text: str, reason: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        settings({name: text})
    assert caught.value.name == name
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20MB/s", 20_000_000),
        ("20 MB/s", 20_000_000),
        ("1.5GiB", 1_610_612_736),
        ("512kb", 512_000),
        ("none", None),
        ("0", None),
    ],
)
def test_a_rate_is_read_in_its_unit(text: str, expected: int | None) -> None:
    assert settings({"IMAGEDEPOT_BANDWIDTH": text}).bandwidth == expected


@pytest.mark.parametrize(
    ("text", "loopback"), [("127.0.0.1:1", True), ("[::1]:1", True), ("localhost:1", True), ("0.0.0.0:1", False)]
)
def test_an_address_knows_whether_others_reach_it(text: str, loopback: bool) -> None:
    listen = settings({"IMAGEDEPOT_LISTEN": text}).listen
    assert listen.is_loopback is loopback
    assert str(listen) == text


def test_an_unknown_variable_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(InvalidSetting, match=r"IMAGEDEPOT_LISTN: .* did you mean IMAGEDEPOT_LISTEN"):
        settings({"IMAGEDEPOT_LISTN": "127.0.0.1:80"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("listn = 1", "did you mean listen"),
        ("listen = ", "not a TOML file"),
        ("listen = 1979-05-27", "neither text"),
        ("[listen]", "neither text"),
    ],
)
def test_a_wrong_file_is_named_with_its_reason(tmp_path: Path, text: str, reason: str) -> None:
    file = toml(tmp_path, text)
    with pytest.raises(InvalidSetting, match=reason) as caught:
        settings(files=(file,))
    assert str(file) in str(caught.value)


def test_a_file_that_was_asked_for_must_exist(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="there is no file"):
        settings(files=(tmp_path / "absent.toml",))


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    certificate = tmp_path / "cert.pem"
    certificate.write_text("-----BEGIN CERTIFICATE-----\n")
    with pytest.raises(InvalidSetting, match="IMAGEDEPOT_TLS_KEY"):
        settings({"IMAGEDEPOT_TLS_CERT": str(certificate)})


def test_https_alone_needs_https(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="IMAGEDEPOT_HSTS: works only with IMAGEDEPOT_TLS_CERT"):
        settings({"IMAGEDEPOT_HSTS": "yes"})


@pytest.mark.parametrize(
    "change", [{"IMAGEDEPOT_LISTEN": "127.0.0.1:1"}, {"IMAGEDEPOT_NONE": "1"}, {"IMAGEDEPOT_MAX_DOWNLOADS": "x"}]
)
def test_a_wrong_change_at_run_time_is_refused(change: Mapping[str, str]) -> None:
    with pytest.raises(InvalidSetting):
        settings().with_runtime(change)


@pytest.mark.parametrize("text", ["socks5://proxy.lan:1080", "http://proxy:port"])
def test_a_wrong_proxy_is_a_wrong_setting(text: str) -> None:
    with pytest.raises(InvalidSetting, match=r"^HTTPS_PROXY: "):
        settings({"HTTPS_PROXY": text})


def test_a_stored_change_that_is_not_valid_or_known_any_more_is_left_out_with_its_reason() -> None:
    stored = {
        "IMAGEDEPOT_MAX_DOWNLOADS": "5",
        "IMAGEDEPOT_BANDWIDTH": "fast",
        "IMAGEDEPOT_OF_TOMORROW": "1",
        "IMAGEDEPOT_LISTEN": "0.0.0.0:80",
    }
    settings = load(environment={}, files=(), runtime=lambda _: stored)
    assert (settings.max_downloads, settings.bandwidth) == (5, None)
    assert settings.source("IMAGEDEPOT_LISTEN") is Source.DEFAULT
    assert set(settings.refused) == {"IMAGEDEPOT_BANDWIDTH", "IMAGEDEPOT_OF_TOMORROW", "IMAGEDEPOT_LISTEN"}
    assert "is not a speed" in settings.refused["IMAGEDEPOT_BANDWIDTH"]
    assert "there is no such setting" in settings.refused["IMAGEDEPOT_OF_TOMORROW"]
