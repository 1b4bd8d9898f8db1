"""Without the setting nothing of the extra is imported or needed, and without the extra the setting says so."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest

EXTRA = ("botocore", "dateutil", "six", "psycopg", "psycopg_binary")
_BLOCKED = f"import sys; sys.modules.update(dict.fromkeys({EXTRA!r})); "


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """In a Python that has none of the extra's packages."""
    command = [sys.executable, "-c", _BLOCKED + code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_installation_without_the_extra_is_as_small_as_before() -> None:
    needed = [each for each in requires("imagedepot") or () if "extra ==" not in each]
    assert [each for each in needed if each.startswith(EXTRA)] == []
    for package in ("botocore", "psycopg[binary]"):
        assert [each for each in requires("imagedepot") or () if each.startswith(package) and "fleet" in each] != []


@pytest.mark.parametrize("command", [["list"], ["settings", "list"], ["gc"], ["verify"]])
def test_commands_need_none_of_it(command: list[str], tmp_path: Path) -> None:
    code = "from imagedepot.__main__ import main; main()"
    done = run(code, "--data-dir", str(tmp_path / "data"), *command)
    assert done.returncode == 0, done.stderr


def test_the_service_needs_none_of_it(tmp_path: Path) -> None:
    code = (
        "from tests.api.face import Face; from pathlib import Path\n"
        "with Face(Path(sys.argv[1]), registry_url='http://127.0.0.1:9', hub_url='http://127.0.0.1:9') as face:\n"
        "    assert face.get('/image/?from=local')['results'] == []\n"
        "loaded = {each.partition('.')[0] for each, module in sys.modules.items() if module is not None}\n"
        f"assert not loaded & set({EXTRA!r})\n"
        "assert not [each for each in sys.modules if 'backends.s3' in each or 'postgresql' in each]"
    )
    done = run(code, str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("IMAGEDEPOT_BLOBS", "s3://bucket/prefix", "a bucket"),
        ("IMAGEDEPOT_DATABASE", "postgresql://db.lan/depot", "PostgreSQL"),
    ],
)
def test_the_setting_without_the_extra_says_what_to_install(
    name: str, value: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    done = run("from imagedepot.__main__ import main; main()", "--data-dir", str(tmp_path / "data"), "list")
    assert done.returncode == 2, done
    assert f"{name}: {what} needs more packages: pip install 'imagedepot[fleet]'" in done.stderr
