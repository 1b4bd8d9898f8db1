"""What `make dist` builds: a wheel that serves the page, as pipx and uvx install it, and an sdist with all sources."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.e2e.service import Service
from tests.ground.debian import wheels
from tests.ground.second_machine import SecondMachine
from tests.packaging.first_user import make_administrator


@pytest.fixture(scope="module")
def program(dist: Path) -> Path:
    """In an environment of its own, linked into a folder of programs, as pipx does it."""
    folder = dist / "pipx"
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip = [f"{folder}/venv/bin/pip", "install", "-q", "--no-index", f"--find-links={wheels()}"]
    pip += map(str, dist.glob("*.whl"))
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    link = folder / "imagedepot"
    link.symlink_to(folder / "venv/bin/imagedepot")
    return link


@pytest.fixture
def service(program: Path, tmp_path: Path) -> Iterator[Service]:
    found = Service(tmp_path / "data")
    found.program = program
    with found:
        yield found


def test_the_wheel_has_the_ui_and_the_migrations(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl"), "for every architecture"
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"imagedepot/ui/static/index.html", "imagedepot/database/migrations/versions/0001_first.py"} <= names
    assert not [name for name in names if name.startswith(("tests/", "web/", "soak/"))]


def test_the_sdist_has_the_sources_and_the_built_ui(dist: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    wanted = {"web/package.json", "src/imagedepot/app.py", "src/imagedepot/ui/static/index.html", "LICENSE"}
    assert wanted <= names
    assert not [name for name in names if name.startswith("web/node_modules")]


def test_what_is_installed_from_the_wheel_serves_the_page(service: Service) -> None:
    with urlopen(f"{service.url}/") as page:
        text = page.read().decode()
    assert '<div id="root">' in text
    script = text.partition('src="')[2].partition('"')[0]
    with urlopen(f"{service.url}/{script.lstrip('./')}") as found:
        assert "javascript" in str(found.headers["content-type"])
    assert service.get("/image/?from=local")["results"] == []


def test_its_command_line_works_beside_it(service: Service, program: Path) -> None:
    assert service.command("list", "--json").returncode == 0
    assert service.command("version").stdout.strip() != ""


def test_a_second_machine_makes_its_first_user(program: Path, tmp_path: Path, other: SecondMachine) -> None:
    service = Service(tmp_path / "data")
    service.program = program
    service.environment["IMAGEDEPOT_LISTEN"] = f"0.0.0.0:{service.port}"
    with service:
        make_administrator(other, service.log)
