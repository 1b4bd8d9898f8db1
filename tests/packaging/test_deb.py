"""The Debian package in a minimal Debian: installed, run, upgraded, removed, purged."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.ground.debian import ROOT, Chroot, quick_folder, wheels
from tests.ground.needs import require
from tests.ground.processes import Daemon, connects, free_port
from tests.ground.second_machine import SecondMachine
from tests.packaging.first_user import make_administrator

NEXT = "0.1.0-2+py3.11"


@pytest.fixture(scope="module")
def package(dist: Path) -> Path:
    require("dpkg-deb")
    environment = {
        **os.environ,
        "PIP": f"{sys.executable} -m pip --disable-pip-version-check",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels()),
        "LEVEL": "0",
        "TMPDIR": str(dist),
    }
    done = subprocess.run(
        [ROOT / "packaging/deb/build", dist], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.split()[-1])


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory, package: Path) -> Iterator[Chroot]:
    """With the package installed."""
    with quick_folder(tmp_path_factory.mktemp("deb")) as folder, Chroot.unpacked(folder) as found:
        (found.folder / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        install(found, package)
        yield found


def install(debian: Chroot, package: Path) -> None:
    shutil.copy(package, debian.folder / "package.deb")
    debian.run("dpkg", "-i", "--force-unsafe-io", "/package.deb")
    (debian.folder / "package.deb").unlink()


class Running:
    """The service as its unit starts it, but for systemd."""

    def __init__(self, debian: Chroot, host: str = "127.0.0.1") -> None:
        self.port = free_port()
        self.log = debian.folder / "service.log"
        listen = f"--listen={host}:{self.port}"
        command = debian.command("/usr/bin/imagedepot", "serve", listen, user="imagedepot:imagedepot")
        self._daemon = Daemon(
            command,
            self.log,
            lambda: connects(self.port),
            {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )

    def __enter__(self) -> Running:
        self._daemon.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._daemon.stop()

    def page(self) -> str:
        with urlopen(f"http://127.0.0.1:{self.port}/") as answer:
            return str(answer.read().decode())


def test_it_runs_from_its_own_environment_and_serves_the_page(debian: Chroot) -> None:
    data = debian.folder / "var/lib/imagedepot"
    assert (data.stat().st_mode & 0o777, data.stat().st_uid) != (0o700, 0), "it belongs to a user of its own"
    with Running(debian) as service:
        assert '<div id="root">' in service.page()
        listed = debian.run("imagedepot", "list", "--json").stdout
        assert '"results"' in listed
    assert (data / "imagedepot.db").is_file()
    loaded = debian.run("imagedepot", "version").stdout
    assert loaded.strip()
    assert not list(debian.folder.glob("usr/lib/python3*/dist-packages/msgspec"))


def test_a_second_machine_makes_its_first_user(debian: Chroot, other: SecondMachine) -> None:
    """Started as its unit starts it, at the address that a line of its configuration would name."""
    with Running(debian, "0.0.0.0") as service:
        make_administrator(other, service.log)


def test_its_python_files_are_compiled_once(debian: Chroot) -> None:
    assert list(debian.folder.glob("usr/lib/imagedepot/imagedepot/__pycache__/*.pyc"))


def test_it_takes_no_module_from_elsewhere(debian: Chroot) -> None:
    (debian.folder / "tmp/typer.py").write_text("raise SystemExit('not ours')")
    done = debian.run("sh", "-c", "cd /tmp && PYTHONPATH=/tmp imagedepot version")
    assert done.stdout.strip()


def test_an_upgrade_keeps_data_and_settings(debian: Chroot, package: Path, tmp_path: Path) -> None:
    config = debian.folder / "etc/imagedepot/config.toml"
    config.write_text(config.read_text() + "\nmax_downloads = 2\n")
    (debian.folder / "password").write_text("correct horse battery")
    user = debian.run(
        "sh",
        "-c",
        "imagedepot user add bob --role member --password-file /dev/stdin </password",
        user="imagedepot:imagedepot",
    )
    assert "Added the member bob" in user.stdout
    later = tmp_path / "later.deb"
    subprocess.run(["dpkg-deb", "-R", package, tmp_path / "later"], check=True)
    control = tmp_path / "later/DEBIAN/control"
    control.write_text(control.read_text().replace("Version: 0.1.0-1", "Version: 0.1.0-2"))
    subprocess.run(["dpkg-deb", "--root-owner-group", "-z0", "-b", tmp_path / "later", later], check=True)
    install(debian, later)
    assert debian.run("dpkg-query", "-W", "-f", "${Version}", "imagedepot").stdout == NEXT
    assert "max_downloads = 2" in config.read_text()
    assert "bob" in debian.run("imagedepot", "user", "list", user="imagedepot:imagedepot").stdout
    with Running(debian) as service:
        assert '<div id="root">' in service.page()


def test_a_removal_keeps_what_a_purge_takes(debian: Chroot) -> None:
    debian.run("dpkg", "-r", "imagedepot")
    assert not (debian.folder / "usr/lib/imagedepot").exists(), "what was compiled is gone, too"
    assert (debian.folder / "var/lib/imagedepot/imagedepot.db").is_file()
    debian.run("dpkg", "-P", "imagedepot")
    taken = ("var/lib/imagedepot", "etc/imagedepot", "usr/bin/imagedepot")
    assert [path for path in taken if (debian.folder / path).exists()] == []
    assert "imagedepot" not in (debian.folder / "etc/passwd").read_text()
