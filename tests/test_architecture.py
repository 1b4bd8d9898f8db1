"""The shape of the house: small files that say what they are, imports that run one way."""

from __future__ import annotations

import ast
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "imagedepot"
LONGEST = 400
SOURCES = {".py", ".ts", ".tsx", ".css"}
NOT_OURS = {"node_modules", "static", "dist", "__pycache__"}
GENERATED = {"schema.ts"}


def sources() -> Iterator[Path]:
    for top in ("src", "tests", "bench", "soak", "tools", "web/src", "web/tests"):
        for folder, folders, files in os.walk(ROOT / top):
            folders[:] = [name for name in folders if name not in NOT_OURS]
            yield from (Path(folder, name) for name in files if Path(name).suffix in SOURCES and name not in GENERATED)


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


MODULES = sorted(PACKAGE.rglob("*.py"))


def test_no_file_grows_into_a_second_project() -> None:
    assert {str(path.relative_to(ROOT)): lines(path) for path in sources() if lines(path) > LONGEST} == {}


def test_modules_are_small() -> None:
    assert statistics.median(lines(path) for path in MODULES if path.name != "__init__.py") <= 120


def test_every_module_has_a_name_that_says_something() -> None:
    empty = {"utils", "util", "helpers", "helper", "misc", "stuff"}
    assert [path for path in sources() if path.stem.lower() in empty] == []


def test_every_module_says_what_it_is() -> None:
    def says(path: Path) -> str | None:
        return ast.get_docstring(ast.parse(path.read_text()))

    silent = [path for path in MODULES if not says(path)]
    assert [str(path.relative_to(ROOT)) for path in silent] == []


def test_the_architecture_page_draws_every_room_and_every_seam() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    tree = page.partition("```\n")[2].partition("```")[0]
    rooms = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    assert [room for room in sorted(rooms) if f"  {room}" not in tree] == []
    seams = {path.stem for path in (PACKAGE / "protocols").glob("[a-z]*.py")}
    assert [
        seam for seam in sorted(seams) if f" {seam}" not in tree.partition("protocols/")[2].partition("\n")[0]
    ] == []


FILE_CALLS = {"read_bytes", "read_text", "write_bytes", "write_text", "unlink", "iterdir", "rglob", "mkdir", "scandir"}
OPENS_FILES = {
    "content/archives/archive_file.py": "an archive that came, wherever it lies",
    "content/archives/incoming.py": "archives on their way in, which are no blobs",
    "content/archives/unpacked.py": "archives, packed or not",
    "content/local_files.py": "copies for those who need files",
    "content/transfer/partial.py": "the writer of the local backend",
    "content/unfinished.py": "notes of commands, which have no database",
    "content/unnamed.py": "a list that outlives the index that was lost",
    "depots/official_memory.py": "a cache",
    "service/icons.py": "a cache",
}


def opens_files(path: Path) -> bool:
    """Whether the module opens, lists or removes files itself: `os.open`, `.open("rb")`, `.unlink()` and such."""
    return any(map(_opens_file, ast.walk(ast.parse(path.read_text()))))


def _opens_file(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr=name) if name in FILE_CALLS:
            return True
        case ast.Attribute(value=ast.Name("os"), attr="open" | "pread"):
            return True
        case (
            ast.Call(func=ast.Name("open")) | ast.Call(func=ast.Attribute(attr="open"), args=[ast.Constant(str()), *_])
        ):
            return True
        case _:
            return False


def test_backends_and_stores_alone_open_files_below_the_data_folder() -> None:
    rooms = ("api", "registry", "wire", "service", "depots", "protocols", "model", "content")
    inner = ("content/backends/", "content/index/")
    names = {str(path.relative_to(PACKAGE)): path for room in rooms for path in (PACKAGE / room).rglob("*.py")}
    found = {name for name, path in names.items() if not name.startswith(inner) and opens_files(path)}
    assert found == set(OPENS_FILES)


def test_imports_run_one_way() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("command", ["imagedepot.wiring.cold", "imagedepot.cli.commands.images.pull"])
def test_a_command_starts_without_database_or_web_framework(command: str) -> None:
    """They cost a quarter of a second each."""
    code = f"import sys, {command}; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert (
        loaded & {"sqlalchemy", "fastapi", "starlette", "pydantic", "docker", "argon2", "uvicorn", "prometheus_client"}
        == set()
    )


IDS = {"LOCAL", "APPCENTER", "OFFICIAL", "DOCKERHUB"}
COMPARES_IDS = {
    "api/v1/images/image.py": "what is removed is in the list `local`",
    "service/finding/list_query.py": "the list `local` is of what is installed",
    "service/downloads/line/shared_queue.py": "an archive that was sent here is in no other node's folder",
}


def test_what_a_depot_can_do_is_asked_of_it_and_not_of_its_id() -> None:
    def compares(path: Path) -> bool:
        nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Compare)]
        return any(isinstance(each, ast.Name) and each.id in IDS for node in nodes for each in ast.walk(node))

    found = {str(path.relative_to(PACKAGE)) for path in MODULES if compares(path)}
    assert found == set(COMPARES_IDS)
