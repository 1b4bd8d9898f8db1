"""The container image, built by buildah on a minimal Debian: small, not root, on a read-only root, and healthy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.ground.debian import ROOT, debian_tar, quick_folder, wheels
from tests.ground.needs import require
from tests.ground.processes import Daemon, connects, free_port
from tests.ground.second_machine import SecondMachine
from tests.packaging.first_user import make_administrator

FOLDER = ROOT / "packaging/container"
MOST_ADDED = 150_000_000  # bytes beside the base


class Buildah:
    def __init__(self, folder: Path) -> None:
        self._storage = ["--storage-driver", "vfs", "--root", f"{folder}/storage", "--runroot", f"{folder}/run"]

    def __call__(self, *words: str | Path) -> str:
        done = subprocess.run(
            ["buildah", *self._storage, *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "BUILDAH_ISOLATION": "chroot"},
        )
        assert done.returncode == 0, f"buildah {words[0]}:\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
        return done.stdout.strip()


class Image:
    """`root` is its file system; `config` what an engine reads."""

    def __init__(self, root: Path, config: dict[str, Any], base_size: int) -> None:
        self.root = root
        self.config = config
        self.base_size = base_size

    def command(self, data: Path, words: list[str]) -> list[str]:
        """As an engine with a read-only root and a volume runs it; the program is the process itself."""
        root = self.root
        mounts = [
            f"mount --bind {root} {root}",
            f"mount -o remount,bind,ro {root}",
            f"mount --bind {data} {root}/data",
            f"mount --rbind /proc {root}/proc",
            f"mount --rbind /dev {root}/dev",
        ]
        inside = [shutil.which("chroot") or "chroot", f"--userspec={self.config['User']}", str(root), *words]
        return ["unshare", "--mount", "sh", "-ec", f'{" && ".join(mounts)}; exec "$@"', "sh", *inside]

    def environment(self, **more: str) -> dict[str, str]:
        return {**dict(line.split("=", 1) for line in self.config["Env"]), **more}


@pytest.fixture(scope="module")
def image(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    require("buildah")
    base = debian_tar()
    with quick_folder(tmp_path_factory.mktemp("container")) as folder:
        buildah = Buildah(folder)
        context = folder / "context"
        (context / "dist").mkdir(parents=True)
        for file in (ROOT / name for name in ("requirements.lock", "requirements-fleet.lock", ".containerignore")):
            shutil.copy(file, context)
        for wheel in dist.glob("*.whl"):
            shutil.copy(wheel, context / "dist")
        (context / "secret").write_text("not for the image")
        buildah("from", "--name", "base", "scratch")
        buildah("add", "base", base, "/")
        buildah("commit", "--rm", "base", "localhost/base")
        arguments = ["BASE=localhost/base", "PIP_NO_INDEX=1", "PIP_FIND_LINKS=/wheels"]
        buildah(
            *("build", "--format", "docker", "--layers=false", "--pull-never", "--tag", "localhost/imagedepot"),
            *(part for argument in arguments for part in ("--build-arg", argument)),
            *("--volume", f"{wheels()}:/wheels:ro", "--file", FOLDER / "Containerfile", context),
        )
        config = json.loads(buildah("inspect", "--type", "image", "localhost/imagedepot"))["Docker"]["config"]
        buildah("from", "--name", "run", "localhost/imagedepot")
        yield Image(Path(buildah("mount", "run")), config, base.stat().st_size)
        buildah("umount", "run")


class Running:
    def __init__(self, image: Image, folder: Path) -> None:
        self.image = image
        self.port = free_port()
        self.data = folder / "data"
        self.data.mkdir()
        os.chown(self.data, 10001, 10001)
        self.log = folder / "service.log"
        command = image.command(self.data, [*image.config["Entrypoint"], *image.config["Cmd"]])
        environment = image.environment(IMAGEDEPOT_LISTEN=f"0.0.0.0:{self.port}")
        self.daemon = Daemon(command, self.log, lambda: connects(self.port), environment)

    def health(self) -> int:
        """The exit code of the health check."""
        kind, *words = self.image.config["Healthcheck"]["Test"]
        assert kind == "CMD"
        done = subprocess.run(
            self.image.command(self.data, words), env=self.image.environment(), capture_output=True, check=False
        )
        return done.returncode


@pytest.fixture
def running(image: Image, tmp_path: Path) -> Iterator[Running]:
    found = Running(image, tmp_path)
    yield found
    found.daemon.stop()


def test_it_serves_the_page_on_a_read_only_root_as_nobody_special(running: Running) -> None:
    assert running.health() != 0, "not before it runs"
    running.daemon.start()
    with urlopen(f"http://127.0.0.1:{running.port}/") as page:
        assert '<div id="root">' in page.read().decode()
    assert running.health() == 0
    assert "/setup#code=" in running.log.read_text(), "how the first user is made"
    assert {path.stat().st_uid for path in running.data.iterdir()} == {10001}
    running.daemon.stop()
    assert running.health() != 0


def test_a_second_machine_makes_its_first_user(running: Running, other: SecondMachine) -> None:
    running.daemon.start()
    make_administrator(other, running.log)


def test_it_is_not_root_and_keeps_its_data_in_a_volume(image: Image) -> None:
    assert image.config["User"] == "10001:10001", "a number, which Kubernetes can check"
    assert list(image.config["Volumes"]) == ["/data"]
    assert list(image.config["ExposedPorts"]) == ["8080/tcp"]
    assert (image.root / "data").stat().st_uid == 10001


def test_it_is_small_and_holds_nothing_but_the_program(image: Image) -> None:
    added = sum(
        path.lstat().st_size for path in (image.root / "opt").rglob("*") if path.is_file() and not path.is_symlink()
    )
    assert added < MOST_ADDED
    assert not list(image.root.glob("opt/imagedepot/lib/python3*/site-packages/pip"))
    assert not (image.root / "build").exists()
    assert not list(image.root.rglob("secret"))
