"""The pages of the documentation: each link leads somewhere, and what exists is told of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagedepot.config import load
from imagedepot.wiring.services import open_services
from tests.test_architecture import PACKAGE, ROOT, sources

DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("tests/**/*.md"), *ROOT.glob("bench/**/*.md")])
DECISIONS = sorted(DOCS.glob("decisions/0*.md"))
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_TEST = re.compile(r"^def (test_\w+)", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_NAMED = re.compile(r"\b(?:docs|spec|design)/[\w./-]*\w\.md")


def links(page: Path) -> Iterator[str]:
    return (link for link in _LINK.findall(page.read_text()) if "://" not in link)


def anchors(page: Path) -> set[str]:
    """As hosts of repositories make them of headings."""
    headings = _HEADING.findall(page.read_text())
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_index_lists_each_page() -> None:
    listed = set(links(DOCS / "index.md"))
    assert listed >= {page.name for page in DOCS.glob("*.md")} - {"index.md"} | {"decisions/README.md"}


def test_each_decision_is_listed_by_its_title_and_has_a_number_of_its_own() -> None:
    titles = {page.name: page.read_text().splitlines()[0].removeprefix("# ") for page in DECISIONS}
    told = dict(re.findall(r"^- \[\d{4}\]\((.*)\): (.*)$", (DOCS / "decisions/README.md").read_text(), re.MULTILINE))
    assert told == titles
    assert len({name[:4] for name in titles}) == len(titles)


def test_a_decision_fits_on_one_page() -> None:
    assert [page.name for page in DECISIONS if len(page.read_text().splitlines()) > 40] == []


def test_sources_name_only_pages_that_a_reader_has() -> None:
    named = {(path, name) for path in sources() if path != Path(__file__) for name in _NAMED.findall(path.read_text())}
    gone = {(str(path.relative_to(ROOT)), name) for path, name in named if not (ROOT / name).exists()}
    assert gone == set()


def test_each_package_is_on_the_first_screen_of_the_architecture() -> None:
    told = set(re.findall(r"^  (\w+(?:\.py|/))", (DOCS / "architecture.md").read_text(), re.MULTILINE))
    modules = {path.name for path in PACKAGE.glob("*.py") if not path.name.startswith("__")}
    assert told >= modules | {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}


def test_each_file_of_a_data_folder_is_reported(tmp_path: Path) -> None:
    with open_services(load({"IMAGEDEPOT_DATA_DIR": str(tmp_path)}, environment={}, files=[])):
        made = {path.name + ("/" if path.is_dir() else "") for path in tmp_path.iterdir()}
    page = (DOCS / "architecture.md").read_text()
    told = page[page.index("DATA_DIR/") :].partition("```")[0]
    assert made >= {"content/", "imagedepot.db", "lock"}
    plain = {name.removesuffix("-wal").removesuffix("-shm") for name in made}
    assert {name for name in plain if f"  {name} " not in told} == set()


def test_each_test_that_the_threat_model_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (DOCS / "threat-model.md").read_text()))
    known = {name for path in (ROOT / "tests").rglob("test_*.py") for name in _TEST.findall(path.read_text())}
    assert len(named) > 40
    assert named - known == set()


def test_each_attack_of_the_threat_model_names_its_proof() -> None:
    page = (DOCS / "threat-model.md").read_text()
    rows = [line for line in page[page.index("## Strangers") :].splitlines() if line.startswith("| ")]
    attacks = [row for row in rows if "---" not in row and "proved by" not in row]
    assert len(attacks) > 25
    assert [row for row in attacks if "`test_" not in row.rpartition(" | ")[2]] == []
