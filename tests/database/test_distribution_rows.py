"""Rows of pushed repositories, uploads and the mirror come back as they were put, and go by what is removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from imagedepot.database.connection import Database
from imagedepot.database.place import Place
from imagedepot.database.rows.mirror import MirrorRows
from imagedepot.database.rows.pushed import PushedRows, UploadRows
from imagedepot.database.tables import (
    MirrorBlobRow,
    MirrorFigureRow,
    MirrorListRow,
    MirrorManifestRow,
    MirrorRepositoryRow,
    MirrorTagRow,
    PushedBlobRow,
    PushedManifestRow,
    PushedTagRow,
    RepositoryRow,
)

NOON = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
TIB = 1 << 40


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    database = Database(place)
    yield database
    database.close()


def manifest(digest: str) -> PushedManifestRow:
    return PushedManifestRow(repository="app", digest=digest, media_type="x", subject="", pushed=NOON)


def tag(name: str, digest: str) -> PushedTagRow:
    return PushedTagRow(repository="app", tag=name, digest=digest, listed=True, pushed=NOON)


def blob(digest: str) -> PushedBlobRow:
    return PushedBlobRow(repository="app", digest=digest, pushed=NOON)


def pushed(rows: PushedRows) -> list[list[str]]:
    """What there is of each kind: repositories, manifests, `tag=digest`, blobs."""
    repositories, manifests, tags, blobs = rows.all()
    return [
        sorted(each.name for each in repositories),
        sorted(each.digest for each in manifests),
        sorted(f"{each.tag}={each.digest}" for each in tags),
        sorted(each.digest for each in blobs),
    ]


def test_what_was_pushed_is_put_replaced_and_removed(database: Database) -> None:
    rows = PushedRows(database)
    rows.put(RepositoryRow(name="app", created=NOON), manifest("a"), manifest("b"), tag("1", "a"), tag("2", "a"))
    rows.put(tag("1", "b"), tag("3", "b"), *(blob(f"{number}") for number in range(1100)))
    rows.remove_blobs("app", [f"{number}" for number in range(1, 1100)])
    assert pushed(rows) == [["app"], ["a", "b"], ["1=b", "2=a", "3=b"], ["0"]]
    assert rows.all()[2][0].listed is True
    assert rows.all()[0][0].created == NOON
    rows.remove_tags("app", ["3"])
    rows.remove_manifest("app", "b")
    assert pushed(rows) == [["app"], ["a"], ["2=a"], ["0"]]


def test_a_repository_takes_all_that_is_in_it_along(database: Database) -> None:
    rows, uploads = PushedRows(database), UploadRows(database)
    rows.put(RepositoryRow(name="app", created=NOON), manifest("a"), tag("1", "a"), blob("b"))
    for name in ("app", "other"):
        uploads.put(f"upload of {name}", name, "ada", "sha256", NOON)
    rows.remove_repository("app")
    assert pushed(rows) == [[], [], [], []]
    assert [(each.id, each.begun) for each in uploads.all()] == [("upload of other", NOON)]
    uploads.remove("upload of other")
    assert uploads.all() == []


def test_what_the_mirror_keeps_is_put_used_and_removed(database: Database) -> None:
    rows = MirrorRows(database)
    name = "docker.io/lab/app"
    rows.put(
        [
            MirrorTagRow(repository=name, tag="1", digest="a", checked=NOON),
            MirrorTagRow(repository=name, tag="2", digest="a", checked=None),
            MirrorManifestRow(repository=name, digest="a", media_type="x", size=TIB, used=None),
            MirrorBlobRow(repository=name, digest="b", size=TIB, used=NOON),
            MirrorListRow(repository=name, subject="a", body="[]", checked=NOON),
            MirrorRepositoryRow(repository=name, is_public=True),
        ]
    )
    rows.put([MirrorTagRow(repository=name, tag="1", digest="c", checked=NOON + timedelta(hours=1))])
    rows.note_uses({(name, "a"): NOON}, {"hits": TIB})
    rows.note_uses({}, {"hits": TIB + 1})
    assert {(row.tag, row.digest) for row in rows.all(MirrorTagRow)} == {("1", "c"), ("2", "a")}
    assert [(row.size, row.used) for row in rows.all(MirrorManifestRow)] == [(TIB, NOON)]
    assert [row.value for row in rows.all(MirrorFigureRow)] == [TIB + 1]
    assert [row.is_public for row in rows.all(MirrorRepositoryRow)] == [True]
    rows.forget_public(name)
    rows.remove(name, ["a", "b"], ["1"])
    kinds = (MirrorManifestRow, MirrorBlobRow, MirrorListRow, MirrorRepositoryRow)
    assert [len(rows.all(kind)) for kind in kinds] == [0, 0, 0, 0]
    assert [row.tag for row in rows.all(MirrorTagRow)] == ["2"]
