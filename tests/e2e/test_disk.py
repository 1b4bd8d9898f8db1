"""A data folder that cannot be written, a disk that is full: one sentence, and nothing half done is shown."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.service import PROGRAM, Service
from tests.fakes.registry import FaultyRegistry
from tests.fakes.rules import BLOBS
from tests.ground.images import push_image, random_layer
from tests.ground.needs import require

MB = 1_000_000
RESERVE_MIB = 256  # what downloads leave alone


def on_disk(service: Service, options: str, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script where the data folder is a disk of its own, which nobody else sees and which goes with it."""
    require("unshare")
    service.data.mkdir(exist_ok=True)
    private = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    mount = (
        f'mount -t tmpfs -o {options} tmpfs "$IMAGEDEPOT_DATA_DIR" || exit 99; imagedepot() {{ "{PROGRAM}" "$@"; }}\n'
    )
    return subprocess.run(
        [*private, "sh", "-c", mount + script],
        env=service.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_read_only_data_folder_is_one_sentence_of_every_command(tmp_path: Path) -> None:
    service = Service(tmp_path / "data")
    for command in ("serve", "pull lab/app", "list", "user list"):
        done = on_disk(service, "ro", f"imagedepot {command}")
        assert done.returncode == 8, done
        assert done.stderr == f"imagedepot: Cannot use the data folder {service.data}: Read-only file system\n"
        assert done.stdout == ""


def test_a_full_disk_is_reported_before_the_first_byte_and_the_rest_of_the_store_is_unharmed(
    tmp_path: Path, faulty_registry: FaultyRegistry
) -> None:
    url = faulty_registry.upstream.url
    push_image(url, "lab/small", "1", [random_layer(100_000)])
    push_image(url, "lab/big", "1", [random_layer(9 * MB)])
    service = Service(tmp_path / "data", registry_url=faulty_registry.url)
    done = on_disk(
        service,
        f"size={RESERVE_MIB + 4}m",
        "imagedepot pull lab/small:1 && imagedepot pull lab/big:1; echo $?; imagedepot verify --json; imagedepot list",
    )
    said, code, verified, listed = done.stdout.splitlines()
    assert said == "lab/small:1: downloaded"
    assert code == "8"
    assert "lab/big:1 needs 9.0 MB, but only" in done.stderr
    assert json.loads(verified)["problems"] == []
    assert listed.startswith("lab/small\t1\t")


def test_a_disk_that_refuses_in_the_middle_is_one_sentence_and_the_next_pull_goes_on(
    tmp_path: Path, faulty_registry: FaultyRegistry
) -> None:
    push_image(faulty_registry.upstream.url, "lab/cut", "1", [random_layer(3 * MB)])
    service = Service(tmp_path / "data", registry_url=faulty_registry.url)
    refused = subprocess.run(
        [PROGRAM, "pull", "lab/cut:1"],
        env=service.environment,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (MB, MB)),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert refused.returncode == 8
    assert "lab/cut:1" in refused.stderr
    assert "File too large" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert json.loads(service.command("list", "--json").stdout)["results"] == []
    assert service.command("pull", "lab/cut:1").stdout == "lab/cut:1: downloaded\n"
    assert faulty_registry.requests.matching(BLOBS, "GET")[-1].range == f"bytes={MB}-"
    assert json.loads(service.command("verify", "--json").stdout)["problems"] == []


FILL = f"""fill() {{ "{sys.executable}" -c 'if True:
    import os, sys
    filler = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for size in (1 << 20, 1 << 12, 1):
        try:
            while True:
                os.write(filler, bytes(size))
        except OSError:
            pass
' "$IMAGEDEPOT_DATA_DIR/$1"; }}
"""


def test_on_a_full_disk_an_image_can_be_removed_without_a_service(
    tmp_path: Path, faulty_registry: FaultyRegistry
) -> None:
    for name in ("lab/one", "lab/two"):
        push_image(faulty_registry.upstream.url, name, "1", [random_layer(100_000, len(name))])
    service = Service(tmp_path / "data", registry_url=faulty_registry.url)
    done = on_disk(
        service,
        f"size={RESERVE_MIB + 16}m",
        FILL
        + "imagedepot pull lab/one:1 && imagedepot pull lab/two:1; fill one\n"
        + "imagedepot remove lab/one:1; fill two; imagedepot gc; imagedepot remove lab/two:1\n"
        + "imagedepot verify --json; imagedepot list",
    )
    assert "imagedepot: " not in done.stderr, done.stderr
    *removed, verified = done.stdout.splitlines()[2:]
    assert removed == ["Removed lab/one:1", "Freed 0 B in 0 files", "Removed lab/two:1"]
    assert json.loads(verified)["problems"] == []


@pytest.mark.parametrize("restart", [False, True], ids=["running", "started again"])
def test_on_a_full_disk_the_service_makes_room(tmp_path: Path, faulty_registry: FaultyRegistry, restart: bool) -> None:
    """Images are removed, ended downloads are given up, garbage is freed; a start needs no room either."""
    url = faulty_registry.upstream.url
    push_image(url, "lab/one", "1", [random_layer(100_000, 1)])
    push_image(url, "lab/two", "1", [random_layer(100_000, 2)])
    push_image(url, "lab/big", "1", [random_layer(40 * MB, 3)])
    service = Service(tmp_path / "data", registry_url=faulty_registry.url)
    serve = f"""serve() {{ "{PROGRAM}" serve 2>>"$HOME/log" & pid=$!
        until [ -S "$IMAGEDEPOT_DATA_DIR/control.sock" ]; do kill -0 $pid || exit 98; done; }}
    """
    again = "kill -9 $pid; wait $pid; rm $IMAGEDEPOT_DATA_DIR/control.sock; serve" if restart else ":"
    done = on_disk(
        service,
        f"size={RESERVE_MIB + 16}m",
        FILL
        + serve
        + "serve; for name in one two big; do imagedepot pull lab/$name:1; done; fill one\n"
        + f"{again}\n"
        + "imagedepot remove lab/one:1; imagedepot downloads forget 3; fill two\n"
        + "imagedepot gc; imagedepot remove lab/two:1\n"
        + "imagedepot verify --json; imagedepot list; kill $pid; wait $pid; echo ended $?",
    )
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    *said, verified, ended = done.stdout.splitlines()
    assert "Removed lab/one:1" in said, (done, log)
    assert "Removed lab/two:1" in said, (done, log)
    assert json.loads(verified)["problems"] == []
    assert ended == "ended 0"
    assert done.stderr.count("imagedepot: ") == 1, done.stderr
    assert "lab/big:1 needs 40.0 MB, but only" in done.stderr
